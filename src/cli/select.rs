//! Which stacks and environments a command is about.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::thread::available_parallelism;

use anyhow::{Context, bail};

use super::args::Global;
use super::console::Console;
use super::discovery::{Discovery, discover};
use super::files::DiskFiles;
use super::record::Recorded;
use super::revision::{Revision, RevisionFiles};
use crate::compile::{Compilation, Project};
use crate::diag::{Diagnostic, Sources, and_list, nearest, on_one_line};
use crate::document::{FileError, Files};
use crate::layout::Form;
use crate::syntax::Node;

/// A stack in reach.
#[derive(Debug)]
pub(super) struct Stack {
    /// What it says.
    pub project: Project,
    /// Its name; that of its folder where it says none.
    pub name: String,
    files: Place,
    /// Its folder, as seen from here; in a revision as git writes it.
    folder: String,
    /// The name of its entry file.
    entry: String,
}

/// Where the files of a stack are.
#[derive(Debug)]
enum Place {
    /// In a folder.
    Disk(Arc<Recorded<DiskFiles>>),
    /// In a revision of its repository.
    Revision(RevisionFiles),
    /// In a folder, some with another text.
    Edited(EditedFiles),
}

/// Files of which some have a text that they have not on disk.
#[derive(Debug)]
struct EditedFiles {
    texts: BTreeMap<String, String>,
    others: Arc<Recorded<DiskFiles>>,
}

impl Files for EditedFiles {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.texts.get(path).map_or_else(|| self.others.read(path), |it| Ok(it.clone().into_bytes()))
    }

    fn glob(&self, pattern: &str) -> Result<Vec<String>, FileError> {
        self.others.glob(pattern)
    }
}

impl Place {
    fn files(&self) -> &dyn Files {
        match self {
            Self::Disk(files) => &**files,
            Self::Revision(files) => files,
            Self::Edited(files) => files,
        }
    }
}

/// The stacks that a command is about.
#[derive(Debug)]
pub(super) struct Selection {
    /// In the order of their folders.
    pub stacks: Vec<Stack>,
    /// Whether output is kept apart by stack.
    pub several: bool,
}

impl Stack {
    fn open(file: &Path) -> anyhow::Result<Self> {
        let shown = file.display();
        let entry = file.file_name().and_then(|it| it.to_str());
        let entry = entry.with_context(|| format!("the name of {shown} is not text"))?.to_owned();
        let folder = file.parent().unwrap_or(Path::new(""));
        let files = DiskFiles::new(folder).with_context(|| format!("cannot read {shown}"))?;
        let files = Recorded::new(files);
        match files.read(&entry) {
            Err(FileError::NotFound(_)) => bail!("cannot read {shown}: there is no such file"),
            Err(FileError::NotAFile) => bail!("cannot read {shown}: it is not a regular file"),
            Err(FileError::Failed(why)) => bail!("cannot read {shown}: {why}"),
            // The rest is said of the stack, as a finding.
            Ok(_) | Err(FileError::Outside | FileError::TooLarge(_)) => {}
        }
        let own = files.files().root().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let folder = folder.to_string_lossy().into_owned();
        Ok(Self::new(Place::Disk(Arc::new(files)), entry, folder, own))
    }

    /// The stack in a folder of a revision; none where it was not there. `own` is its name where it says none.
    ///
    /// # Errors
    /// When the clone lacks it.
    pub(super) fn at(
        revision: &Arc<Revision>,
        folder: &str,
        entry: &str,
        own: &str,
    ) -> anyhow::Result<Option<Self>> {
        let Some(files) = RevisionFiles::open(revision, folder)? else { return Ok(None) };
        if let Err(FileError::NotFound(_)) = files.read(entry) {
            return Ok(None);
        }
        let folder = format!("{}:{}", revision.name(), if folder.is_empty() { "." } else { folder });
        Ok(Some(Self::new(Place::Revision(files), entry.to_owned(), folder, own.to_owned())))
    }

    /// The same stack at a revision of its repository; none where it was not there.
    ///
    /// # Errors
    /// When there is no such revision, or the clone lacks it.
    pub(super) fn base(&self, revision: &Arc<Revision>) -> anyhow::Result<Option<Self>> {
        let Some(root) = self.root() else { return Ok(None) };
        let own = root.file_name().unwrap_or_default().to_string_lossy();
        let base = Self::at(revision, &revision.path(root)?, &self.entry, &own)?;
        Ok(base.map(|mut it| {
            it.project.jobs = self.project.jobs;
            it
        }))
    }

    /// The same stack with other texts of some files, which are not written; none for one that is not on disk.
    pub(super) fn edited(&self, texts: BTreeMap<String, String>) -> Option<Self> {
        let Place::Disk(others) = &self.files else { return None };
        let files = Place::Edited(EditedFiles { texts, others: Arc::clone(others) });
        let mut edited = Self::new(files, self.entry.clone(), self.folder.clone(), self.name.clone());
        edited.project.jobs = self.project.jobs;
        Some(edited)
    }

    fn new(files: Place, entry: String, folder: String, own: String) -> Self {
        let project = Project::open(files.files(), &entry);
        let name = project.name().unwrap_or(own);
        Self { project, name, files, folder, entry }
    }

    /// The entry file, as seen from here.
    pub(super) fn file(&self) -> String {
        Path::new(&self.folder).join(&self.entry).to_string_lossy().into_owned()
    }

    /// Its folder on disk, without symbolic links; none for one of a revision.
    pub(super) fn root(&self) -> Option<&Path> {
        self.disk().map(DiskFiles::root)
    }

    /// Its files on disk; none of one of a revision.
    pub(super) fn disk(&self) -> Option<&DiskFiles> {
        match &self.files {
            Place::Disk(files) => Some(files.files()),
            Place::Revision(_) | Place::Edited(_) => None,
        }
    }

    /// Its folder, as seen from here; empty is this one.
    pub(super) fn folder(&self) -> &Path {
        Path::new(&self.folder)
    }

    /// Whether all that was read of it so far is the same in another: then so is what it compiles to.
    pub(super) fn is_same_in(&self, other: &Self) -> bool {
        match &self.files {
            Place::Disk(files) => files.is_same_in(other.files.files()),
            Place::Revision(_) | Place::Edited(_) => false,
        }
    }

    /// Whether it has an environment of that name.
    pub(super) fn declares(&self, environment: &str) -> bool {
        self.project.environments().iter().any(|it| it == environment)
    }

    /// Its texts, with paths as seen from here.
    pub(super) fn sources(&self) -> Sources {
        self.project.sources.below(&self.folder)
    }

    /// Whether its files could be read without an error.
    pub(super) fn is_sound(&self) -> bool {
        self.project.loaded.is_some() && !self.project.findings.iter().any(Diagnostic::is_error)
    }

    /// Compiles one environment with those of the values that are meant for this stack.
    pub(super) fn compile(&mut self, environment: &str, set: &[(String, String)], form: Form) -> Compilation {
        let names = self.parameters();
        let set: Vec<_> = set.iter().filter(|(name, _)| names.contains(name)).cloned().collect();
        self.project.compile(self.files.files(), environment, &set, form)
    }

    /// What is found in one environment of several, with those of the values that it knows.
    pub(super) fn check(&mut self, environment: &str, flags: &Global) -> Vec<Diagnostic> {
        let set = self.known(environment, &flags.set);
        self.compile(environment, &set, Form::Count).findings
    }

    /// How to give what an environment of many instances needs and nobody gave; empty where it can be compiled.
    pub(super) fn needs(&self, environment: &str, set: &[(String, String)]) -> String {
        let outline = self.project.outline(environment).filter(|it| it.instance.is_some());
        let parameters = outline.map(|it| it.parameters).unwrap_or_default();
        let given = |name: &String| set.iter().any(|(it, _)| it == name);
        let lacking = parameters.iter().filter(|(name, it)| it.is_required() && !given(name));
        lacking.map(|(name, _)| format!("--set {name}=VALUE")).collect::<Vec<_>>().join(" ")
    }

    /// Those of the values that an environment knows: what is given to several is meant for those.
    pub(super) fn known(&self, environment: &str, set: &[(String, String)]) -> Vec<(String, String)> {
        let outline = self.project.outline(environment);
        let known = |name: &String| outline.as_ref().is_none_or(|it| it.parameters.contains_key(name));
        set.iter().filter(|(name, _)| known(name)).cloned().collect()
    }

    /// Why there may be no environments at all: a misspelt section, or a file that is only a part.
    fn misspelt_environments(&self) -> String {
        let root = self.project.loaded.as_ref().and_then(|it| it.root.as_map());
        let keys = || root.into_iter().flatten().map(|(key, _)| &**key);
        match nearest("environments", keys()) {
            Some(near) => format!("; {} has `{near}`, and `environments` is meant", self.file()),
            None if !keys().any(|it| it == "stackgen") => {
                format!(
                    "; {} is a part of a stack: name the file that starts with `stackgen: 1`",
                    self.file()
                )
            }
            None => format!("; {} declares none under `environments`", self.file()),
        }
    }

    /// The names of all parameters that the stack or an environment or overlay of it declares.
    fn parameters(&self) -> Vec<String> {
        let Some(loaded) = &self.project.loaded else { return Vec::new() };
        let environments = loaded.root.get("environments").and_then(Node::as_map).into_iter().flatten();
        let layers = environments.map(|(_, it)| &it.value).chain(loaded.overlays.values());
        let names = |node: &Node| -> Vec<String> {
            let map = node.get("parameters").and_then(Node::as_map).into_iter().flatten();
            map.map(|(name, _)| name.to_string()).collect()
        };
        [&loaded.root].into_iter().chain(layers).flat_map(names).collect()
    }
}

impl Selection {
    /// Opens the stacks that the flags choose.
    ///
    /// # Errors
    /// When there is none, a stack of that name or a parameter of that name does not exist, or a file is missing.
    pub(super) fn open(flags: &Global, console: &Console) -> anyhow::Result<Self> {
        let mut selection = Self::read(discover(Path::new("."), flags.file.as_deref())?, flags)?;
        require_stacks(flags, selection.stacks.iter().map(|it| it.name.as_str()))?;
        selection.choose(flags, console)?;
        Ok(selection)
    }

    /// Opens all stacks that were found.
    ///
    /// # Errors
    /// When a file is missing.
    pub(super) fn read(found: Discovery, flags: &Global) -> anyhow::Result<Self> {
        let Discovery { files, several } = found;
        let jobs = flags.jobs.or_else(|| available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
        let mut stacks = Vec::new();
        for file in &files {
            let mut stack = Stack::open(file)?;
            stack.project.jobs = jobs;
            stacks.push(stack);
        }
        Ok(Self { stacks, several })
    }

    /// Keeps the stacks that the flags name, all where they name none, and gives the others.
    ///
    /// # Errors
    /// When two of them have one name, or the flags name a parameter that none of them has.
    pub(super) fn choose(&mut self, flags: &Global, console: &Console) -> anyhow::Result<Vec<Stack>> {
        let chosen = |it: &Stack| flags.stack.is_empty() || flags.stack.contains(&it.name);
        let (stacks, others) = std::mem::take(&mut self.stacks).into_iter().partition(chosen);
        self.stacks = stacks;
        for (at, stack) in self.stacks.iter().enumerate() {
            if let Some(other) = self.stacks[..at].iter().find(|it| it.name == stack.name) {
                bail!("two stacks are called `{}`: {} and {}", stack.name, other.file(), stack.file());
            }
        }
        self.require_parameters(&flags.set)?;
        // Only now: whoever waits until they can be chosen is not told again and again.
        for stack in &self.stacks {
            console.detail(&format!("reading {}", stack.file()));
        }
        Ok(others)
    }

    /// The files of the stacks, with all that will have been read of them.
    pub(super) fn files(&self) -> Vec<Arc<Recorded<DiskFiles>>> {
        let on_disk = |it: &Stack| match &it.files {
            Place::Disk(files) => Some(Arc::clone(files)),
            Place::Revision(_) | Place::Edited(_) => None,
        };
        self.stacks.iter().filter_map(on_disk).collect()
    }

    /// The findings of reading the files, if they keep the command from knowing the stacks.
    pub(super) fn report_broken(&mut self, console: &mut Console) -> bool {
        let broken = !self.stacks.iter().all(Stack::is_sound);
        if broken {
            for stack in &mut self.stacks {
                let findings = std::mem::take(&mut stack.project.findings);
                console.report(stack.sources(), findings, &[]);
            }
        }
        broken
    }

    /// Makes sure that a stack declares the environment.
    ///
    /// # Errors
    /// When none does; with the nearest name.
    pub(super) fn require(&self, environment: &str) -> anyhow::Result<()> {
        let known: Vec<String> = self.stacks.iter().flat_map(|it| it.project.environments()).collect();
        if known.iter().any(|it| it == environment) {
            return Ok(());
        }
        let what = if self.stacks.len() == 1 {
            "the stack has no environment"
        } else {
            "no stack has an environment"
        };
        if let [stack] = self.stacks.as_slice()
            && known.is_empty()
        {
            bail!("{what} `{environment}`{}", stack.misspelt_environments());
        }
        bail!("{}", unknown(what, environment, known.iter().map(String::as_str)))
    }

    /// The stacks that declare the environment.
    pub(super) fn with(self, environment: &str) -> Vec<Stack> {
        self.stacks.into_iter().filter(|it| it.declares(environment)).collect()
    }

    fn require_parameters(&self, set: &[(String, String)]) -> anyhow::Result<()> {
        // Of a stack that is no more, or cannot be read, nobody knows them.
        if self.stacks.is_empty() || !self.stacks.iter().all(|it| it.project.loaded.is_some()) {
            return Ok(());
        }
        let known: Vec<String> = self.stacks.iter().flat_map(Stack::parameters).collect();
        match set.iter().find(|(name, _)| !known.contains(name)) {
            None => Ok(()),
            Some((name, _)) => {
                let what = "`--set` names no parameter of the stack:";
                bail!("{}", unknown(what, name, known.iter().map(String::as_str)))
            }
        }
    }
}

/// Makes sure that each stack that the flags name is known.
///
/// # Errors
/// When one is not; with the nearest name.
pub(super) fn require_stacks<'a>(
    flags: &Global,
    known: impl Iterator<Item = &'a str> + Clone,
) -> anyhow::Result<()> {
    match flags.stack.iter().find(|name| !known.clone().any(|it| it == name.as_str())) {
        None => Ok(()),
        Some(name) => bail!("{}", unknown("there is no stack", name, known)),
    }
}

/// That a name is unknown, with the nearest that exists, or else all.
pub(super) fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let mut known: Vec<String> = known.map(on_one_line).collect();
    known.sort_unstable();
    known.dedup();
    let name = on_one_line(name);
    match nearest(&name, known.iter().map(String::as_str)) {
        Some(near) => format!("{what} `{name}`; the nearest is `{near}`"),
        None if known.is_empty() => format!("{what} `{name}`; there are none"),
        None => format!("{what} `{name}`; there are {}", and_list(known.iter().map(String::as_str))),
    }
}
