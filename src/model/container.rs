//! A container as the stack describes it.

use indexmap::IndexMap;

use super::macros::model;
use super::{
    AbsolutePath, EnvName, FileSource, Image, Named, Port, Probes, SecurityContext, Stop, Text, Value, Volume,
};

model! {
    /// What runs in a pod.
    pub struct Container {
        /// The container image.
        "image" image: Image,
        /// The program, instead of the image's.
        "command" command: Vec<Text>,
        /// Its arguments.
        "args" args: Vec<Text>,
        /// The ports it listens on, by name.
        "ports" ports: Named<Port>,
        /// Whether the pods get a token for the Kubernetes API.
        "automountServiceAccountToken" automount_token: bool = false,
        /// What the container may do.
        "securityContext" security: SecurityContext = SecurityContext::default(),
        /// Whether it lives and is ready.
        "probes" probes: Option<Box<Probes>>,
        /// Environment variables.
        "env" env: IndexMap<EnvName, Value>,
        /// Files, by the path at which the container sees them.
        "files" files: IndexMap<AbsolutePath, FileSource>,
        /// Writable places, by path.
        "volumes" volumes: IndexMap<AbsolutePath, Volume>,
        /// What happens before the container is told to stop.
        "preStop" pre_stop: Option<Stop>,
        /// Seconds from the request to stop until the kill.
        "terminationGracePeriodSeconds" grace: u32 = 30,
    }
}
