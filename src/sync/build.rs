//! Makes the complete new tree beside the old one.

use std::collections::BTreeSet;
use std::fs::{File, Metadata};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::bail;

use super::carry::{carry, dress};
use super::fault::Doing;
use super::ownership::{self, OWNERSHIP_FILE};
use super::path;
use super::place::Place;
use super::survey::{PASSABLE, READABLE, Survey};
use super::tree::Kind;
use crate::bundle::Bundle;

/// Makes the new tree in `next`, which must not exist, and brings it to the disk. Messages name the paths that the
/// files will have, not those they have meanwhile.
pub(super) fn build(
    place: &Place,
    bundle: &Bundle,
    survey: &Survey,
    generator: &str,
    next: &Path,
) -> anyhow::Result<()> {
    refuse_mounts(place, survey)?;
    std::fs::create_dir(next).doing("create", &place.root)?;
    let site = Site { place, survey, next };
    for folder in &survey.folders {
        std::fs::create_dir(next.join(folder)).doing("create", &place.root.join(folder))?;
    }
    for path in &survey.carried {
        let kind = survey.tree.kind(path).expect("what is carried over is in the tree");
        carry(&place.root.join(path), &next.join(path), kind)?;
    }
    let record = ownership::print(&ownership::of(bundle), generator);
    let files = bundle.iter().map(|(path, file)| (path, file.text.as_str()));
    let written: Vec<(&Path, &str)> = files
        .map(|(path, text)| (Path::new(path), text))
        .filter(|(path, _)| !survey.carried.contains(*path))
        .chain([(Path::new(OWNERSHIP_FILE), record.as_str())])
        .collect();
    for (path, text) in &written {
        site.write(path, text).doing("write", &place.root.join(path))?;
    }
    // Only now, so that the system can bring many small files to the disk in one go.
    for (path, _) in &written {
        let public = path.to_str().and_then(|it| bundle.get(it)).is_some_and(|it| it.public);
        let bits = if public { READABLE } else { 0 };
        site.finish_file(path, bits).doing("write", &place.root.join(path))?;
    }
    let touched = touched(survey, written.iter().map(|(path, _)| *path));
    let public = bundle.iter().filter(|(_, file)| file.public);
    let passed: BTreeSet<&Path> = public.flat_map(|(path, _)| path::folders(path)).map(Path::new).collect();
    // Innermost first: a folder that becomes read-only must be complete.
    for folder in survey.folders.iter().rev().map(PathBuf::as_path).chain([Path::new("")]) {
        let times = if touched.contains(folder) { Times::New } else { Times::Old };
        let bits = if passed.contains(folder) { PASSABLE } else { 0 };
        site.finish_folder(folder, times, bits).doing("write", &place.root.join(folder))?;
    }
    Ok(())
}

struct Site<'a> {
    place: &'a Place,
    survey: &'a Survey,
    next: &'a Path,
}

/// Which time of change a folder gets.
#[derive(Clone, Copy)]
enum Times {
    Old,
    New,
}

impl Site<'_> {
    fn write(&self, path: &Path, text: &str) -> io::Result<()> {
        File::create_new(self.next.join(path))?.write_all(text.as_bytes())
    }

    /// `bits`: what everybody is allowed beside what the file's mode is.
    fn finish_file(&self, path: &Path, bits: u32) -> io::Result<()> {
        let file = self.next.join(path);
        File::open(&file)?.sync_all()?;
        if let Some(before) = self.before(path, Kind::File)? {
            dress(&file, &before)?;
        }
        allow(&file, bits)
    }

    fn finish_folder(&self, path: &Path, times: Times, bits: u32) -> io::Result<()> {
        let folder = self.next.join(path);
        let open = File::open(&folder)?;
        if let Some(before) = self.before(path, Kind::Folder)? {
            dress(&folder, &before)?;
            if matches!(times, Times::Old) {
                open.set_modified(before.modified()?)?;
            }
        }
        allow(&folder, bits)?;
        sync_folder(&open)
    }

    /// What is at a path in the old tree, if it is of that kind.
    fn before(&self, path: &Path, kind: Kind) -> io::Result<Option<Metadata>> {
        let was = if path == Path::new("") {
            self.survey.tree.top.as_ref().map(|it| it.kind)
        } else {
            self.survey.tree.kind(path)
        };
        if was == Some(kind) { self.place.root.join(path).symlink_metadata().map(Some) } else { Ok(None) }
    }
}

/// Adds to a mode what everybody is allowed.
fn allow(path: &Path, bits: u32) -> io::Result<()> {
    let mut mode = path.symlink_metadata()?.permissions();
    if mode.mode() & bits == bits {
        return Ok(());
    }
    mode.set_mode(mode.mode() | bits);
    std::fs::set_permissions(path, mode)
}

/// Brings a folder's list of names to the disk, where the filesystem can do so.
pub(super) fn sync_folder(folder: &File) -> io::Result<()> {
    match folder.sync_all() {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        result => result,
    }
}

/// A tree that spans filesystems cannot be replaced as a whole, and deleting the old one would empty the others.
fn refuse_mounts(place: &Place, survey: &Survey) -> anyhow::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let Some(top) = &survey.tree.top else { return Ok(()) };
    let outside = place.dir.metadata().doing("read", &place.dir)?.dev();
    let mounted = if top.device == outside {
        let inside = survey.tree.entries.iter().find(|(_, it)| it.device != outside);
        inside.map(|(path, _)| place.root.join(path))
    } else {
        Some(place.root.clone())
    };
    match mounted {
        None => Ok(()),
        Some(path) => bail!(
            "cannot replace {}: {} is a mount point; mount {} instead",
            place.root.display(),
            path.display(),
            place.dir.display()
        ),
    }
}

/// The folders whose list of names changes.
fn touched<'a>(survey: &'a Survey, written: impl Iterator<Item = &'a Path>) -> BTreeSet<&'a Path> {
    let gone = survey
        .tree
        .entries
        .keys()
        .filter(|it| !survey.carried.contains(*it) && !survey.folders.contains(*it));
    let new = survey.folders.iter().filter(|it| survey.tree.kind(it) != Some(Kind::Folder));
    let paths = gone.chain(new).map(PathBuf::as_path).chain(written);
    paths.filter_map(Path::parent).collect()
}
