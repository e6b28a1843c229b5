//! What was read of a stack, so that it can be said later, or elsewhere, whether it is still the same.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::document::{FileError, Files};

/// Files, with all answers that they gave.
#[derive(Debug)]
pub(super) struct Recorded<F> {
    files: F,
    // Errors too: a file that is missing may appear.
    reads: Mutex<BTreeMap<String, Result<Vec<u8>, FileError>>>,
    globs: Mutex<BTreeMap<String, Result<Vec<String>, FileError>>>,
}

impl<F: Files> Recorded<F> {
    /// Nothing has been read yet.
    pub(super) fn new(files: F) -> Self {
        Self { files, reads: Mutex::default(), globs: Mutex::default() }
    }

    /// What answers.
    pub(super) fn files(&self) -> &F {
        &self.files
    }

    /// Whether other files would have given the same answers: who read these can tell no difference.
    pub(super) fn is_same_in(&self, files: &dyn Files) -> bool {
        held(&self.globs).iter().all(|(pattern, answer)| files.glob(pattern) == *answer)
            && held(&self.reads).iter().all(|(path, answer)| files.read(path) == *answer)
    }

    /// Whether the files would give the same answers again.
    pub(super) fn is_current(&self) -> bool {
        self.is_same_in(&self.files)
    }
}

impl<F: Files> Files for Recorded<F> {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let answer = self.files.read(path);
        held(&self.reads).insert(path.to_owned(), answer.clone());
        answer
    }

    fn glob(&self, pattern: &str) -> Result<Vec<String>, FileError> {
        let answer = self.files.glob(pattern);
        held(&self.globs).insert(pattern.to_owned(), answer.clone());
        answer
    }
}

/// What a thread wrote that panicked is whole all the same: an answer is put in at once.
fn held<T>(answers: &Mutex<T>) -> MutexGuard<'_, T> {
    answers.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::cli::files::DiskFiles;

    #[test]
    fn each_answer_counts_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| fs::write(dir.path().join(path), text).unwrap();
        put("a", "1");
        put("b.yaml", "1");
        let files = Recorded::new(DiskFiles::new(dir.path()).unwrap());
        files.read("a").unwrap();
        files.read("missing").unwrap_err();
        files.glob("*.yaml").unwrap();
        let holds = || files.is_current();
        assert!(holds());
        put("other", "1");
        put("b.yaml", "2");
        assert!(holds(), "nobody read them");
        put("a", "2");
        assert!(!holds());
        put("a", "1");
        put("missing", "");
        assert!(!holds());
        fs::remove_file(dir.path().join("missing")).unwrap();
        assert!(holds());
        put("c.yaml", "");
        assert!(!holds());
    }
}
