//! The folders above an environment.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::build::sync_folder;
use super::fault::{Doing, Fault};

/// Makes the folder that holds an environment, and takes back what it made unless told to keep it.
#[derive(Debug)]
pub(super) struct Parents {
    made: Vec<PathBuf>,
}

impl Parents {
    pub(super) fn create(dir: &Path) -> Result<Self, Fault> {
        let missing = dir.ancestors().take_while(|it| *it != Path::new("") && !it.exists());
        let parents = Self { made: missing.map(Path::to_path_buf).collect() };
        std::fs::create_dir_all(dir).doing("create", dir)?;
        for made in &parents.made {
            let parent = made.parent().filter(|it| *it != Path::new("")).unwrap_or(Path::new("."));
            File::open(parent).and_then(|it| sync_folder(&it)).doing("create", made)?;
        }
        Ok(parents)
    }

    /// Leaves them, now that something is in them.
    pub(super) fn keep(mut self) {
        self.made.clear();
    }
}

impl Drop for Parents {
    fn drop(&mut self) {
        // Innermost first; one that another process put something into stays.
        for made in &self.made {
            let _ = std::fs::remove_dir(made);
        }
    }
}
