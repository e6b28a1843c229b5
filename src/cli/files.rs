//! The stack's files on disk: nothing outside the stack's folder, and nothing that is not a regular file.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::glob::Glob;
use crate::diag::nearest;
use crate::document::{FileError, Files};
use crate::syntax::parse::MAX_BYTES;

/// How many entries of folders one look-up may see: a stack is not a disk.
pub(super) const MAX_ENTRIES: usize = 10_000;

/// The files in one folder.
#[derive(Clone, Debug)]
pub(super) struct DiskFiles {
    /// Without symbolic links, so that other paths without them can be compared with it.
    root: PathBuf,
}

impl DiskFiles {
    /// The files of an existing folder.
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        Ok(Self { root: folder.canonicalize()? })
    }

    /// The folder, without symbolic links.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Where the file of a path really is.
    pub(super) fn locate(&self, path: &str) -> Result<PathBuf, FileError> {
        self.real(&steps(path)?)
    }

    /// Where a path of the stack really is.
    fn real(&self, steps: &[&str]) -> Result<PathBuf, FileError> {
        let real = self.root.join(steps.join("/")).canonicalize().map_err(|it| self.fault(steps, &it))?;
        if real.starts_with(&self.root) { Ok(real) } else { Err(FileError::Outside) }
    }

    fn fault(&self, steps: &[&str], error: &io::Error) -> FileError {
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => FileError::NotFound(self.near(steps)),
            _ => FileError::Failed(error.to_string()),
        }
    }

    /// The name in the same folder that was probably meant.
    fn near(&self, steps: &[&str]) -> Option<String> {
        let (wanted, folder) = steps.split_last()?;
        let real = self.root.join(folder.join("/")).canonicalize().ok()?;
        if !real.starts_with(&self.root) {
            return None;
        }
        let names: Vec<String> = fs::read_dir(real)
            .ok()?
            .take(MAX_ENTRIES)
            .filter_map(|it| it.ok()?.file_name().into_string().ok())
            .collect();
        let near = nearest(wanted, names.iter().map(String::as_str))?;
        Some(folder.iter().copied().chain([near]).collect::<Vec<_>>().join("/"))
    }

    /// The files below `folder`, at most `depth` folders deep, as steps below it.
    fn walk(&self, folder: &[&str], depth: usize) -> Result<Vec<Vec<String>>, FileError> {
        let start = match self.real(folder) {
            Ok(start) => start,
            Err(FileError::NotFound(_)) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let (mut found, mut seen) = (Vec::new(), 0);
        let mut open: Vec<(PathBuf, Vec<String>)> = vec![(start, Vec::new())];
        while let Some((path, steps)) = open.pop() {
            let entries = match fs::read_dir(&path) {
                Ok(entries) => entries,
                Err(error) if error.kind() == ErrorKind::NotADirectory => continue,
                Err(error) => return Err(FileError::Failed(error.to_string())),
            };
            for entry in entries {
                let entry = entry.map_err(|it| FileError::Failed(it.to_string()))?;
                seen += 1;
                if seen > MAX_ENTRIES {
                    return Err(too_many());
                }
                let Ok(name) = entry.file_name().into_string() else { continue };
                let kind = entry.file_type().map_err(|it| FileError::Failed(it.to_string()))?;
                let steps: Vec<String> = steps.iter().cloned().chain([name]).collect();
                if kind.is_dir() {
                    if steps.len() < depth {
                        open.push((entry.path(), steps));
                    }
                } else if kind.is_file() || entry.path().metadata().is_ok_and(|it| it.is_file()) {
                    // A symbolic link that leaves the folder is refused when it is read, not passed over here.
                    found.push(steps);
                }
            }
        }
        Ok(found)
    }
}

impl Files for DiskFiles {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let steps = steps(path)?;
        let real = self.real(&steps)?;
        let failed = |it: io::Error| FileError::Failed(it.to_string());
        // To open a device can have effects, so its kind is asked before as well as after.
        if !fs::metadata(&real).map_err(failed)?.is_file() {
            return Err(FileError::NotAFile);
        }
        // Should it have become a FIFO meanwhile, opening must not wait for a writer.
        let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW;
        let flags = i32::try_from(flags.bits()).expect("flags of open(2) are an int");
        let file = OpenOptions::new().read(true).custom_flags(flags).open(&real).map_err(failed)?;
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(FileError::NotAFile);
        }
        let limit = MAX_BYTES as u64;
        let mut bytes = Vec::new();
        file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() > MAX_BYTES { Err(FileError::TooLarge(limit)) } else { Ok(bytes) }
    }

    fn glob(&self, pattern: &str) -> Result<Vec<String>, FileError> {
        matching(pattern, |folder, depth| self.walk(folder, depth))
    }
}

/// The files that a pattern matches, sorted. `walk` gives those below a folder, so many folders deep, as steps below it.
pub(super) fn matching(
    pattern: &str,
    walk: impl FnOnce(&[&str], usize) -> Result<Vec<Vec<String>>, FileError>,
) -> Result<Vec<String>, FileError> {
    let steps = steps(pattern)?;
    let glob = Glob::new(&steps);
    let (folder, depth) = glob.reach();
    // A plain path is not searched: to read it says better what is wrong with it.
    if depth == 0 {
        return Ok(vec![steps.join("/")]);
    }
    let path = |it: &Vec<String>| {
        folder.iter().copied().chain(it.iter().map(String::as_str)).collect::<Vec<_>>().join("/")
    };
    let mut found: Vec<String> =
        walk(folder, depth)?.iter().filter(|it| glob.matches(it)).map(path).collect();
    found.sort_unstable();
    Ok(found)
}

/// That a search is too wide.
pub(super) fn too_many() -> FileError {
    FileError::Failed(format!("its folders hold more than {MAX_ENTRIES} entries"))
}

/// The steps of a path that stays below where it starts.
pub(super) fn steps(path: &str) -> Result<Vec<&str>, FileError> {
    if path.starts_with('/') || path.split('/').any(|it| it == "..") {
        return Err(FileError::Outside);
    }
    let steps: Vec<&str> = path.split('/').filter(|it| !matches!(*it, "" | ".")).collect();
    if steps.is_empty() { Err(FileError::NotAFile) } else { Ok(steps) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn folder(paths: &[&str]) -> (tempfile::TempDir, DiskFiles) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("stack");
        for path in paths {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        fs::write(dir.path().join("secret"), "s").unwrap();
        let files = DiskFiles::new(&root).unwrap();
        (dir, files)
    }

    #[test]
    fn paths_that_leave_the_folder_are_refused() {
        let (dir, files) = folder(&["a"]);
        let root = files.root().to_path_buf();
        symlink(dir.path().join("secret"), root.join("link")).unwrap();
        symlink(dir.path(), root.join("up")).unwrap();
        symlink("/dev/zero", root.join("zero")).unwrap();
        let absolute = root.join("a").display().to_string();
        for path in ["../secret", "/etc/passwd", "a/../../secret", "link", "up/secret", "zero", &absolute] {
            assert_eq!(files.read(path), Err(FileError::Outside), "{path}");
        }
        assert_eq!(files.glob("../*"), Err(FileError::Outside));
        assert_eq!(files.glob("up/*"), Err(FileError::Outside));
        // Names beyond a link that leaves are not suggested.
        assert_eq!(files.read("up/secre"), Err(FileError::NotFound(None)));
        assert_eq!(files.read("./a").unwrap(), b"x");
    }

    #[test]
    fn a_link_within_the_folder_is_a_file() {
        let (_dir, files) = folder(&["a"]);
        symlink("a", files.root().join("b")).unwrap();
        assert_eq!(files.read("b").unwrap(), b"x");
    }

    #[test]
    fn only_regular_files_are_read() {
        let (_dir, files) = folder(&["sub/a"]);
        let fifo = files.root().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        for path in ["fifo", "sub", ".", ""] {
            assert_eq!(files.read(path), Err(FileError::NotAFile), "{path}");
        }
        assert_eq!(files.glob("*").unwrap(), [""; 0]);
        assert!(matches!(files.read("a\0b"), Err(FileError::Failed(_))));
    }

    #[test]
    fn the_limit_holds_to_the_byte() {
        let (_dir, files) = folder(&["a"]);
        let path = files.root().join("a");
        fs::write(&path, vec![b'x'; MAX_BYTES]).unwrap();
        assert_eq!(files.read("a").unwrap().len(), MAX_BYTES);
        fs::write(&path, vec![b'x'; MAX_BYTES + 1]).unwrap();
        assert_eq!(files.read("a"), Err(FileError::TooLarge(MAX_BYTES as u64)));
    }

    #[test]
    fn a_missing_file_gets_the_nearest_name() {
        let (_dir, files) = folder(&["versions.env", "services/billing.yaml"]);
        let near = |path| match files.read(path) {
            Err(FileError::NotFound(near)) => near,
            other => panic!("{other:?}"),
        };
        assert_eq!(near("version.env").as_deref(), Some("versions.env"));
        assert_eq!(near("services/biling.yaml").as_deref(), Some("services/billing.yaml"));
        assert_eq!(near("nothing/like/it"), None);
        assert_eq!(near("versions.env/x"), None);
    }

    #[test]
    fn globs_are_sorted_and_stay_inside() {
        let paths = ["b.yaml", "a.yaml", "a.txt", ".hidden.yaml", "s/c.yaml", "s/t/d.yaml", ".git/e.yaml"];
        let (dir, files) = folder(&paths);
        symlink(dir.path(), files.root().join("up")).unwrap();
        symlink(files.root(), files.root().join("self")).unwrap();
        let cases: [(&str, &[&str]); 8] = [
            ("*.yaml", &["a.yaml", "b.yaml"]),
            ("?.yaml", &["a.yaml", "b.yaml"]),
            ("**/*.yaml", &["a.yaml", "b.yaml", "s/c.yaml", "s/t/d.yaml"]),
            ("s/*.yaml", &["s/c.yaml"]),
            ("*/t/*", &["s/t/d.yaml"]),
            ("s/**", &["s/c.yaml", "s/t/d.yaml"]),
            ("./no/such", &["no/such"]),
            ("no/*", &[]),
        ];
        for (pattern, expected) in cases {
            assert_eq!(files.glob(pattern).unwrap(), expected, "{pattern}");
        }
    }

    #[test]
    fn a_search_is_bounded() {
        let (_dir, files) = folder(&["a"]);
        for i in 0..=MAX_ENTRIES {
            fs::File::create(files.root().join(format!("{i}"))).unwrap();
        }
        assert!(matches!(files.glob("*.yaml"), Err(FileError::Failed(_))));
    }
}
