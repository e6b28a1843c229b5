//! What is wrong with an object.

use super::Minor;
use crate::diag::nearest;

/// What an object has, or lacks, that its kind does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The steps to it: keys, and indices of lists.
    pub path: Vec<String>,
    /// What it is.
    pub kind: FaultKind,
}

/// What of a definition nobody here can check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// What it is, in words.
    pub what: String,
    /// The steps to it in the definition, where it is one thing at one place.
    pub path: Option<Vec<String>>,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// There is no such field.
    Unknown {
        /// The fields that there are.
        known: Vec<String>,
        /// The first and the last minor version that has it, where another one does.
        when: Option<(Minor, Minor)>,
    },
    /// The field is of another type, or may not have this value; why, in words.
    Wrong(String),
    /// A field that must be there is not; its name.
    Missing(String),
}

impl Fault {
    /// What is wrong, of an object of a kind, as a phrase.
    #[must_use]
    pub fn message(&self, kind: &str) -> String {
        let at = |path: &[String]| {
            if path.is_empty() { String::new() } else { format!(" in `{}`", path.join(".")) }
        };
        match &self.kind {
            FaultKind::Unknown { .. } => match self.path.split_last() {
                Some((field, above)) => format!("a {kind} has no field `{field}`{}", at(above)),
                None => format!("a {kind} has no such field"),
            },
            FaultKind::Wrong(why) if self.path.is_empty() => format!("a {kind}: {why}"),
            FaultKind::Wrong(why) => format!("`{}` of a {kind}: {why}", self.path.join(".")),
            FaultKind::Missing(name) => format!("a {kind} lacks `{name}`{}", at(&self.path)),
        }
    }

    /// The field that was likely meant.
    #[must_use]
    pub fn nearest(&self) -> Option<&str> {
        let FaultKind::Unknown { known, .. } = &self.kind else { return None };
        nearest(self.path.last()?, known.iter().map(String::as_str))
    }

    /// Which versions of Kubernetes have the field, where this one does not.
    #[must_use]
    pub fn elsewhere(&self) -> Option<String> {
        let FaultKind::Unknown { when: Some((from, to)), .. } = &self.kind else { return None };
        Some(match (*from, *to) {
            (from, Minor::MAX) => format!("Kubernetes has it from 1.{from} on"),
            (0, to) => format!("Kubernetes had it until 1.{to}"),
            (from, to) if from == to => format!("Kubernetes 1.{to} alone has it"),
            (from, to) => format!("Kubernetes has it from 1.{from} to 1.{to}"),
        })
    }
}
