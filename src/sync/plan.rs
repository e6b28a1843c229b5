//! The comparison of a bundle with the disk.

use std::path::Path;

use anyhow::bail;

use super::place::Place;
use super::survey::Survey;
use super::tree::Tree;
use crate::bundle::Bundle;

/// What a write would do to an environment's folder. Every list is sorted; paths are relative to the folder, and
/// none is in two lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Files of the bundle that are missing.
    pub created: Vec<String>,
    /// Owned files whose content will be replaced, and those that everybody is to read and cannot.
    pub changed: Vec<String>,
    /// Files that already have the bundle's content, whoever wrote them, and may be read by whom they are for.
    pub unchanged: Vec<String>,
    /// Owned files that the bundle no longer has.
    pub removed: Vec<String>,
    /// Owned files that somebody else changed since they were written, and whose changes a write would lose.
    pub edited: Vec<String>,
    /// What is not owned and in the way: another content at a path of the bundle, or anything where a folder or
    /// file has to be.
    pub foreign: Vec<String>,
    /// What is not owned and stays. For information.
    pub strangers: Vec<String>,
    /// How the ownership file stands.
    pub record: Record,
}

/// How an ownership file stands to a bundle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Record {
    /// It lists exactly the bundle's files with their content and objects. The generator version does not count:
    /// a new version that writes the same files changes nothing.
    Current,
    /// It lists something else.
    Outdated,
    /// There is none.
    #[default]
    Missing,
}

impl Plan {
    /// Whether the folder equals the bundle, so that there is nothing to write. Strangers do not matter.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let Self { created, changed, unchanged: _, removed, edited, foreign, strangers: _, record } = self;
        [created, changed, removed, edited, foreign].iter().all(|it| it.is_empty())
            && *record == Record::Current
    }
}

/// Compares a bundle with the folder `root` (`DIR/ENV`), which need not exist. Writes nothing and takes no lock.
///
/// # Errors
/// When the bundle has a path that may not be written, `root` or its parent is no real folder, something in it
/// cannot be read, the ownership file is malformed or of a newer format, or other programs never leave the folder
/// alone for long enough.
pub fn plan(root: &Path, bundle: &Bundle) -> anyhow::Result<Plan> {
    const ATTEMPTS: usize = 50;
    let place = Place::new(root)?;
    for _ in 0..ATTEMPTS {
        let before = Tree::identity(&place.root);
        let survey = Survey::new(&place, bundle);
        // A writer that exchanged the folder meanwhile has made this a mixture of the old and the new one.
        if Tree::identity(&place.root) == before {
            return survey.map(|it| it.plan);
        }
    }
    bail!("cannot compare {}: it changed {ATTEMPTS} times while it was read", place.root.display())
}

/// The comparison behind `--check`: [`Plan::is_clean`] says whether the folder is what a write would leave.
///
/// # Errors
/// Those of [`plan()`].
pub fn check(root: &Path, bundle: &Bundle) -> anyhow::Result<Plan> {
    plan(root, bundle)
}
