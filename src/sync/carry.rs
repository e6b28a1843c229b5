//! Takes what stays over into the new tree.

use std::fs::{File, FileTimes, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, chown, lchown, symlink};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};

use super::fault::{Doing, Fault};
use super::tree::Kind;

/// Makes `to` the same thing as `from`: a hard link, which keeps every property, or else a copy with the same
/// content, mode, times and, where this process may set it, owner.
///
/// # Errors
/// When neither is possible. A copy is not tried across mounts: the tree that is deleted later must not reach into
/// another filesystem.
pub(super) fn carry(from: &Path, to: &Path, kind: Kind) -> Result<(), Fault> {
    match std::fs::hard_link(from, to) {
        Ok(()) => Ok(()),
        Err(error) if matches!(error.kind(), io::ErrorKind::CrossesDevices | io::ErrorKind::NotFound) => {
            Err(error).doing("carry over", from)
        }
        // No hard links here, too many of them, or a file of somebody else that may only be read.
        Err(_) => copy(from, to, kind).doing("carry over", from),
    }
}

/// Gives a file or folder the mode and, where this process may set it, the owner of another.
pub(super) fn dress(path: &Path, like: &Metadata) -> io::Result<()> {
    let now = path.symlink_metadata()?;
    if (now.uid(), now.gid()) != (like.uid(), like.gid()) {
        // Only root may give files away; anybody else then owns what they wrote.
        let _ = chown(path, Some(like.uid()), Some(like.gid()));
    }
    std::fs::set_permissions(path, like.permissions())
}

fn copy(from: &Path, to: &Path, kind: Kind) -> io::Result<()> {
    let like = from.symlink_metadata()?;
    match kind {
        Kind::File => {
            std::fs::copy(from, to)?;
            let times = FileTimes::new().set_accessed(like.accessed()?).set_modified(like.modified()?);
            File::open(to)?.set_times(times)?;
            dress(to, &like)
        }
        Kind::Symlink => {
            symlink(std::fs::read_link(from)?, to)?;
            let _ = lchown(to, Some(like.uid()), Some(like.gid()));
            let times = Timestamps {
                last_access: Timespec { tv_sec: like.atime(), tv_nsec: like.atime_nsec() },
                last_modification: Timespec { tv_sec: like.mtime(), tv_nsec: like.mtime_nsec() },
            };
            Ok(utimensat(CWD, to, &times, AtFlags::SYMLINK_NOFOLLOW)?)
        }
        Kind::Special | Kind::Folder => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "only a hard link could, and none can be made here",
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_copy_is_as_good_as_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("file"), b"\xff\0text").unwrap();
        std::fs::set_permissions(at("file"), PermissionsExt::from_mode(0o751)).unwrap();
        let long_ago = std::time::UNIX_EPOCH + std::time::Duration::new(1_000_000_000, 123_000_000);
        File::open(at("file")).unwrap().set_modified(long_ago).unwrap();
        symlink("no/such/target", at("link")).unwrap();

        for (name, kind) in [("file", Kind::File), ("link", Kind::Symlink)] {
            copy(&at(name), &at("copy"), kind).unwrap();
            let [was, is] = [name, "copy"].map(|it| at(it).symlink_metadata().unwrap());
            assert_eq!(was.mode(), is.mode());
            assert_eq!((was.uid(), was.gid(), was.size()), (is.uid(), is.gid(), is.size()));
            assert_eq!((was.mtime(), was.mtime_nsec()), (is.mtime(), is.mtime_nsec()));
            match kind {
                Kind::Symlink => assert_eq!(at("copy").read_link().unwrap(), Path::new("no/such/target")),
                _ => assert_eq!(std::fs::read(at("copy")).unwrap(), b"\xff\0text"),
            }
            std::fs::remove_file(at("copy")).unwrap();
        }
    }
}
