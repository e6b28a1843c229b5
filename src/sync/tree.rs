//! What a folder holds, without following any symbolic link.

use std::collections::BTreeMap;
use std::fs::{Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::bail;
use rustix::fs::OFlags;

use super::fault::{Doing, Fault};

/// A folder's content at one moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tree {
    /// The folder itself; none if it does not exist.
    pub top: Option<Entry>,
    /// All below it, by path relative to it; a folder stands right before its content.
    pub entries: BTreeMap<PathBuf, Entry>,
}

/// A file, folder or other thing.
///
/// Two entries are equal when nobody wrote in between: the same inode and mode, and for all but folders the same size
/// and time of change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub kind: Kind,
    /// The device, which tells a mount point from its parent.
    pub device: u64,
    inode: u64,
    mode: u32,
    written: Option<Written>,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    Symlink,
    /// A pipe, socket or device.
    Special,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Written {
    size: u64,
    seconds: i64,
    nanoseconds: i64,
}

impl Tree {
    /// Reads a folder; a missing one is empty.
    ///
    /// # Errors
    /// When it is not a real folder or cannot be read.
    pub(super) fn read(root: &Path) -> anyhow::Result<Self> {
        let top = match root.symlink_metadata() {
            Ok(found) => Entry::new(&found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error).doing("read", root).map_err(Into::into),
        };
        match top.kind {
            Kind::Folder => {}
            Kind::Symlink => bail!("cannot use {}: it is a symbolic link, not a folder", root.display()),
            Kind::File | Kind::Special => {
                bail!("cannot use {}: it is a file, not a folder", root.display())
            }
        }
        let mut entries = BTreeMap::new();
        walk(root, Path::new(""), &mut entries)?;
        Ok(Self { top: Some(top), entries })
    }

    /// Differs once a folder was exchanged for another, even for one with a recycled inode.
    pub(super) fn identity(folder: &Path) -> Option<(u64, u64, i64, i64)> {
        folder.symlink_metadata().ok().map(|it| (it.dev(), it.ino(), it.ctime(), it.ctime_nsec()))
    }

    /// What is at a path.
    pub(super) fn kind(&self, path: impl AsRef<Path>) -> Option<Kind> {
        self.entries.get(path.as_ref()).map(|it| it.kind)
    }

    /// Whether a path is a folder with nothing in it.
    pub(super) fn is_empty_folder(&self, path: &Path) -> bool {
        let next = self.entries.range(path.to_path_buf()..).nth(1);
        self.kind(path) == Some(Kind::Folder) && next.is_none_or(|(it, _)| !it.starts_with(path))
    }
}

impl Entry {
    fn new(found: &Metadata) -> Self {
        let kind = match found.file_type() {
            it if it.is_file() => Kind::File,
            it if it.is_dir() => Kind::Folder,
            it if it.is_symlink() => Kind::Symlink,
            _ => Kind::Special,
        };
        let written = (kind != Kind::Folder).then(|| Written {
            size: found.size(),
            seconds: found.mtime(),
            nanoseconds: found.mtime_nsec(),
        });
        Self { kind, device: found.dev(), inode: found.ino(), mode: found.mode(), written }
    }

    /// Whether everybody may do with it what these bits say.
    pub(super) fn allows(&self, bits: u32) -> bool {
        self.mode & bits == bits
    }

    /// The size in bytes of anything but a folder.
    pub(super) fn size(&self) -> u64 {
        self.written.as_ref().map_or(0, |it| it.size)
    }
}

/// Reads a regular file that [`Tree::read`] found. Neither a symbolic link nor a pipe that has taken its place since
/// is followed or waited for.
pub(super) fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).expect("the flags are small");
    let mut file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn walk(root: &Path, folder: &Path, entries: &mut BTreeMap<PathBuf, Entry>) -> Result<(), Fault> {
    let here = root.join(folder);
    for found in here.read_dir().doing("read", &here)? {
        let found = found.doing("read", &here)?;
        let path = folder.join(found.file_name());
        let entry = match found.metadata() {
            Ok(metadata) => Entry::new(&metadata),
            // An editor's temporary file, say, that is gone again.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).doing("read", &root.join(path)),
        };
        let kind = entry.kind;
        entries.insert(path.clone(), entry);
        if kind == Kind::Folder {
            walk(root, &path, entries)?;
        }
    }
    Ok(())
}
