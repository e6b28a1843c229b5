//! The Compose project that an environment compiles to.

use indexmap::IndexMap;

use super::decode::OneOrMany;
use super::macros::{model, words};
use super::{Duration, FileKey, HostAddress, Image, Name, Named, PortNumber, Text};

words! {
    /// How many nodes the engines of a Compose project have.
    pub enum Topology {
        /// One, in the engine's own development mode.
        "single" Single,
        /// As many as on a cluster.
        "full" Full,
    }

    /// On which ports of the host a Compose project is reached.
    pub enum HostPorts {
        /// On those that `publish` says.
        "declared" Declared,
        /// On free ones that the host chooses, so that several projects run side by side: `docker compose port` tells them.
        "any" Any,
    }
}

/// Ports of the host by component and port.
pub(crate) type Published = IndexMap<Name, IndexMap<Name, PortNumber>>;

model! {
    /// The project of an environment with `target: compose`. On Kubernetes nothing of it has a meaning.
    pub struct Compose {
        /// The project's name, the first part of the names of its containers, networks and volumes: lower-case letters, digits,
        /// `-` and `_`. The stack's name and the environment's or instance's unless given.
        "project" project: Option<String>,
        /// How many nodes the engines have: `single` or `full`.
        "topology" topology: Topology = Topology::Single,
        /// An image of a static busybox, such as `busybox:1.37-musl`. Its program is put beside services whose probes are `http` or
        /// `tcp`, because their own images may have nothing that can ask; without it these probes do not run.
        "probes" probes: Option<Image>,
        /// What the host reaches: `COMPONENT: { PORT: PORT OF THE HOST }`.
        "publish" publish: Published,
        /// Whether the ports of the host are those of `publish`: `declared` or `any`.
        "hostPorts" host_ports: HostPorts = HostPorts::Declared,
        /// The IP address of the host on which it listens; `127.0.0.1` unless given.
        "hostAddress" host_address: HostAddress = HostAddress::OWN,
        /// Parts that can be started alone: names of components, and of `affinity` for all that are placed by it. Everything is in
        /// the profile `all`, which is the default.
        "profiles" profiles: Named<OneOrMany<Name>>,
        /// Whether what is stored outlives the containers.
        "keepData" keep_data: bool = true,
        /// How often health is looked at; what the probes say unless given.
        "healthInterval" health_interval: Option<Duration>,
        /// The address block that networks are cut from; one of `10.128.0.0/9` that follows from the project's name unless given.
        "subnets" subnets: Option<String>,
        /// Values of secrets that are for development only: they are in the output, and in git where that is. What is not here
        /// comes from whoever runs the project.
        "secrets" secrets: Named<IndexMap<FileKey, Text>>,
    }
}

impl Compose {
    /// Nothing said.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            project: None,
            topology: Topology::Single,
            probes: None,
            publish: Published::default(),
            host_ports: HostPorts::Declared,
            host_address: HostAddress::OWN,
            profiles: Named::default(),
            keep_data: true,
            health_interval: None,
            subnets: None,
            secrets: Named::default(),
        }
    }
}
