//! How the compiler asks for files. It opens none itself: `cli` answers from disk, tests from memory.

/// The files of one stack, by path relative to the stack's folder, with `/` between steps. Threads take turns with them.
pub trait Files: Sync {
    /// The whole file.
    ///
    /// # Errors
    /// Why it cannot be had.
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError>;

    /// The files that a pattern with `*`, `?` and `**` matches, sorted.
    ///
    /// # Errors
    /// Why the folder cannot be searched.
    fn glob(&self, pattern: &str) -> Result<Vec<String>, FileError>;
}

/// Why a file of the stack cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError {
    /// Nothing is there; the nearest existing name, if any.
    NotFound(Option<String>),
    /// The path, or a symlink on it, leaves the stack's folder.
    Outside,
    /// A folder, socket or device.
    NotAFile,
    /// More bytes than the limit, which is given.
    TooLarge(u64),
    /// Anything else, in the system's words.
    Failed(String),
}
