//! What a write did.

use std::fmt;
use std::path::PathBuf;

use super::Plan;
use crate::bundle::Bundle;

/// What a write did, in numbers of files; the ownership file does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The environment, which is the name of its folder.
    pub environment: String,
    /// Files that were missing.
    pub created: usize,
    /// Files whose content was replaced.
    pub changed: usize,
    /// Files that had the right content.
    pub unchanged: usize,
    /// Files that are gone.
    pub removed: usize,
    /// The folder with the previous tree, should it have been impossible to delete. The next write tries again.
    pub leftover: Option<PathBuf>,
}

impl Summary {
    /// What carrying out a plan comes to, conflicts overwritten.
    pub(super) fn of(environment: &str, plan: &Plan, bundle: &Bundle) -> Self {
        let conflicts = plan.edited.len() + plan.foreign.len();
        let overwritten =
            plan.edited.iter().chain(&plan.foreign).filter(|path| bundle.get(path).is_some()).count();
        Self {
            environment: environment.to_owned(),
            created: plan.created.len(),
            changed: plan.changed.len() + overwritten,
            unchanged: plan.unchanged.len(),
            removed: plan.removed.len() + conflicts - overwritten,
            leftover: None,
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { environment, created, changed, unchanged, removed, leftover: _ } = self;
        let total = created + changed + unchanged;
        let files = if total == 1 { "file" } else { "files" };
        write!(
            f,
            "{environment}: {total} {files}: {created} created, {changed} changed, {unchanged} unchanged, {removed} removed"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_line() {
        let summary = Summary {
            environment: "prod".to_owned(),
            created: 3,
            changed: 2,
            unchanged: 407,
            removed: 1,
            leftover: None,
        };
        assert_eq!(summary.to_string(), "prod: 412 files: 3 created, 2 changed, 407 unchanged, 1 removed");
    }
}
