//! How the pods of a service find and call each other.

use super::decode::OneOrMany;
use super::macros::model;
use super::{Name, PortNumber, Protocol, SecretKey};

model! {
    /// What the pods of a service are to each other: members that find each other by gossip, and call each other. They get a
    /// headless Service of their own that knows pods before they are ready, and paths that nobody else has.
    pub struct Peers {
        /// The port on which they tell each other who is there. It is on no other Service.
        "port" port: Option<PortNumber>,
        /// The protocols of that port: both unless given, as gossip asks by UDP and hands over state by TCP.
        "protocols" protocols: OneOrMany<Protocol> = OneOrMany(vec![Protocol::Tcp, Protocol::Udp]),
        /// Ports of the component, by name, on which its pods call each other, too.
        "calls" calls: OneOrMany<Name>,
        /// The key with which they prove to each other that they belong together. The container must take it.
        "secret" secret: Option<SecretKey>,
    }
}

impl Peers {
    /// The container's port for gossip by TCP; that for UDP has [`Self::UDP`] in place of it.
    pub const TCP: &'static str = "peers";
    /// The container's port for gossip by UDP.
    pub const UDP: &'static str = "peers-udp";

    /// The headless Service of a service of this name.
    #[must_use]
    pub fn service(component: &str) -> String {
        format!("{component}-peers")
    }

    /// The gossip port where it speaks a protocol.
    #[must_use]
    pub fn gossip(&self, protocol: Protocol) -> Option<u16> {
        self.port.filter(|_| self.protocols.0.contains(&protocol)).map(PortNumber::get)
    }
}
