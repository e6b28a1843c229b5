//! The working folder of one write, and what dead writers left.
//!
//! `DIR/.ENV.stackgen-XXXXXX/` holds a marker, `next` (the tree in the making; after an exchange, the previous one)
//! and, where the system cannot exchange folders, `old` (the previous tree).

use std::fs::{File, Permissions};
use std::io;
use std::mem;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::fault::{Doing, Fault};
use super::place::Place;

const MARKER: &str = ".stackgen-work";
const NEXT: &str = "next";
const OLD: &str = "old";
const RANDOM_CHARACTERS: usize = 6;

/// A working folder. Dropping it deletes it.
#[derive(Debug)]
pub(super) struct Workspace {
    path: PathBuf,
}

impl Workspace {
    /// Makes one beside the environment's folder, so that it is on the same filesystem.
    pub(super) fn create(place: &Place) -> Result<Self, Fault> {
        let made = tempfile::Builder::new()
            .prefix(&place.workspace_prefix())
            .rand_bytes(RANDOM_CHARACTERS)
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(&place.dir);
        let workspace = Self { path: made.doing("create a folder in", &place.dir)?.keep() };
        File::create_new(workspace.path.join(MARKER)).doing("create a file in", &place.dir)?;
        Ok(workspace)
    }

    /// Where the new tree is made.
    pub(super) fn next(&self) -> PathBuf {
        self.path.join(NEXT)
    }

    /// Where the previous tree goes when it cannot be exchanged for the new one.
    pub(super) fn old(&self) -> PathBuf {
        self.path.join(OLD)
    }

    /// Deletes it; gives its path when that fails.
    pub(super) fn delete(self) -> Option<PathBuf> {
        let path = self.keep();
        delete(&path).err().map(|_| path)
    }

    /// Leaves it in place for the next run, which repairs what this one could not.
    pub(super) fn keep(mut self) -> PathBuf {
        mem::take(&mut self.path)
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        if self.path != Path::new("") {
            // The failure that leads here is the one to report; the next run tries again.
            let _ = delete(&self.path);
        }
    }
}

/// The working folders of an environment that are there. Whoever holds the lock knows that they are dead.
pub(super) fn leftovers(place: &Place) -> Result<Vec<PathBuf>, Fault> {
    let prefix = place.workspace_prefix();
    let listing = match place.dir.read_dir() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listing => listing.doing("read", &place.dir)?,
    };
    let mut found = Vec::new();
    for entry in listing {
        let entry = entry.doing("read", &place.dir)?;
        let name = entry.file_name();
        let random = name.to_str().and_then(|it| it.strip_prefix(&prefix));
        let named_so = random
            .is_some_and(|it| it.len() == RANDOM_CHARACTERS && it.bytes().all(|c| c.is_ascii_alphanumeric()));
        if named_so && entry.file_type().is_ok_and(|it| it.is_dir()) && is_ours(&entry.path()) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Deletes what dead writers left, once a previous tree that one of them had moved aside is back in its place.
/// Only for the holder of the lock.
pub(super) fn recover(place: &Place) -> Result<(), Fault> {
    for leftover in leftovers(place)? {
        let (next, old) = (leftover.join(NEXT), leftover.join(OLD));
        // With `next` gone too, the new tree had arrived, and whoever removed it since meant it.
        let between_renames = [&next, &old].iter().all(|it| it.symlink_metadata().is_ok());
        if between_renames && place.root.symlink_metadata().is_err() {
            std::fs::rename(&old, &place.root).doing("restore", &place.root)?;
        }
        delete(&leftover).doing("delete", &leftover)?;
    }
    Ok(())
}

/// Whether a folder is what [`Workspace::create`] makes, at any moment of its life: it has the marker and nothing
/// that is not ours, or nothing at all.
fn is_ours(folder: &Path) -> bool {
    let Ok(names) =
        folder.read_dir().and_then(|it| it.map(|it| Ok(it?.file_name())).collect::<io::Result<Vec<_>>>())
    else {
        return false;
    };
    names.is_empty()
        || names.iter().any(|it| it == MARKER)
            && names.iter().all(|it| it == MARKER || it == NEXT || it == OLD)
}

/// Deletes a working folder, the marker last, so that a crash leaves one that is still known as ours.
fn delete(folder: &Path) -> io::Result<()> {
    for part in [NEXT, OLD] {
        delete_tree(&folder.join(part))?;
    }
    missing_is_fine(std::fs::remove_file(folder.join(MARKER)))?;
    std::fs::remove_dir(folder)
}

fn delete_tree(folder: &Path) -> io::Result<()> {
    match missing_is_fine(std::fs::remove_dir_all(folder)) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            // A folder that was read-only in the tree, and that lives on as such in the new one.
            make_writable(folder)?;
            missing_is_fine(std::fs::remove_dir_all(folder))
        }
        result => result,
    }
}

fn make_writable(folder: &Path) -> io::Result<()> {
    std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    for entry in folder.read_dir()? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            make_writable(&entry.path())?;
        }
    }
    Ok(())
}

fn missing_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}
