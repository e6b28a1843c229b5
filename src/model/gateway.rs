//! Gateways: where traffic enters the cluster.

use indexmap::IndexMap;

use super::macros::{choice, model, words};
use super::{HostName, LabelKey, Name, PortNumber};

model! {
    /// A Gateway that the cluster has.
    pub struct ExistingGateway {
        /// Its namespace's name in the cluster.
        "namespace" namespace: Name,
        /// Its name, where another than here.
        "name" name: Option<Name>,
        /// The listener that routes join; all of them unless given.
        "listener" listener: Option<Name>,
        /// The namespace's name in the cluster where its proxies run, where another than its own.
        "proxyNamespace" proxies: Option<Name>,
        /// Whether its proxies are in the mesh.
        "mesh" mesh: bool = false,
    }

    /// A Gateway that the stack makes.
    pub struct OwnGateway {
        /// The namespace, by its name in the stack; needed where the stack has several.
        "namespace" namespace: Option<Name>,
        /// The `GatewayClass`.
        "class" class: Name,
        /// Where it listens.
        "listeners" listeners: IndexMap<Name, Listener>,
        /// The namespace's name in the cluster where its proxies run, where another than its own.
        "proxyNamespace" proxies: Option<Name>,
        /// Annotations of what the controller makes for it: the load balancer's.
        "annotations" annotations: IndexMap<LabelKey, String>,
        /// Whether its proxies are in the mesh.
        "mesh" mesh: bool = false,
    }

    /// Where a gateway listens.
    pub struct Listener {
        /// The port.
        "port" port: PortNumber,
        /// The protocol.
        "protocol" protocol: ListenerProtocol,
        /// The only host; all unless given.
        "host" host: Option<HostName>,
        /// The certificate, for HTTPS: a name under `certificates`, in the gateway's namespace.
        "certificate" certificate: Option<Name>,
    }
}

words! {
    /// What a gateway speaks.
    pub enum ListenerProtocol {
        /// Plain HTTP.
        "HTTP" Http,
        /// HTTP over TLS, which ends at the gateway.
        "HTTPS" Https,
    }
}

choice! {
    /// Where traffic enters the cluster.
    pub enum Gateway {
        /// One that the cluster has.
        "existing" Existing(ExistingGateway),
        /// One that the stack makes.
        "own" Own(OwnGateway),
    }
}
