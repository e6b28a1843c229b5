//! The moment at which the old tree becomes the new one.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::anyhow;

use super::fault::{Doing, Fault};
use super::workspace::Workspace;

/// A new tree in its place, and the previous one still at hand.
#[derive(Debug)]
pub(super) struct Swapped {
    workspace: Workspace,
    /// Where the previous tree is, if there was one.
    pub previous: Option<PathBuf>,
}

/// Puts the new tree at `root`, where nothing is.
pub(super) fn place(root: &Path, workspace: Workspace) -> Result<Swapped, Fault> {
    std::fs::rename(workspace.next(), root).doing("create", root)?;
    Ok(Swapped { workspace, previous: None })
}

/// Puts the new tree at `root`, where a folder is.
pub(super) fn swap(root: &Path, workspace: Workspace) -> anyhow::Result<Swapped> {
    match exchange(&workspace.next(), root) {
        Ok(()) => Ok(Swapped { previous: Some(workspace.next()), workspace }),
        Err(error) if is_unsupported(&error) => rename_twice(root, workspace),
        Err(error) => Err(error).doing("replace", root).map_err(Into::into),
    }
}

impl Swapped {
    /// Deletes the previous tree; gives the path of what is left when that fails.
    pub(super) fn finish(self) -> Option<PathBuf> {
        self.workspace.delete()
    }

    /// Puts the previous tree back.
    pub(super) fn undo(self, root: &Path) -> anyhow::Result<()> {
        let next = self.workspace.next();
        let Some(previous) = self.previous else {
            return std::fs::rename(root, next).doing("take back", root).map_err(Into::into);
        };
        let undone = if previous == next {
            exchange(&next, root)
        } else {
            std::fs::rename(root, &next).and_then(|()| std::fs::rename(&previous, root))
        };
        undone.map_err(|error| stranded(root, &previous, self.workspace, &error))
    }
}

fn rename_twice(root: &Path, workspace: Workspace) -> anyhow::Result<Swapped> {
    let previous = workspace.old();
    std::fs::rename(root, &previous).doing("move", root)?;
    match std::fs::rename(workspace.next(), root) {
        Ok(()) => Ok(Swapped { workspace, previous: Some(previous) }),
        Err(cause) => match std::fs::rename(&previous, root) {
            Ok(()) => Err(cause).doing("replace", root).map_err(Into::into),
            Err(_) => Err(stranded(root, &previous, workspace, &cause)),
        },
    }
}

/// The previous tree can go neither forward nor back: it must survive this process.
fn stranded(root: &Path, previous: &Path, workspace: Workspace, cause: &io::Error) -> anyhow::Error {
    workspace.keep();
    anyhow!("cannot replace {}: {cause}; its previous content is in {}", root.display(), previous.display())
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn exchange(_one: &Path, _other: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// `EINVAL` is what a filesystem that cannot exchange answers on Linux (renameat2(2)).
fn is_unsupported(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported)
}

#[cfg(test)]
mod tests {
    use super::super::place::Place;
    use super::super::workspace::recover;
    use super::*;

    /// `DIR/prod` with `file` = old, and a workspace whose new tree has `file` = new.
    fn fixture(dir: &Path) -> (Place, Workspace) {
        let place = Place::new(&dir.join("prod")).unwrap();
        let workspace = Workspace::create(&place).unwrap();
        for (folder, text) in [(place.root.clone(), "old"), (workspace.next(), "new")] {
            std::fs::create_dir(&folder).unwrap();
            std::fs::write(folder.join("file"), text).unwrap();
        }
        (place, workspace)
    }

    fn text(folder: &Path) -> String {
        std::fs::read_to_string(folder.join("file")).unwrap()
    }

    #[test]
    fn both_ways_swap_undo_and_leave_nothing() {
        for way in [swap, rename_twice] {
            let dir = tempfile::tempdir().unwrap();
            let (place, workspace) = fixture(dir.path());
            let swapped = way(&place.root, workspace).unwrap();
            assert_eq!(
                (text(&place.root).as_str(), text(swapped.previous.as_ref().unwrap()).as_str()),
                ("new", "old")
            );
            swapped.undo(&place.root).unwrap();
            assert_eq!(text(&place.root), "old");
            assert_eq!(dir.path().read_dir().unwrap().count(), 1);

            let (place, workspace) = {
                std::fs::remove_dir_all(&place.root).unwrap();
                fixture(dir.path())
            };
            assert_eq!(way(&place.root, workspace).unwrap().finish(), None);
            assert_eq!(text(&place.root), "new");
            assert_eq!(dir.path().read_dir().unwrap().count(), 1);
        }
    }

    #[test]
    fn a_failed_second_rename_puts_the_old_tree_back() {
        let dir = tempfile::tempdir().unwrap();
        let (place, workspace) = fixture(dir.path());
        std::fs::remove_dir_all(workspace.next()).unwrap();
        let error = rename_twice(&place.root, workspace).unwrap_err().to_string();
        assert!(error.starts_with("cannot replace") && error.contains("No such file"), "{error}");
        assert_eq!(text(&place.root), "old");
        assert_eq!(dir.path().read_dir().unwrap().count(), 1);
    }

    #[test]
    fn a_crash_between_the_renames_is_repaired() {
        let dir = tempfile::tempdir().unwrap();
        let (place, workspace) = fixture(dir.path());
        std::fs::rename(&place.root, workspace.old()).unwrap();
        workspace.keep();
        recover(&place).unwrap();
        assert_eq!(text(&place.root), "old");
        assert_eq!(dir.path().read_dir().unwrap().count(), 1);
    }
}
