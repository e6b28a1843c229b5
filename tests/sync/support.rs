//! A folder to write to, and what to say about it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use stackgen::bundle::{Bundle, File};
use stackgen::sync::{Options, Plan, Record, Refusal, Summary, apply, plan};
use tempfile::TempDir;

pub(crate) const GENTLE: Options<'static> = Options { force: false, generator: "0.0.0-test" };
pub(crate) const FORCED: Options<'static> = Options { force: true, ..GENTLE };

/// A bundle of plain files.
pub(crate) fn bundle(files: &[(&str, &str)]) -> Bundle {
    let mut bundle = Bundle::default();
    for (path, text) in files {
        bundle.insert(*path, File { text: (*text).to_owned(), ..File::default() });
    }
    bundle
}

/// `DIR` with an environment `prod`.
pub(crate) struct Fixture {
    pub(crate) dir: TempDir,
    pub(crate) root: PathBuf,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("prod");
        Self { dir, root }
    }

    /// With the files already written.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let fixture = Self::new();
        fixture.apply(files, GENTLE).unwrap();
        fixture
    }

    pub(crate) fn plan(&self, files: &[(&str, &str)]) -> Plan {
        plan(&self.root, &bundle(files)).unwrap()
    }

    pub(crate) fn apply(&self, files: &[(&str, &str)], options: Options<'_>) -> anyhow::Result<Summary> {
        let bundle = bundle(files);
        apply(&self.root, &bundle, &plan(&self.root, &bundle)?, options)
    }

    pub(crate) fn refusal(&self, files: &[(&str, &str)]) -> Refusal {
        let before = picture(self.dir.path());
        let error = self.apply(files, GENTLE).unwrap_err();
        assert_eq!(picture(self.dir.path()), before, "a refused write touched something");
        error.downcast().unwrap()
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub(crate) fn put(&self, path: &str, text: &str) {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs::write(self.at(path), text).unwrap();
    }

    pub(crate) fn text(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap()
    }

    /// That the folder is exactly these files (and the ownership file), and that nothing is beside it.
    pub(crate) fn assert_is(&self, files: &[(&str, &str)]) {
        assert!(self.plan(files).is_clean(), "{:?}", self.plan(files));
        let mut expected: Vec<&str> = files.iter().map(|(path, _)| *path).chain([".stackgen.json"]).collect();
        expected.sort_unstable();
        let mut found: Vec<String> = picture(&self.root)
            .into_keys()
            .filter(|it| self.at(it).symlink_metadata().unwrap().is_file())
            .collect();
        found.sort_unstable();
        assert_eq!(found, expected);
        self.assert_alone();
    }

    pub(crate) fn assert_alone(&self) {
        let beside: Vec<_> = self.dir.path().read_dir().unwrap().map(|it| it.unwrap().file_name()).collect();
        assert_eq!(beside, ["prod"]);
    }
}

/// A plan of a folder whose ownership file is right.
pub(crate) fn current() -> Plan {
    Plan { record: Record::Current, ..Plan::default() }
}

pub(crate) fn strings(paths: &[&str]) -> Vec<String> {
    paths.iter().map(|it| (*it).to_owned()).collect()
}

/// Everything that can be seen of a folder: each path's inode, mode, owner, size, time of change and content.
pub(crate) fn picture(folder: &Path) -> BTreeMap<String, String> {
    let mut seen = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(here) = open.pop() {
        for entry in here.read_dir().unwrap() {
            let path = entry.unwrap().path();
            let it = path.symlink_metadata().unwrap();
            let content = match it.file_type() {
                kind if kind.is_file() => format!("{:?}", fs::read(&path).unwrap()),
                kind if kind.is_symlink() => format!("-> {}", path.read_link().unwrap().display()),
                _ => String::new(),
            };
            let line = format!(
                "{} {:o} {}:{} {}.{} {content}",
                it.ino(),
                it.mode(),
                it.uid(),
                it.gid(),
                it.mtime(),
                it.mtime_nsec()
            );
            seen.insert(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned(), line);
            if it.is_dir() {
                open.push(path);
            }
        }
    }
    seen
}

/// A small filesystem of its own, where this process may mount one.
pub(crate) struct Mount {
    pub(crate) dir: TempDir,
    pub(crate) path: PathBuf,
}

impl Mount {
    pub(crate) fn new(test: &str, size: &str) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mnt");
        fs::create_dir(&path).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "none"]).arg(&path);
        if mount.output().is_ok_and(|it| it.status.success()) {
            return Some(Self { dir, path });
        }
        println!("{test} skipped: this user may not mount a filesystem");
        None
    }

    /// From now on nobody can write to it.
    pub(crate) fn make_read_only(&self) {
        let status = Command::new("mount").args(["-o", "remount,ro"]).arg(&self.path).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.path).status();
    }
}
