//! Networks: two components share one exactly where the stack says that one calls the other.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use sha2::{Digest, Sha256};

use crate::k8s::reach::Network as Block;
use crate::model::{Name, Policies};
use crate::resolve::{Component, Resolved, Target};

/// What the name of a network to the outside has after that of its component.
pub const OUTSIDE: &str = "_outside";
/// Addresses of a network: thirteen for containers.
const SIZE: u32 = 16;

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

/// The addresses of a number of networks: cut from the block that the stack gives, or from one of 10.128.0.0/9 that follows
/// from the project's name, so that projects side by side do not meet. Docker's own pools have room for about thirty.
pub(super) fn subnets(resolved: &Resolved, number: usize) -> Vec<String> {
    let wanted = needed(number);
    let given = resolved.stack.compose.subnets.as_deref().and_then(block);
    let start = given.map_or_else(|| standard(&resolved.project(), wanted), |(start, _)| u32::from(start));
    let one = |index| format!("{}/28", Ipv4Addr::from(start.wrapping_add(index * SIZE)));
    (0..u32::try_from(number).unwrap_or(u32::MAX)).map(one).collect()
}

/// The first address of the block of a project without one of its own.
fn standard(project: &str, size: u32) -> u32 {
    u32::from(Ipv4Addr::new(10, 128, 0, 0)) + hash(project) % ((1 << 23) / size) * size
}

/// The addresses that a number of networks need, as a power of two: those of a /20 at least.
fn needed(number: usize) -> u32 {
    let number = u32::try_from(number).unwrap_or(u32::MAX / SIZE);
    number.saturating_mul(SIZE).checked_next_power_of_two().unwrap_or(1 << 23).clamp(1 << 12, 1 << 23)
}

/// The first address of a block and how many it has; none where it is no block of IPv4.
#[must_use]
pub fn block(text: &str) -> Option<(Ipv4Addr, u64)> {
    let network = Block::parse(text)?;
    let IpAddr::V4(first) = network.address() else { return None };
    // As it is written: Docker refuses bits behind the prefix.
    (network.to_string() == text).then(|| (first, 1 << (32 - network.length())))
}

/// The addresses that the networks of a stack take, rounded up to a block.
#[must_use]
pub fn addresses(resolved: &Resolved) -> u64 {
    u64::try_from(networks(resolved).len()).unwrap_or(u64::MAX).saturating_mul(u64::from(SIZE))
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
    fn a_block_has_room_for_all() {
        assert_eq!(needed(1), 4096);
        assert_eq!(needed(256), 4096);
        assert_eq!(needed(257), 8192);
        assert_eq!(needed(usize::MAX), 1 << 23);
    }
}
