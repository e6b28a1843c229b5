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

    /// Where a client on the host finds what listens there.
    #[must_use]
    pub fn to_clients(self) -> String {
        match self.0 {
            own if own.is_loopback() || own.is_unspecified() => "localhost".to_owned(),
            IpAddr::V4(it) => it.to_string(),
            IpAddr::V6(it) => format!("[{it}]"),
        }
    }

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
        for (text, expected) in [
            ("::1", "localhost"),
            ("0.0.0.0", "localhost"),
            ("192.0.2.7", "192.0.2.7"),
            ("2001:db8::7", "[2001:db8::7]"),
        ] {
            assert_eq!(HostAddress::parse(text).map(HostAddress::to_clients), Ok(expected.to_owned()));
        }
        for bad in ["localhost", "127.0.0.1:80", "127.1", "10.0.0.0/8", "[::1]", "", " 127.0.0.1"] {
            let found = HostAddress::parse(bad).expect_err(bad);
            assert!(found.contains("no IP address"), "{found}");
        }
    }
}
