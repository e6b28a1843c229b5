//! `stackgen ci`: the workflow that builds the images of a stack, renders it and commits the trees.

mod github;

use std::path::Path;

use anyhow::bail;

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
    if args.environments.is_empty() {
        // What is rendered for one of many is not what a push to the branch deploys.
        let one = |it: &String| stack.project.outline(it).is_none_or(|it| it.instance.is_none());
        environments.retain(one);
    } else {
        environments.clone_from(&args.environments);
    }
    if environments.is_empty() {
        bail!("{} has no environment", stack.file());
    }
    let mut findings = std::mem::take(&mut stack.project.findings);
    let mut compilations = Vec::with_capacity(environments.len());
    for environment in &environments {
        let mut compilation = stack.compile(environment, &flags.set, Form::Count);
        findings.append(&mut compilation.findings);
        compilations.push(compilation);
    }
    console.report(stack.sources(), findings, &environments);
    if console.has_errors() {
        return Ok(());
    }
    let mut jobs: Vec<Job> = Vec::new();
    for (environment, compilation) in environments.iter().zip(&compilations) {
        where_it_is_read(compilation, &args.tree.join(environment))?;
        for job in images(stack, compilation) {
            match jobs.iter().find(|it| it.service == job.service) {
                None => jobs.push(job),
                Some(known) if github::service(known) == github::service(&job) => {}
                Some(_) => bail!(
                    "`{}` is built in one way for {environment}, in another for an environment before it: \
                     name environments that agree, and write a workflow for each group",
                    job.service
                ),
            }
        }
    }
    if jobs.is_empty() {
        bail!(
            "no service of {} says how its image is built: give it `build: {{ dockerfile: … }}`",
            stack.file()
        );
    }
    let deploy = Deploy { file: stack.file(), versions: versions(stack), environments: &environments };
    console.result(&github::workflow(&jobs, &deploy, args)?)
}

/// Refuses to write a tree where the tool that applies it does not look.
fn where_it_is_read(compilation: &Compilation, tree: &Path) -> anyhow::Result<()> {
    let gitops = compilation.document.as_ref().and_then(|it| it.root.get("gitops")?.as_map());
    let path = gitops.and_then(|it| it.values().next()?.value.get("path")?.as_scalar());
    let Some(path) = path else { return Ok(()) };
    let read = Path::new(&*path.text);
    if read != tree {
        let folder = read.parent().filter(|it| tree.file_name() == read.file_name() && *it != Path::new(""));
        let remedy = match folder {
            Some(folder) => format!("say `--tree {}`", folder.display()),
            None => format!("make the path `{}`", tree.display()),
        };
        bail!(
            "the tree would be written to {}, and `gitops` reads {}: {remedy}",
            tree.display(),
            read.display()
        );
    }
    Ok(())
}

/// The images that the services of an environment are built as.
fn images(stack: &Stack, compilation: &Compilation) -> Vec<Job> {
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
