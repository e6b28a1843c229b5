//! Failed file operations.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A file operation that failed, told in one line: what was tried, on which path, and why.
#[derive(Debug)]
pub struct Fault {
    action: &'static str,
    path: PathBuf,
    cause: io::Error,
}

impl Fault {
    /// The kind of the operating system's error.
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        self.cause.kind()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} {}: {}", self.action, self.path.display(), self.cause)
    }
}

// The cause is part of the line; as a source it would be printed twice.
impl std::error::Error for Fault {}

/// Says what an operation was for, should it fail.
pub(super) trait Doing<T> {
    /// `cannot {action} {path}: …`
    fn doing(self, action: &'static str, path: &Path) -> Result<T, Fault>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, action: &'static str, path: &Path) -> Result<T, Fault> {
        self.map_err(|cause| Fault { action, path: path.to_path_buf(), cause })
    }
}

impl<T> Doing<T> for rustix::io::Result<T> {
    fn doing(self, action: &'static str, path: &Path) -> Result<T, Fault> {
        self.map_err(io::Error::from).doing(action, path)
    }
}
