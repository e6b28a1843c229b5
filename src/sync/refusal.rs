//! Why a write was refused.

use std::fmt;
use std::path::PathBuf;

/// A write would lose what is not stackgen's to lose. Nothing was touched.
///
/// The paths are relative to the environment's folder; the meaning of the lists is that of the [`Plan`](super::Plan).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The environment's folder.
    pub root: PathBuf,
    /// Owned files with changes by somebody else.
    pub edited: Vec<String>,
    /// What is not owned and in the way.
    pub foreign: Vec<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.edited.len() + self.foreign.len();
        let files = if count == 1 { "file" } else { "files" };
        writeln!(f, "nothing written: {count} {files} in {} would be lost", self.root.display())?;
        // Names come from the disk: a line break in one must not look like another line of this.
        for path in &self.edited {
            writeln!(f, "  edited by hand: {}", path.escape_debug())?;
        }
        for path in &self.foreign {
            writeln!(f, "  not written by stackgen: {}", path.escape_debug())?;
        }
        write!(f, "move them away, or overwrite them with `--force`")
    }
}

impl std::error::Error for Refusal {}
