//! Services: what a team builds and runs without state of its own.

use indexmap::IndexMap;

use super::decode::OneOrMany;
use super::macros::{choice, model, parts};
use super::{Common, Container, LabelKey, Name, PortNumber, Rollout, Scale};

model! {
    /// A load balancer of the cluster's provider.
    pub struct LoadBalancer {
        /// The load balancer's ports: `name of the service's port: public port`.
        "ports" ports: IndexMap<Name, PortNumber>,
        /// The address blocks that may connect.
        "sources" sources: OneOrMany<String> = OneOrMany(vec!["0.0.0.0/0".to_owned()]),
        /// Annotations for the provider.
        "annotations" annotations: IndexMap<LabelKey, String>,
    }

    /// What only services have.
    pub struct ServiceFields {
        /// How many pods.
        "scale" scale: Scale = Scale::Fixed(2),
        /// Who reaches it from outside the cluster.
        "expose" expose: Option<Expose>,
        /// How pods are replaced.
        "rollout" rollout: Option<Rollout>,
    }
}

parts! {
    /// A service: a Deployment with everything that belongs to it.
    pub struct Service {
        /// What every component has.
        common: Common,
        /// The container.
        container: Container,
        /// What only services have.
        fields: ServiceFields,
    }
}

choice! {
    /// Ways in from outside the cluster.
    pub enum Expose {
        /// A load balancer of the cluster's provider.
        "loadBalancer" LoadBalancer(LoadBalancer),
    }
}
