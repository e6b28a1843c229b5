//! Addresses of a host.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use super::text_type;
use crate::model::codes;

/// An address of a host, of IPv4 or IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostAddress(IpAddr);

impl HostAddress {
    /// That by which a host reaches itself alone.
    pub const OWN: Self = Self(IpAddr::V4(Ipv4Addr::LOCALHOST));

    /// The address that a text says.
    ///
    /// # Errors
    /// That it says none.
    pub fn parse(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| {
            format!("`{text}` is no IP address: write `127.0.0.1`, which the host alone reaches, or `0.0.0.0`, which is all of its own")
        })
    }
}

impl fmt::Display for HostAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

text_type!(
    /// An IP address: `127.0.0.1`, `::1`.
    HostAddress, &codes::BAD_VALUE, "an IP address", "^[0-9A-Fa-f.:]+$", HostAddress::parse
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_addresses_of_both_kinds() {
        for (text, expected) in [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("0:0:0:0:0:0:0:0", "::")] {
            assert_eq!(HostAddress::parse(text).map(|it| it.to_string()), Ok(expected.to_owned()));
        }
        assert_eq!(HostAddress::OWN.to_string(), "127.0.0.1");
        for bad in ["localhost", "127.0.0.1:80", "127.1", "10.0.0.0/8", "[::1]", "", " 127.0.0.1"] {
            let found = HostAddress::parse(bad).expect_err(bad);
            assert!(found.contains("no IP address"), "{found}");
        }
    }
}
