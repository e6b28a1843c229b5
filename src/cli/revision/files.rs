//! The stack's files at a revision, with the rules of those on disk.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Revision;
use crate::cli::files::{self, MAX_ENTRIES};
use crate::diag::nearest;
use crate::document::{FileError, Files};
use crate::git::{Blob, Entry, EntryKind, Failed, Folder};
use crate::syntax::parse::MAX_BYTES;

/// Symbolic links on one path, as Linux counts them.
const MAX_LINKS: usize = 40;
/// How a file begins whose content is in Git LFS.
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";

/// The files in one folder of a revision.
#[derive(Debug)]
pub(in crate::cli) struct RevisionFiles {
    revision: Arc<Revision>,
    /// The steps to the folder, without symbolic links.
    root: Vec<String>,
}

/// What is at a path, and the steps to it from the root of the repository, without symbolic links.
struct Found {
    steps: Vec<String>,
    entry: Entry,
}

impl RevisionFiles {
    /// The files of a folder of the repository; none where there is no such folder.
    ///
    /// # Errors
    /// When the clone lacks it, or it is in a submodule.
    pub(in crate::cli) fn open(revision: &Arc<Revision>, folder: &str) -> anyhow::Result<Option<Self>> {
        let files = Self { revision: Arc::clone(revision), root: Vec::new() };
        match files.find(folder) {
            Ok(Found { steps, entry }) if entry.kind == EntryKind::Folder => {
                Ok(Some(Self { root: steps, ..files }))
            }
            Ok(_) | Err(FileError::NotFound(_) | FileError::Outside) => Ok(None),
            Err(FileError::Failed(why)) => anyhow::bail!("cannot read {folder} at {}: {why}", revision.name),
            Err(other) => anyhow::bail!("cannot read {folder} at {}: {other:?}", revision.name),
        }
    }

    /// The folders in the folder, links to folders too, sorted.
    ///
    /// # Errors
    /// When the clone lacks it.
    pub(in crate::cli) fn folders(&self) -> anyhow::Result<Vec<String>> {
        let here = self.at(&[]).and_then(|it| self.entries(&it.entry));
        let here = here.map_err(|it| anyhow::anyhow!("cannot read {}: {it:?}", self.root.join("/")))?;
        let is_folder = |name: &str, entry: &Entry| match entry.kind {
            EntryKind::Link => self.find(name).is_ok_and(|it| it.entry.kind == EntryKind::Folder),
            kind => kind == EntryKind::Folder,
        };
        Ok(here.iter().filter(|(name, it)| is_folder(name, it)).map(|(name, _)| name.clone()).collect())
    }

    /// What a path of the stack leads to; nothing outside the folder.
    fn at(&self, steps: &[&str]) -> Result<Found, FileError> {
        match self.find(&steps.join("/")) {
            Ok(found) if found.steps.starts_with(&self.root) => Ok(found),
            Ok(_) => Err(FileError::Outside),
            Err(FileError::NotFound(_)) => Err(FileError::NotFound(self.near(steps))),
            Err(error) => Err(error),
        }
    }

    /// What a path below the folder leads to, anywhere in the repository.
    fn find(&self, path: &str) -> Result<Found, FileError> {
        let top = self.revision.commit.root();
        let split = |it: &str| it.split('/').map(str::to_owned).collect::<Vec<_>>();
        let mut left: VecDeque<String> = self.root.iter().cloned().chain(split(path)).collect();
        // The folders on the way, the last one is where it stands; and how many links it followed.
        let (mut way, mut links): (Vec<(String, Entry)>, _) = (Vec::new(), 0);
        while let Some(step) = left.pop_front() {
            match step.as_str() {
                "" | "." => continue,
                ".." => {
                    way.pop().ok_or(FileError::Outside)?;
                    continue;
                }
                _ => {}
            }
            let here = way.last().map_or(&top, |(_, it)| it);
            let entry = match here.kind {
                EntryKind::Folder => self.entries(here)?.get(&step).cloned(),
                _ => None,
            };
            let entry = entry.ok_or(FileError::NotFound(None))?;
            match entry.kind {
                EntryKind::Submodule => return Err(in_submodule(&step)),
                EntryKind::Folder | EntryKind::File => way.push((step, entry)),
                EntryKind::Link => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(FileError::Failed("there are too many symbolic links".to_owned()));
                    }
                    let bytes = self.bytes(&entry)?;
                    // Elsewhere on a disk, which a revision does not have.
                    let to = String::from_utf8(bytes).ok().filter(|it| !it.starts_with('/'));
                    for step in split(&to.ok_or(FileError::Outside)?).into_iter().rev() {
                        left.push_front(step);
                    }
                }
            }
        }
        let entry = way.last().map_or(top, |(_, it)| it.clone());
        Ok(Found { steps: way.into_iter().map(|(step, _)| step).collect(), entry })
    }

    fn entries(&self, folder: &Entry) -> Result<Arc<Folder>, FileError> {
        self.revision.commit.folder(&folder.id, MAX_BYTES).map_err(|it| self.fault(&it))
    }

    fn bytes(&self, file: &Entry) -> Result<Vec<u8>, FileError> {
        match self.revision.commit.blob(&file.id, MAX_BYTES).map_err(|it| self.fault(&it))? {
            Blob::Bytes(bytes) => Ok(bytes),
            Blob::TooLarge => Err(FileError::TooLarge(MAX_BYTES as u64)),
        }
    }

    fn fault(&self, failed: &Failed) -> FileError {
        FileError::Failed(self.revision.lacks(failed))
    }

    /// The name in the same folder that was probably meant.
    fn near(&self, steps: &[&str]) -> Option<String> {
        let (wanted, folder) = steps.split_last()?;
        let found = self.find(&folder.join("/")).ok()?;
        if found.entry.kind != EntryKind::Folder || !found.steps.starts_with(&self.root) {
            return None;
        }
        let names = self.entries(&found.entry).ok()?;
        let near = nearest(wanted, names.keys().map(String::as_str))?;
        Some(folder.iter().copied().chain([near]).collect::<Vec<_>>().join("/"))
    }

    /// The files below `folder`, at most `depth` folders deep, as steps below it.
    fn walk(&self, folder: &[&str], depth: usize) -> Result<Vec<Vec<String>>, FileError> {
        let start = match self.at(folder) {
            Ok(start) if start.entry.kind == EntryKind::Folder => start,
            Ok(_) | Err(FileError::NotFound(_)) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let (mut found, mut seen) = (Vec::new(), 0);
        let mut open: Vec<(Entry, Vec<String>)> = vec![(start.entry, Vec::new())];
        while let Some((here, steps)) = open.pop() {
            for (name, entry) in &*self.entries(&here)? {
                seen += 1;
                if seen > MAX_ENTRIES {
                    return Err(files::too_many());
                }
                let below: Vec<String> = steps.iter().cloned().chain([name.clone()]).collect();
                match entry.kind {
                    EntryKind::Folder if below.len() < depth => open.push((entry.clone(), below)),
                    EntryKind::Submodule if below.len() < depth => return Err(in_submodule(name)),
                    EntryKind::Folder | EntryKind::Submodule => {}
                    EntryKind::File => found.push(below),
                    EntryKind::Link => {
                        let path = [folder.join("/"), below.join("/")].join("/");
                        // One that leaves the folder is refused when it is read, not passed over here.
                        let leads = self.find(&path).map(|it| it.entry.kind);
                        if matches!(leads, Ok(EntryKind::File) | Err(FileError::Outside)) {
                            found.push(below);
                        }
                    }
                }
            }
        }
        Ok(found)
    }
}

impl Files for RevisionFiles {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let found = self.at(&files::steps(path)?)?;
        if found.entry.kind != EntryKind::File {
            return Err(FileError::NotAFile);
        }
        let bytes = self.bytes(&found.entry)?;
        if bytes.starts_with(LFS) {
            let why = "its content is in Git LFS, and the repository has only a pointer to it";
            return Err(FileError::Failed(why.to_owned()));
        }
        Ok(bytes)
    }

    fn glob(&self, pattern: &str) -> Result<Vec<String>, FileError> {
        files::matching(pattern, |folder, depth| self.walk(folder, depth))
    }
}

fn in_submodule(name: &str) -> FileError {
    FileError::Failed(format!("`{name}` is a submodule, whose files are not in this repository"))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::*;
    use crate::cli::files::DiskFiles;
    use crate::git::Repository;

    /// A repository with a stack's folder full of links, all committed.
    fn repository() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let at = |path: &str| dir.path().join(path);
        for path in [
            "stack/a.yaml",
            "stack/.hidden.yaml",
            "stack/sub/b.yaml",
            "stack/sub/deep/c.yaml",
            "other/d.yaml",
        ] {
            fs::create_dir_all(at(path).parent().unwrap()).unwrap();
            fs::write(at(path), path).unwrap();
        }
        fs::write(at("stack/large.yaml"), vec![b'x'; MAX_BYTES + 1]).unwrap();
        let links = [
            ("stack/link.yaml", "a.yaml"),
            ("stack/chain.yaml", "sub/../link.yaml"),
            ("stack/round.yaml", "../stack/a.yaml"),
            ("stack/about.yaml", "../other/back/a.yaml"),
            ("other/back", "../stack"),
            ("stack/out.yaml", "../other/d.yaml"),
            ("stack/far.yaml", "../../../../../../../../../../etc/hostname"),
            ("stack/absolute.yaml", "/etc/hostname"),
            ("stack/dangling.yaml", "nothing"),
            ("stack/loop.yaml", "loop.yaml"),
            ("stack/beyond.yaml", "a.yaml/x"),
            ("stack/folder", "sub"),
            ("stack/outside", "../other"),
        ];
        for (link, to) in links {
            symlink(to, at(link)).unwrap();
        }
        let git = |args: &[&str]| {
            let mut command = std::process::Command::new("git");
            command.env("GIT_CONFIG_GLOBAL", "/dev/null").current_dir(dir.path());
            command.args(["-c", "user.name=Test", "-c", "user.email=test@example.com"]).args(args);
            assert!(command.status().unwrap().success(), "{args:?}");
        };
        git(&["init", "-q"]);
        git(&["add", "-A"]);
        git(&["commit", "-q", "-m", "all"]);
        dir
    }

    #[test]
    fn a_revision_answers_as_the_disk_does() {
        let dir = repository();
        let disk = DiskFiles::new(&dir.path().join("stack")).unwrap();
        let revision = Revision::open(&dir.path().join("stack"), "HEAD").unwrap();
        let old = RevisionFiles::open(&revision, "stack").unwrap().unwrap();
        let paths = [
            "a.yaml",
            "./a.yaml",
            "sub/b.yaml",
            "link.yaml",
            "chain.yaml",
            "round.yaml",
            "about.yaml",
            "out.yaml",
            "far.yaml",
            "absolute.yaml",
            "dangling.yaml",
            "beyond.yaml",
            "folder/b.yaml",
            "folder/deep/c.yaml",
            "outside/d.yaml",
            "folder",
            "sub",
            "",
            ".",
            "..",
            "/etc/hostname",
            "a.yml",
            "sub/c.yaml",
            "no/such",
            "a.yaml/x",
            "large.yaml",
            "outside/x",
            "../other/d.yaml",
        ];
        for path in paths {
            assert_eq!(old.read(path), disk.read(path), "{path}");
        }
        // The words for it are the system's.
        assert!(matches!(
            (old.read("loop.yaml"), disk.read("loop.yaml")),
            (Err(FileError::Failed(_)), Err(FileError::Failed(_)))
        ));
        let globs = [
            "*.yaml",
            "**/*.yaml",
            "sub/**",
            "folder/*",
            "outside/*",
            "no/*",
            "a.yaml/*",
            "?.yaml",
            ".*",
            "../*",
            "a.yaml",
        ];
        for pattern in globs {
            let on_disk = disk.glob(pattern).map(|mut it| {
                // What is there now decides whether a link that leaves the repository is a file.
                it.retain(|it| it != "far.yaml" && it != "absolute.yaml");
                it
            });
            let in_git = old.glob(pattern).map(|mut it| {
                it.retain(|it| it != "far.yaml" && it != "absolute.yaml");
                it
            });
            assert_eq!(in_git, on_disk, "{pattern}");
        }
        assert_eq!(old.folders().unwrap(), ["folder", "outside", "sub"]);
        assert!(RevisionFiles::open(&revision, "none").unwrap().is_none());
        assert!(RevisionFiles::open(&revision, "stack/a.yaml").unwrap().is_none());
    }

    #[test]
    fn a_folder_is_found_through_links_of_today() {
        let dir = repository();
        symlink(dir.path().join("stack"), dir.path().join("alias")).unwrap();
        let revision = Revision::open(&dir.path().join("alias"), "HEAD").unwrap();
        assert_eq!(revision.path(&dir.path().join("alias/sub")).unwrap(), "stack/sub");
        assert!(revision.path(Path::new("/")).is_err());
        assert!(Repository::open(&dir.path().join("alias")).is_ok());
    }
}
