//! A file of the stack with another text, all of it or nothing.

use std::fs;
use std::io::Write as _;

use anyhow::Context;

use super::files::DiskFiles;
use crate::document::Files as _;

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replaced {
    /// The file has the new text.
    Done,
    /// Nobody may write to the file.
    ReadOnly,
    /// The file has not the old text any more, or is outside of the folder by now.
    Changed,
}

/// Gives a file another text, if it still has the old one: written beside it and renamed, with the same mode. Where its path is
/// a symbolic link, that stays, and the file that it leads to is replaced, which is in the stack's folder.
///
/// # Errors
/// When the folder cannot be written to.
pub(super) fn replace(files: &DiskFiles, path: &str, old: &str, new: &str) -> anyhow::Result<Replaced> {
    let Ok(real) = files.locate(path) else { return Ok(Replaced::Changed) };
    let writing = || format!("cannot write {}", real.display());
    let permissions = fs::metadata(&real).with_context(writing)?.permissions();
    if permissions.readonly() {
        return Ok(Replaced::ReadOnly);
    }
    let folder = real.parent().with_context(writing)?;
    // Hidden, so that no pattern of the stack finds it.
    let beside = tempfile::Builder::new().prefix(".stackgen-").tempfile_in(folder);
    let mut beside = beside.with_context(writing)?;
    beside.write_all(new.as_bytes()).with_context(writing)?;
    beside.as_file().set_permissions(permissions).with_context(writing)?;
    beside.as_file().sync_all().with_context(writing)?;
    let is_same = files.locate(path).is_ok_and(|it| it == real)
        && files.read(path).is_ok_and(|it| it == old.as_bytes());
    if !is_same {
        return Ok(Replaced::Changed);
    }
    beside.persist(&real).with_context(writing)?;
    Ok(Replaced::Done)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn all_or_nothing_and_only_what_was_read() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("stack");
        fs::create_dir(&root).unwrap();
        let at = |name: &str| root.join(name);
        fs::write(at("a"), "old").unwrap();
        fs::set_permissions(at("a"), fs::Permissions::from_mode(0o640)).unwrap();
        symlink("a", at("b")).unwrap();
        fs::write(dir.path().join("outside"), "old").unwrap();
        symlink("../outside", at("c")).unwrap();
        let files = DiskFiles::new(&root).unwrap();
        assert_eq!(replace(&files, "a", "older", "new").unwrap(), Replaced::Changed);
        assert_eq!(replace(&files, "c", "old", "new").unwrap(), Replaced::Changed);
        assert_eq!(fs::read_to_string(dir.path().join("outside")).unwrap(), "old");
        assert_eq!(replace(&files, "b", "old", "new").unwrap(), Replaced::Done);
        assert_eq!(fs::read_to_string(at("a")).unwrap(), "new");
        assert_eq!(fs::metadata(at("a")).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(at("b").symlink_metadata().unwrap().is_symlink());
        fs::set_permissions(at("a"), fs::Permissions::from_mode(0o440)).unwrap();
        assert_eq!(replace(&files, "a", "new", "newer").unwrap(), Replaced::ReadOnly);
        let left: Vec<_> = fs::read_dir(&root).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert_eq!(left.len(), 3, "{left:?}");
    }
}
