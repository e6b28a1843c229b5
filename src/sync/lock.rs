//! One writer at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::bail;
use rustix::fs::OFlags;

use super::fault::Doing;
use super::place::Place;

/// Held while something is written. The file goes when the lock does, so that none is left in a repository;
/// a killed writer leaves it unlocked, and the next one takes it.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    /// Closing it releases the lock.
    _file: File,
}

impl Lock {
    /// Whether there is a lock file: of a writer at work, or of one that was killed. Only who takes the lock knows.
    pub(super) fn is_there(place: &Place) -> bool {
        place.lock_file().symlink_metadata().is_ok_and(|it| it.is_file())
    }

    /// Takes the lock of an environment, waiting for another writer at most as long as given.
    pub(super) fn acquire(place: &Place, patience: Duration) -> anyhow::Result<Self> {
        Self::hold(place.lock_file(), &place.root, patience)
    }

    /// Takes the lock at `path`, which is held by whoever writes to `root`, waiting for another writer at most as long as
    /// given.
    ///
    /// # Errors
    /// When the other writer takes longer, or the file cannot be made.
    pub fn hold(path: PathBuf, root: &Path, patience: Duration) -> anyhow::Result<Self> {
        const PAUSE: Duration = Duration::from_millis(20);
        let start = Instant::now();
        loop {
            let file = open(&path).doing("open the lock file", &path)?;
            match file.try_lock() {
                // Its last holder deletes the file: what is locked here may be without a name by now, while
                // another writer holds a new file of that name.
                Ok(()) if is_at(&file, &path) => return Ok(Self { path, _file: file }),
                Ok(()) => continue,
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => {
                    return Err(error).doing("lock", &path).map_err(Into::into);
                }
            }
            if start.elapsed() >= patience {
                bail!(
                    "cannot write to {}: another stackgen has been writing to it for {} s (it holds {})",
                    root.display(),
                    patience.as_secs(),
                    path.display(),
                );
            }
            std::thread::sleep(PAUSE);
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Still locked here. A file that cannot be deleted is merely in view; the lock ends all the same.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn open(path: &Path) -> io::Result<File> {
    let no_follow = i32::try_from(OFlags::NOFOLLOW.bits()).expect("the flag is small");
    OpenOptions::new().read(true).write(true).create(true).truncate(false).custom_flags(no_follow).open(path)
}

fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), path.symlink_metadata()) {
        (Ok(held), Ok(named)) => (held.dev(), held.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_the_second_writer_wait_and_then_give_up() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::new(&dir.path().join("prod")).unwrap();
        let first = Lock::acquire(&place, Duration::ZERO).unwrap();
        let error = Lock::acquire(&place, Duration::from_millis(60)).unwrap_err().to_string();
        assert!(error.contains("another stackgen") && error.contains(".prod.stackgen.lock"), "{error}");

        let waiting = std::thread::scope(|scope| {
            let second = scope.spawn(|| Lock::acquire(&place, Duration::from_secs(5)).map(drop));
            std::thread::sleep(Duration::from_millis(50));
            drop(first);
            second.join().unwrap()
        });
        waiting.unwrap();
        assert!(!place.lock_file().exists());
    }

    #[test]
    fn takes_over_the_file_of_a_dead_writer_but_follows_no_link() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::new(&dir.path().join("prod")).unwrap();
        std::fs::write(place.lock_file(), "").unwrap();
        drop(Lock::acquire(&place, Duration::ZERO).unwrap());
        let elsewhere = dir.path().join("elsewhere");
        std::os::unix::fs::symlink(&elsewhere, place.lock_file()).unwrap();
        let error = Lock::acquire(&place, Duration::ZERO).unwrap_err().to_string();
        assert!(error.starts_with("cannot open the lock file"), "{error}");
        assert!(!elsewhere.exists());
    }
}
