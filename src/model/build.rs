//! How an image is built.

use indexmap::IndexMap;

use super::macros::model;
use super::{EnvName, Name, RepoPath};

model! {
    /// How a service's image is built from the repository: what `stackgen ci` makes a workflow of.
    pub struct Build {
        /// The Dockerfile, from the repository's root.
        "dockerfile" dockerfile: RepoPath,
        /// The folder that the build sees, from the repository's root.
        "context" context: RepoPath = RepoPath::parse(".").expect("not empty"),
        /// Patterns of the files that it is made of, from the repository's root; it is built when one of them changes, and
        /// always unless given.
        "paths" paths: Vec<RepoPath>,
        /// The stage of the Dockerfile; the last unless given.
        "target" target: Option<Name>,
        /// Build arguments. They are part of the image: nothing secret.
        "args" args: IndexMap<EnvName, String>,
        /// The platforms.
        "platforms" platforms: Vec<String> = vec!["linux/amd64".to_owned()],
        /// The entry of the versions file that holds the image's tag, which a new build replaces.
        "version" version: Option<String>,
    }
}
