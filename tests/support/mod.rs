//! What several tests need: the program, the shipped stacks, and files that a test compares or rewrites.

pub(crate) mod memory;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The folder of the project.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder of the material that acceptance checks share: below the variable SHARED, or below `../shared`. None, and
/// said so, where nobody gave such a folder; one that is given must be there.
#[track_caller]
pub(crate) fn shared(folder: &str) -> Option<PathBuf> {
    let given = std::env::var_os("SHARED").map(PathBuf::from);
    let found = given.clone().unwrap_or_else(|| project().join("../shared")).join(folder);
    if found.exists() {
        return Some(found);
    }
    assert!(given.is_none(), "there is no {}", found.display());
    // Not by a macro, whose output the test harness keeps to itself.
    let said = format!("skipped: there is no {} (SHARED names the folder above)\n", found.display());
    std::io::stderr().write_all(said.as_bytes()).unwrap();
    None
}

/// Runs the program in the project's folder.
pub(crate) fn stackgen(args: &[&str]) -> Output {
    stackgen_in(project(), args)
}

fn stackgen_in(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stackgen"));
    command.current_dir(folder).env_remove("NO_COLOR").args(args).output().unwrap()
}

/// What the program writes to standard output; it must succeed.
#[track_caller]
pub(crate) fn result(args: &[&str]) -> String {
    result_in(project(), args)
}

#[track_caller]
fn result_in(folder: &Path, args: &[&str]) -> String {
    let output = stackgen_in(folder, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A folder with stacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    /// The shipped stacks.
    Shipped,
    /// The stacks that show each engine of the catalogue in each of its topologies, and every form of storage.
    Engines,
    /// The stack that shows every form of a workload.
    Forms,
}

impl Root {
    pub(crate) const ALL: [Self; 3] = [Self::Shipped, Self::Engines, Self::Forms];

    /// The folder of a stack.
    pub(crate) fn stack(self, stack: &str) -> PathBuf {
        self.folder().join(self.file(stack)).parent().unwrap().to_path_buf()
    }

    fn folder(self) -> PathBuf {
        match self {
            Self::Shipped => project().to_path_buf(),
            Self::Engines => project().join("tests/engines"),
            Self::Forms => project().join("tests/forms"),
        }
    }

    /// The folder of the snapshots of its stacks.
    pub(crate) fn snapshots(self) -> PathBuf {
        match self {
            Self::Shipped => project().join("snapshots/stacks"),
            Self::Engines => project().join("snapshots/engines"),
            Self::Forms => project().join("snapshots/forms"),
        }
    }

    /// Every stack with each of its environments, as the program lists them.
    pub(crate) fn stacks(self) -> Vec<(String, String)> {
        let found = self.targets(&["kubernetes", "compose"]);
        let entries = fs::read_dir(self.folder().join("stacks")).unwrap().count();
        assert!(entries > 0 && found.len() >= entries, "{entries} stacks, listed: {found:?}");
        found
    }

    /// Those that compile to Kubernetes.
    pub(crate) fn clusters(self) -> Vec<(String, String)> {
        self.targets(&["kubernetes"])
    }

    /// Those that compile to a Compose project.
    pub(crate) fn projects(self) -> Vec<(String, String)> {
        self.targets(&["compose"])
    }

    fn targets(self, targets: &[&str]) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for stack in self.list() {
            let name = stack["stack"].as_str().unwrap();
            for environment in stack["environments"].as_array().unwrap() {
                if targets.contains(&environment["target"].as_str().unwrap()) {
                    found.push((name.to_owned(), environment["name"].as_str().unwrap().to_owned()));
                }
            }
        }
        found
    }

    /// The effective stack of an environment.
    #[track_caller]
    pub(crate) fn resolved(self, stack: &str, environment: &str) -> String {
        let (set, _) = self.call(stack, environment);
        let mut arguments = vec!["resolve", environment, "-f", self.file(stack)];
        arguments.extend(set.iter().map(String::as_str));
        result_in(&self.folder(), &arguments)
    }

    /// What the program says of each stack. It is asked once.
    fn list(self) -> &'static [serde_json::Value] {
        static LISTS: [OnceLock<Vec<serde_json::Value>>; 3] = [const { OnceLock::new() }; 3];
        let list = || serde_json::from_str(&result_in(&self.folder(), &["list", "--json"])).unwrap();
        LISTS[self as usize].get_or_init(list)
    }

    /// A stack's entry file. A call that names it reads no other stack.
    fn file(self, stack: &str) -> &'static str {
        let of = self.list().iter().find(|it| it["stack"] == stack).unwrap();
        of["file"].as_str().unwrap()
    }

    /// What a call has to give for an environment, and the name of its tree's folder.
    fn call(self, stack: &str, environment: &str) -> (Vec<String>, String) {
        let of = self.list().iter().find(|it| it["stack"] == stack).unwrap();
        let all = of["environments"].as_array().unwrap();
        let found = all.iter().find(|it| it["name"] == environment).unwrap();
        let mut folder = found["instance"].as_str().unwrap_or(environment).replace("${env}", environment);
        let mut set = Vec::new();
        for parameter in found["required"].as_array().unwrap() {
            let name = parameter["name"].as_str().unwrap();
            let value = parameter["minimum"].as_i64().unwrap_or(1).to_string();
            folder = folder.replace(&format!("${{parameters.{name}}}"), &value);
            set.extend(["--set".to_owned(), format!("{name}={value}")]);
        }
        (set, folder)
    }

    /// Renders an environment below `out` and gives the tree's folder.
    #[track_caller]
    pub(crate) fn render(self, stack: &str, environment: &str, out: &Path) -> PathBuf {
        let (set, folder) = self.call(stack, environment);
        let out = out.join(stack);
        let mut arguments = vec!["render", environment, "-f", self.file(stack), "-o", out.to_str().unwrap()];
        arguments.extend(set.iter().map(String::as_str));
        result_in(&self.folder(), &arguments);
        out.join(folder)
    }

    /// Who may reach whom in an environment, as JSON.
    #[track_caller]
    pub(crate) fn graph(self, stack: &str, environment: &str) -> String {
        self.printed(&["graph", environment, "-f", self.file(stack), "--format", "json"], stack, environment)
    }

    /// The stack as an environment sees it.
    #[track_caller]
    pub(crate) fn resolve(self, stack: &str, environment: &str) -> String {
        self.printed(&["resolve", environment, "-f", self.file(stack)], stack, environment)
    }

    /// The stream of an environment.
    #[track_caller]
    pub(crate) fn stream(self, stack: &str, environment: &str) -> String {
        self.printed(&["render", environment, "-f", self.file(stack)], stack, environment)
    }

    /// What a command prints, called with what the environment needs.
    #[track_caller]
    fn printed(self, arguments: &[&str], stack: &str, environment: &str) -> String {
        let (set, _) = self.call(stack, environment);
        let set: Vec<&str> = set.iter().map(String::as_str).collect();
        result_in(&self.folder(), &[arguments, &set].concat())
    }
}

/// All files below a folder, by path with `/`; none when there is no such folder.
pub(crate) fn files(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

/// Compares a file of the project with what it should be; rewrites it where `variable` is set.
#[track_caller]
pub(crate) fn up_to_date(path: &str, expected: &str, variable: &str) {
    let file = project().join(path);
    if std::env::var_os(variable).is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, expected).unwrap();
        return;
    }
    let found = fs::read_to_string(file).unwrap_or_default();
    if let Some(difference) = first_difference(&found, expected) {
        panic!("{path} is not up to date ({variable}=1 rewrites it): {difference}");
    }
}

/// The first line in which two texts differ.
pub(crate) fn first_difference(old: &str, new: &str) -> Option<String> {
    if old == new {
        return None;
    }
    let (mut olds, mut news) = (old.split('\n'), new.split('\n'));
    for number in 1.. {
        match (olds.next(), news.next()) {
            (None, None) => break,
            (old, new) if old == new => {}
            (old, new) => {
                let shown = |line: Option<&str>| line.map_or("the end".to_owned(), |it| format!("{it:?}"));
                return Some(format!("line {number}: was {}, is {}", shown(old), shown(new)));
            }
        }
    }
    None
}
