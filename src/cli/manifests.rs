//! `stackgen check --manifests`: objects of files, without a stack.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::console::Console;
use super::files::DiskFiles;
use crate::diag::{At, FileId, Sink, Sources};
use crate::document::{FileError, Files, read_text};
use crate::k8s::schema::{Minor, Schemas};
use crate::patch::manifest;
use crate::rule;
use crate::syntax::parse::MAX_BYTES;

/// What is read of a folder.
const PATTERNS: [&str; 3] = ["**/*.yaml", "**/*.yml", "**/*.json"];
/// The file that Kustomize reads: what it makes of it is not known here.
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The file of a chart: what Helm makes of the folder is not known here, but for its definitions.
const CHART: &str = "Chart.yaml";
const DEFINITIONS: &str = "crds/";

/// What was read.
#[derive(Debug, Default)]
struct Given {
    /// By path as the arguments have it.
    files: BTreeMap<String, Result<Vec<u8>, FileError>>,
    /// Where they are: a file that is named twice is read once.
    places: BTreeSet<PathBuf>,
    /// The folders among the arguments.
    folders: Vec<String>,
    /// The files that were found in them, and that no argument names.
    found: BTreeSet<String>,
}

impl Files for Given {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.files.get(path).cloned().unwrap_or(Err(FileError::NotFound(None)))
    }

    fn glob(&self, pattern: &str) -> Result<Vec<String>, FileError> {
        Ok(vec![pattern.to_owned()])
    }
}

pub(super) fn run(paths: &[String], kubernetes: Option<Minor>, console: &mut Console) -> anyhow::Result<()> {
    let mut given = Given::default();
    for path in paths {
        given.take(path, console)?;
    }
    let (mut sources, mut sink) = (Sources::default(), Sink::default());
    let read = |path: &String| read_text(&given, path, At::Nowhere, &mut sources, &mut sink);
    let mut files: Vec<FileId> = given.files.keys().filter_map(read).collect();
    files.retain(|it| {
        let path = sources.path(*it);
        let left = given.found.contains(path) && manifest::is_of_others(&sources, *it);
        if left {
            console.note(&format!("not checked: {path}: it holds no object of Kubernetes"));
        }
        !left
    });
    let manifests = manifest::written(&sources, &files, Schemas::without_stack(kubernetes), &mut sink);
    rule::written(&manifests, &mut sink);
    let is_bare = manifests.is_empty() && !sink.has_errors();
    console.report(sources, std::mem::take(sink.findings_mut()), &[]);
    if is_bare && !given.folders.is_empty() {
        bail!("no object of Kubernetes in {}", given.folders.join(", "));
    }
    if console.is_clean() && console.is_human() {
        let noun = if manifests.len() == 1 { "object" } else { "objects" };
        console.note(&format!("{} {noun} checked: nothing found", manifests.len()));
    }
    Ok(())
}

impl Given {
    /// Reads what an argument names: a file, the files of a folder, or standard input.
    fn take(&mut self, path: &str, console: &Console) -> anyhow::Result<()> {
        if path == "-" {
            let mut bytes = Vec::new();
            io::stdin()
                .take(MAX_BYTES as u64 + 1)
                .read_to_end(&mut bytes)
                .context("cannot read standard input")?;
            return self.add(
                path,
                if bytes.len() > MAX_BYTES { Err(FileError::TooLarge(MAX_BYTES as u64)) } else { Ok(bytes) },
            );
        }
        let real = Path::new(path).canonicalize().with_context(|| format!("cannot read {path}"))?;
        if !real.is_dir() {
            if !self.places.insert(real.clone()) {
                self.found.remove(path);
                return Ok(());
            }
            let name = real.file_name().and_then(|it| it.to_str());
            let name = name.with_context(|| format!("the name of {path} is not text"))?;
            let files = DiskFiles::new(real.parent().unwrap_or(Path::new("/")))?;
            return self.add(path, files.read(name));
        }
        let files = DiskFiles::new(&real)?;
        let mut names = Vec::new();
        for pattern in PATTERNS {
            match files.glob(pattern) {
                Ok(found) => names.extend(found),
                Err(FileError::Failed(why)) => bail!("cannot read {path}: {why}"),
                Err(other) => bail!("cannot read {path}: {other:?}"),
            }
        }
        if names.is_empty() {
            bail!("{path} holds no file of objects: `.yaml`, `.yml` or `.json`");
        }
        names.sort_unstable();
        let below = |name: &str| format!("{}/{name}", path.trim_end_matches('/'));
        let charts: Vec<&str> = names.iter().filter_map(|it| it.strip_suffix(CHART)).collect();
        let charts: Vec<&str> = charts.into_iter().filter(|it| it.is_empty() || it.ends_with('/')).collect();
        let outer = |it: &&&str| !charts.iter().any(|of| it.len() > of.len() && it.starts_with(of));
        for chart in charts.iter().filter(outer) {
            let shown = below(chart);
            let shown = shown.trim_end_matches('/');
            console.note(&format!("not checked: {shown}: what Helm makes of the chart is checked by `helm template {shown} | stackgen check --manifests -`"));
        }
        let is_of_chart = |name: &str| {
            let inside = charts.iter().filter_map(|it| name.strip_prefix(it));
            inside.into_iter().any(|it| !it.starts_with(DEFINITIONS))
        };
        for name in names.iter().filter(|it| !is_of_chart(it)) {
            let shown = below(name);
            if KUSTOMIZATIONS.contains(&name.rsplit('/').next().unwrap_or_default()) {
                console.note(&format!("not checked: {shown}: what Kustomize makes of it is checked by `kubectl kustomize DIR | stackgen check --manifests -`"));
                continue;
            }
            let held = files.read(name);
            if held == Err(FileError::Outside) {
                console.note(&format!("not checked: {shown}: the link leads out of the folder"));
                continue;
            }
            // What cannot be resolved could not be read, either.
            if real.join(name).canonicalize().map_or(true, |it| self.places.insert(it)) {
                self.add(&shown, held)?;
                self.found.insert(shown);
            }
        }
        self.folders.push(path.to_owned());
        Ok(())
    }

    /// Notes what a file holds. Too much is a finding; what cannot be read at all is not.
    fn add(&mut self, path: &str, read: Result<Vec<u8>, FileError>) -> anyhow::Result<()> {
        match &read {
            Err(FileError::NotFound(_)) => bail!("cannot read {path}: there is no such file"),
            Err(FileError::NotAFile) => bail!("cannot read {path}: it is not a regular file"),
            Err(FileError::Outside) => bail!("cannot read {path}: the link leads out of the folder"),
            Err(FileError::Failed(why)) => bail!("cannot read {path}: {why}"),
            Ok(_) | Err(FileError::TooLarge(_)) => {}
        }
        if !read.as_ref().is_ok_and(|it| is_blank(it)) {
            self.files.insert(path.to_owned(), read);
        }
        Ok(())
    }
}

/// Whether there is nothing but comments and marks of documents: no object, and no mistake.
fn is_blank(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|it| *it == b'\n').map(<[u8]>::trim_ascii);
    lines.all(|it| it.is_empty() || it == b"---" || it.starts_with(b"#"))
}
