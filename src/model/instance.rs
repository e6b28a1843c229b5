//! Which one of many an environment is that is rendered once for each.

use super::macros::model;
use super::{Duration, Name};

model! {
    /// One of many that an environment is rendered for, such as a preview of a pull request.
    pub struct Instance {
        /// Its name, which holds a parameter: `preview-pr-${parameters.pr}`. It is the folder of its tree, in place of the
        /// environment's name, and is in the names of objects that are in no namespace.
        "name" name: Name,
        /// How long it lives: each of its namespaces gets the annotation `janitor/ttl`. It counts from the namespace's
        /// creation, and has a meaning only where kube-janitor runs, which then deletes the namespace.
        "ttl" ttl: Option<Duration>,
    }
}
