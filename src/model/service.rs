//! Services: what a team builds and runs without state of its own.

use super::macros::{model, parts};
use super::{Build, Common, Container, Expose, Peers, PodFields, Rollout, Scale};

model! {
    /// What only services have.
    pub struct ServiceFields {
        /// How many pods: a number, an autoscaler, or `per-node`, one on each node that `affinity` allows.
        "scale" scale: Scale = Scale::Fixed(2),
        /// Who reaches it from outside the cluster.
        "expose" expose: Option<Expose>,
        /// How pods are replaced.
        "rollout" rollout: Option<Rollout>,
        /// How its pods find and call each other.
        "peers" peers: Option<Box<Peers>>,
        /// How its image is built, for `stackgen ci`.
        "build" build: Option<Box<Build>>,
    }
}

parts! {
    /// A service: a Deployment, or a DaemonSet, with everything that belongs to it.
    pub struct Service {
        /// What every component has.
        common: Common,
        /// The container.
        container: Container,
        /// What the pod has beside it.
        pod: PodFields,
        /// What only services have.
        fields: ServiceFields,
    }
}
