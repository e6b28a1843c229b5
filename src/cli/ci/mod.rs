//! `stackgen ci`: the workflow that builds the images of a stack, renders it and commits the trees.

mod github;

use anyhow::{Context, bail};

use super::args::{Ci, Global};
use super::console::Console;
use super::select::{Selection, Stack};
use crate::compile::Compilation;
use crate::diag::Sink;
use crate::layout::Form;
use crate::model::decode::{Cx, Decode, Place};
use crate::model::{Build, Service};

/// An image that a workflow builds.
struct Job {
    service: String,
    /// Registry and repository.
    image: String,
    build: Build,
}

/// What a workflow does besides building.
struct Deploy<'a> {
    /// The stack's file, as seen from the root of the repository.
    file: String,
    /// The versions file, as seen from there.
    versions: Option<String>,
    environments: &'a [String],
}

pub(super) fn run(args: &Ci, flags: &Global, console: &mut Console) -> anyhow::Result<()> {
    let mut selection = Selection::open(flags, console)?;
    if selection.report_broken(console) {
        return Ok(());
    }
    let [stack] = selection.stacks.as_mut_slice() else {
        bail!("a workflow is of one stack: choose it by --stack");
    };
    let mut environments = stack.project.environments();
    if let Some(unknown) = args.environments.iter().find(|it| !environments.contains(it)) {
        bail!("{} has no environment `{unknown}`", stack.file());
    }
    if !args.environments.is_empty() {
        environments.clone_from(&args.environments);
    }
    let first = environments.first().with_context(|| format!("{} has no environment", stack.file()))?;
    let mut compilation = stack.compile(first, &flags.set, Form::Count);
    let mut findings = std::mem::take(&mut stack.project.findings);
    findings.append(&mut compilation.findings);
    console.report(stack, findings, std::slice::from_ref(first));
    if console.has_errors() {
        return Ok(());
    }
    let jobs = jobs(stack, &compilation);
    if jobs.is_empty() {
        bail!(
            "no service of {} says how its image is built: give it `build: {{ dockerfile: … }}`",
            stack.file()
        );
    }
    let deploy = Deploy { file: stack.file(), versions: versions(stack), environments: &environments };
    console.result(&github::workflow(&jobs, &deploy, args)?)
}

/// The images that the services of an environment are built as.
fn jobs(stack: &Stack, compilation: &Compilation) -> Vec<Job> {
    let services = compilation.document.as_ref().and_then(|it| it.root.get("services")?.as_map());
    // What is wrong is reported already.
    let mut sink = Sink::default();
    let cx = Cx::new(&stack.project.sources, &mut sink);
    let decoded = services.into_iter().flatten().filter_map(|(name, entry)| {
        let service = Service::decode(Place { node: &entry.value, key: entry.key }, &cx)?;
        let image = service.container.image.repository().to_owned();
        service.fields.build.map(|build| Job { service: name.to_string(), image, build: *build })
    });
    decoded.collect()
}

/// The versions file, as seen from here.
fn versions(stack: &Stack) -> Option<String> {
    let root = &stack.project.loaded.as_ref()?.root;
    let path = &root.get("versions")?.as_scalar()?.text;
    Some(std::path::Path::new(&stack.file()).with_file_name(&**path).to_string_lossy().into_owned())
}
