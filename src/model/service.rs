//! Services: what a team builds and runs without state of its own.

use super::macros::{model, parts};
use super::{Build, Common, Container, Expose, Rollout, Scale};

model! {
    /// What only services have.
    pub struct ServiceFields {
        /// How many pods.
        "scale" scale: Scale = Scale::Fixed(2),
        /// Who reaches it from outside the cluster.
        "expose" expose: Option<Expose>,
        /// How pods are replaced.
        "rollout" rollout: Option<Rollout>,
        /// How its image is built, for `stackgen ci`.
        "build" build: Option<Box<Build>>,
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
