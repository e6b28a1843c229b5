//! Address blocks: a network, and blocks within it that are left out.

use std::fmt;
use std::net::IpAddr;

/// A network by its first address and the length of its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Network {
    address: IpAddr,
    length: u32,
}

impl Network {
    /// A network as `10.0.0.0/8`; bits behind the prefix are dropped, as the kernel would. None for other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let digits = !length.is_empty() && length.bytes().all(|it| it.is_ascii_digit());
        let length: u32 = length.parse().ok().filter(|it| digits && *it <= bits(address))?;
        Some(Self { address: masked(address, length), length })
    }

    /// The network of one address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self { address, length: bits(address) }
    }

    /// Its first address.
    #[must_use]
    pub fn address(self) -> IpAddr {
        self.address
    }

    /// The length of its prefix, in bits.
    #[must_use]
    pub fn length(self) -> u32 {
        self.length
    }

    /// Whether all of another network is in this one.
    #[must_use]
    pub fn holds(self, other: Self) -> bool {
        self.length <= other.length
            && self.address.is_ipv4() == other.address.is_ipv4()
            && masked(other.address, self.length) == self.address
    }

    /// Whether it is every address of its family.
    #[must_use]
    pub fn is_everything(self) -> bool {
        self.length == 0
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

/// The length of an address.
fn bits(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn masked(address: IpAddr, length: u32) -> IpAddr {
    match address {
        IpAddr::V4(it) => IpAddr::V4((it.to_bits() & u32::MAX.checked_shl(32 - length).unwrap_or(0)).into()),
        IpAddr::V6(it) => {
            IpAddr::V6((it.to_bits() & u128::MAX.checked_shl(128 - length).unwrap_or(0)).into())
        }
    }
}

/// A network without some networks in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Block {
    /// The network.
    pub network: Network,
    /// What is left out.
    pub except: Vec<Network>,
}

impl Block {
    /// Whether it has every address of another block. Two blocks may also overlap in part: then neither holds the other.
    #[must_use]
    pub fn holds(&self, other: &Self) -> bool {
        let left_out = |it: &Network| other.except.iter().any(|gap| gap.holds(*it));
        let apart = |it: &Network| !it.holds(other.network) && !other.network.holds(*it);
        self.network.holds(other.network) && self.except.iter().all(|it| left_out(it) || apart(it))
    }
}

/// `10.0.0.0/8 except 10.1.0.0/16`.
impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.network)?;
        for (index, it) in self.except.iter().enumerate() {
            write!(f, "{}{it}", if index == 0 { " except " } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str, except: &[&str]) -> Block {
        let network = |it: &str| Network::parse(it).unwrap();
        Block { network: network(text), except: except.iter().map(|it| network(it)).collect() }
    }

    #[test]
    fn networks_are_read_and_masked() {
        let shown = |text: &str| Network::parse(text).map(|it| it.to_string());
        assert_eq!(shown("10.1.2.3/8").as_deref(), Some("10.0.0.0/8"));
        assert_eq!(shown("2001:db8::1/32").as_deref(), Some("2001:db8::/32"));
        for bad in ["", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/+8", "host/8", "10.0.0.0/"] {
            assert_eq!(shown(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_block_holds_what_is_in_it_and_not_left_out() {
        let all = block("10.0.0.0/8", &["10.1.0.0/16"]);
        assert!(all.holds(&block("10.2.0.0/16", &[])));
        assert!(all.holds(&all));
        assert!(all.holds(&block("10.0.0.0/8", &["10.0.0.0/12"])));
        assert!(!all.holds(&block("10.1.2.0/24", &[])));
        assert!(!all.holds(&block("10.0.0.0/8", &[])));
        assert!(!all.holds(&block("11.0.0.0/8", &[])));
        assert!(!block("0.0.0.0/0", &[]).holds(&block("::/0", &[])));
        assert!(block("0.0.0.0/0", &[]).holds(&all));
    }
}
