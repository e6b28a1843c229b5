//! The comparison in full: the plan and what the writer needs beyond it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::fault::{Doing, Fault};
use super::ownership::{self, OWNERSHIP_FILE, Owned};
use super::path;
use super::place::Place;
use super::plan::{Plan, Record};
use super::tree::{Entry, Kind, Tree, read_file};
use crate::bundle::{Bundle, File};

/// The mode of a file that everybody may read, whatever else it allows.
pub(super) const READABLE: u32 = 0o444;
/// The mode of a folder that everybody gets through, whatever else it allows.
pub(super) const PASSABLE: u32 = 0o555;

/// A folder compared with a bundle.
#[derive(Debug)]
pub(super) struct Survey {
    /// What to do.
    pub plan: Plan,
    /// What is there.
    pub tree: Tree,
    /// Whatever stays as it is, and is no folder: unchanged files and strangers.
    pub carried: BTreeSet<PathBuf>,
    /// The folders of the new tree, parents first, without the environment's own.
    pub folders: BTreeSet<PathBuf>,
}

impl Survey {
    /// Reads the folder and compares it.
    pub(super) fn new(place: &Place, bundle: &Bundle) -> anyhow::Result<Self> {
        path::check_paths(bundle)?;
        let tree = Tree::read(&place.root)?;
        let recorded = ownership::read(place, &tree)?;
        let record = match &recorded {
            None => Record::Missing,
            Some(owned) if *owned == ownership::of(bundle) => Record::Current,
            Some(_) => Record::Outdated,
        };
        let owned = recorded.unwrap_or_default();
        let (plan, carried) = Comparison { place, bundle, tree: &tree, owned: &owned }.run(record)?;
        let folders = folders(bundle, &tree, &owned, &carried);
        Ok(Self { plan, tree, carried, folders })
    }
}

struct Comparison<'a> {
    place: &'a Place,
    bundle: &'a Bundle,
    tree: &'a Tree,
    owned: &'a Owned,
}

/// What becomes of a path; one for each list of a [`Plan`].
enum Fate {
    Created,
    Changed,
    Unchanged,
    Removed,
    Edited,
    Foreign,
    Stranger,
}

impl Comparison<'_> {
    fn run(&self, record: Record) -> Result<(Plan, BTreeSet<PathBuf>), Fault> {
        let mut plan = Plan { record, ..Plan::default() };
        let mut carried = BTreeSet::new();
        let mut sort = |path: &Path, fate: Fate| {
            if matches!(fate, Fate::Unchanged | Fate::Stranger) {
                carried.insert(path.to_path_buf());
            }
            plan.list(&fate).push(path.to_string_lossy().into_owned());
        };
        for (path, file) in self.bundle.iter() {
            sort(Path::new(path), self.of_wanted(path, file)?);
        }
        let needed: BTreeSet<&str> = self.bundle.iter().flat_map(|(path, _)| path::folders(path)).collect();
        for (path, entry) in &self.tree.entries {
            let ours = path.as_path() == Path::new(OWNERSHIP_FILE) || wants(self.bundle, path);
            if entry.kind != Kind::Folder && !ours {
                let in_the_way =
                    path.to_str().is_some_and(|it| needed.contains(it)) || is_below(self.bundle, path);
                sort(path, self.of_other(path, entry, in_the_way)?);
            }
        }
        plan.sort();
        Ok((plan, carried))
    }

    /// What becomes of a file of the bundle.
    fn of_wanted(&self, path: &str, file: &File) -> Result<Fate, Fault> {
        let recorded = self.owned.get(path);
        let conflict = if recorded.is_some() { Fate::Edited } else { Fate::Foreign };
        let Some(entry) = self.tree.entries.get(Path::new(path)) else { return Ok(Fate::Created) };
        match entry.kind {
            // What a folder holds is judged on its own.
            Kind::Folder => return Ok(Fate::Created),
            Kind::Symlink | Kind::Special => return Ok(conflict),
            Kind::File => {}
        }
        let same_size = usize::try_from(entry.size()) == Ok(file.text.len());
        if recorded.is_none() && !same_size {
            return Ok(Fate::Foreign);
        }
        let content = self.read(Path::new(path))?;
        Ok(match recorded {
            _ if content == file.text.as_bytes() => {
                if file.public && !self.is_open(path, entry) {
                    Fate::Changed
                } else {
                    Fate::Unchanged
                }
            }
            Some(it) if it.sha256 == ownership::sha256(&content) => Fate::Changed,
            _ => conflict,
        })
    }

    /// What becomes of something that is no file of the bundle.
    fn of_other(&self, path: &Path, entry: &Entry, in_the_way: bool) -> Result<Fate, Fault> {
        let Some(recorded) = path.to_str().and_then(|it| self.owned.get(it)) else {
            return Ok(if in_the_way { Fate::Foreign } else { Fate::Stranger });
        };
        let intact = entry.kind == Kind::File && recorded.sha256 == ownership::sha256(&self.read(path)?);
        Ok(if intact { Fate::Removed } else { Fate::Edited })
    }

    /// Whether everybody reads a file, and gets to it from the environment's folder.
    fn is_open(&self, path: &str, entry: &Entry) -> bool {
        let mut folders = path::folders(path).filter_map(|it| self.tree.entries.get(Path::new(it)));
        entry.allows(READABLE) && folders.all(|it| it.allows(PASSABLE))
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, Fault> {
        let path = self.place.root.join(path);
        read_file(&path).doing("read", &path)
    }
}

impl Plan {
    fn list(&mut self, fate: &Fate) -> &mut Vec<String> {
        match fate {
            Fate::Created => &mut self.created,
            Fate::Changed => &mut self.changed,
            Fate::Unchanged => &mut self.unchanged,
            Fate::Removed => &mut self.removed,
            Fate::Edited => &mut self.edited,
            Fate::Foreign => &mut self.foreign,
            Fate::Stranger => &mut self.strangers,
        }
    }

    /// The bundle is in the order of strings, the tree in that of components.
    fn sort(&mut self) {
        for list in [&mut self.removed, &mut self.edited, &mut self.foreign, &mut self.strangers] {
            list.sort();
        }
    }
}

/// The folders of the new tree. Folders that lose their last file go; those that were empty before stay, unless the
/// record says that they once held owned files.
fn folders(bundle: &Bundle, tree: &Tree, owned: &Owned, carried: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
    let empty = tree.entries.keys().filter(|path| {
        tree.is_empty_folder(path)
            && !wants(bundle, path)
            && !is_below(bundle, path)
            && !held_owned(owned, path)
    });
    let empty: BTreeSet<&Path> = empty.map(PathBuf::as_path).collect();
    let files = bundle.iter().map(|(path, _)| Path::new(path)).chain(carried.iter().map(PathBuf::as_path));
    let above = files.chain(empty.iter().copied()).flat_map(|it| it.ancestors().skip(1));
    above.filter(|it| *it != Path::new("")).chain(empty.iter().copied()).map(Path::to_path_buf).collect()
}

/// Whether the bundle has a file at this path.
fn wants(bundle: &Bundle, path: &Path) -> bool {
    path.to_str().is_some_and(|it| bundle.get(it).is_some())
}

/// Whether the bundle has a file where this path needs a folder.
fn is_below(bundle: &Bundle, path: &Path) -> bool {
    path.ancestors().skip(1).any(|it| wants(bundle, it))
}

fn held_owned(owned: &Owned, folder: &Path) -> bool {
    folder.to_str().is_some_and(|folder| {
        let prefix = format!("{folder}/");
        owned.range(prefix.clone()..).next().is_some_and(|(it, _)| it.starts_with(&prefix))
    })
}
