//! Networks: two components share one exactly where the stack says that one calls the other.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use sha2::{Digest, Sha256};

use crate::k8s::reach::Network as Block;
use crate::model::{Name, Policies};
use crate::resolve::{Component, Resolved, Target};

/// What the name of a network to the outside has after that of its component.
pub const OUTSIDE: &str = "_outside";
/// Addresses of a network with few containers.
const SIZE: u32 = 16;
/// Those that no container has: the network's own, the host's in it, and the one for all.
const TAKEN: u32 = 3;
/// Addresses of all projects that have no block of their own: those of a /9.
const MOST: u32 = 1 << 23;

/// Who is in a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Network {
    /// Its name.
    pub(super) name: String,
    /// The components in it.
    pub(super) members: Vec<Name>,
    /// Whether it leads to the host and beyond.
    pub(super) open: bool,
}

impl Network {
    /// Whether a component meets others in it, or what is outside.
    pub(super) fn is_shared(&self) -> bool {
        self.open || self.members.len() > 1
    }
}

/// The networks of a project. None where the stack wants no policies: then everything is in the one that Compose makes.
///
/// Names of components have no `.` and no `_`, so that no two networks are called alike.
pub(super) fn networks(resolved: &Resolved) -> Vec<Network> {
    if resolved.stack.network.policies != Policies::FromUses {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut known = BTreeSet::new();
    for edge in &resolved.edges {
        let Target::Component(to) = &edge.to else { continue };
        let pair = if edge.from < *to { (&edge.from, to) } else { (to, &edge.from) };
        if edge.from != *to && known.insert(pair) {
            let (name, members) = (format!("{}.{to}", edge.from), vec![edge.from.clone(), to.clone()]);
            found.push(Network { name, members, open: false });
        }
    }
    for component in resolved.components.values() {
        let one = |name, open| Network { name, members: vec![component.name.clone()], open };
        // Its containers, where it has several.
        found.push(one(component.name.to_string(), false));
        if is_open(resolved, component) {
            found.push(one(outside(&component.name), true));
        }
    }
    found
}

/// The network in which a component meets the host, and what is beyond.
#[must_use]
pub fn outside(component: &Name) -> String {
    format!("{component}{OUTSIDE}")
}

/// Whether the host reaches a component, or it reaches something outside.
fn is_open(resolved: &Resolved, component: &Component) -> bool {
    let mut uses = component.uses.iter().map(|it| &resolved.edges[*it]);
    resolved.stack.compose.publish.get(&component.name).is_some_and(|it| !it.is_empty())
        || uses.any(|it| matches!(it.to, Target::External(_)))
}

/// The blocks of addresses of networks, as they lie in the one that they are cut from.
#[derive(Debug)]
pub(super) struct Blocks {
    /// Where each begins and how many addresses it has, which is a power of two.
    each: Vec<(u32, u32)>,
    /// The addresses up to the end of the last.
    end: u32,
}

impl Blocks {
    /// Those of networks with so many services each. Every network has a small block by its number; one with more services
    /// has a larger one behind all of these instead, so that it moves no other.
    pub(super) fn of(services: &[usize]) -> Self {
        let index = |it: usize| u32::try_from(it).unwrap_or(MOST / SIZE);
        let size = |it: usize| index(it).saturating_add(TAKEN).next_power_of_two().clamp(SIZE, MOST);
        let mut each: Vec<(u32, u32)> = services.iter().map(|it| (0, size(*it))).collect();
        let mut end = index(each.len()).saturating_mul(SIZE);
        for (number, (start, _)) in each.iter_mut().enumerate() {
            *start = index(number).saturating_mul(SIZE);
        }
        let mut large: Vec<&mut (u32, u32)> = each.iter_mut().filter(|it| it.1 > SIZE).collect();
        // The largest first: then none leaves a gap before the next.
        large.sort_by_key(|it| std::cmp::Reverse(it.1));
        for (start, size) in large {
            *start = end.next_multiple_of(*size);
            end = start.saturating_add(*size);
        }
        Self { each, end }
    }

    /// The addresses of a block with room for all.
    pub(super) fn whole(&self) -> u64 {
        u64::from(self.end).next_power_of_two()
    }

    /// The networks in CIDR form: cut from the block that the stack gives, or from one of 10.128.0.0/9 that follows from the
    /// project's name, so that projects side by side do not meet. Docker's own pools have room for about thirty.
    pub(super) fn subnets(&self, resolved: &Resolved) -> Vec<String> {
        let given = resolved.stack.compose.subnets.as_deref().and_then(block);
        let first =
            given.map_or_else(|| standard(&resolved.project(), self.end), |(first, _)| u32::from(first));
        let one = |(start, size): &(u32, u32)| {
            format!("{}/{}", Ipv4Addr::from(first.wrapping_add(*start)), 32 - size.trailing_zeros())
        };
        self.each.iter().map(one).collect()
    }
}

/// The first address of the block of a project without one of its own: that of a /20 at least.
fn standard(project: &str, addresses: u32) -> u32 {
    let size = addresses.min(MOST).next_power_of_two().max(1 << 12);
    u32::from(Ipv4Addr::new(10, 128, 0, 0)) + hash(project) % (MOST / size) * size
}

/// The first address of a block and how many it has; none where it is no block of IPv4.
#[must_use]
pub fn block(text: &str) -> Option<(Ipv4Addr, u64)> {
    let network = Block::parse(text)?;
    let IpAddr::V4(first) = network.address() else { return None };
    // As it is written: Docker refuses bits behind the prefix.
    (network.to_string() == text).then(|| (first, 1 << (32 - network.length())))
}

fn hash(text: &str) -> u32 {
    let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(text));
    u32::from_be_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_whole() {
        assert_eq!(block("10.1.0.0/16"), Some((Ipv4Addr::new(10, 1, 0, 0), 1 << 16)));
        for bad in ["10.1.0.0", "10.1.0.1/16", "10.1.0.0/33", "fd00::/8", "x/8"] {
            assert_eq!(block(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_large_network_moves_no_small_one() {
        let blocks = |services: &[usize]| Blocks::of(services).each;
        assert_eq!(blocks(&[1, 2, 13]), [(0, 16), (16, 16), (32, 16)]);
        assert_eq!(blocks(&[1, 14, 2]), [(0, 16), (64, 32), (32, 16)]);
        assert_eq!(blocks(&[1, 14, 2, 100, 14]), [(0, 16), (256, 32), (32, 16), (128, 128), (288, 32)]);
    }

    #[test]
    fn a_block_has_room_for_all() {
        for (services, expected) in
            [(vec![2], 16), (vec![2; 3], 64), (vec![2; 257], 8192), (vec![2, 14], 64), (vec![200], 512)]
        {
            let blocks = Blocks::of(&services);
            assert_eq!(blocks.whole(), expected, "{services:?}");
            let mut taken: Vec<_> = blocks.each.iter().map(|(start, size)| (*start, start + size)).collect();
            taken.sort_unstable();
            assert!(taken.windows(2).all(|it| it[0].1 <= it[1].0), "{taken:?}");
        }
        for project in ["a", "b"] {
            assert_eq!(standard(project, 16) % (1 << 12), 0);
            assert_eq!(standard(project, 8000) % (1 << 13), 0);
        }
    }
}
