//! Things outside the cluster.

use super::decode::OneOrMany;
use super::macros::model;
use super::{AddressBlock, PortNumber, Protocol};

model! {
    /// A host outside the cluster; only components that use it may reach it.
    pub struct External {
        /// The host name.
        "host" host: String,
        /// The port.
        "port" port: PortNumber = PortNumber::known(443),
        /// The protocol.
        "protocol" protocol: Protocol = Protocol::Tcp,
        /// The address blocks of the host: a NetworkPolicy knows addresses only. `{ cidr, except }` leaves some out.
        "cidrs" cidrs: OneOrMany<AddressBlock>,
        /// Whether it is meant for some environments, in which a role is bound to it or `uses` names it: in others nobody misses it.
        "onDemand" on_demand: bool = false,
    }
}
