//! Collects findings; every stage reports all it sees and goes on.

use super::{Diagnostic, Severity};

/// Findings of one or more stages.
#[derive(Debug, Default)]
pub struct Sink {
    found: Vec<Diagnostic>,
}

impl Sink {
    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Adds all findings of another sink.
    pub fn append(&mut self, other: Self) {
        self.found.extend(other.found);
    }

    /// Whether anything forbids rendering.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|it| it.severity == Severity::Error)
    }

    /// How many findings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The findings, as reported so far.
    #[must_use]
    pub fn findings(&self) -> &[Diagnostic] {
        &self.found
    }

    /// The findings, to change or drop some.
    pub fn findings_mut(&mut self) -> &mut Vec<Diagnostic> {
        &mut self.found
    }
}
