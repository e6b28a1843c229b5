//! The stages in order: from files to the bundle of one environment.

mod line;
mod project;

use std::num::NonZeroUsize;

use crate::compose::Images;
use crate::diag::{Diagnostic, Sink, Sources};
use crate::document::{self, Document, Files, Loaded, Outline};
use crate::k8s::schema::Schemas;
use crate::layout::{self, Form, Laid, gitops};
use crate::model::decode::{Cx, Decode, Place};
use crate::patch::crds;
use crate::patch::manifest::{self, Manifest, Manifests};
use crate::resolve::codes::REMOVED_IN_USE;
use crate::resolve::{Binder, Resolved};
use crate::rule;
use crate::stack::Stack;
use crate::syntax::Node;

/// A stack whose files are read, before any environment is chosen.
#[derive(Debug)]
pub struct Project {
    /// The texts, for reports.
    pub sources: Sources,
    /// The stack as written; none when its entry could not be read.
    pub loaded: Option<Loaded>,
    /// What reading the files found, places already spans.
    pub findings: Vec<Diagnostic>,
    /// How many threads compile; what comes out does not depend on it.
    pub jobs: NonZeroUsize,
}

/// What one environment compiles to.
#[derive(Debug)]
pub struct Compilation {
    /// Everything found, also what the stack accepts; places already spans, `environments` naming this one; not yet
    /// sorted or merged.
    pub findings: Vec<Diagnostic>,
    /// The output in the form that was asked for; none when there are errors.
    pub laid: Option<Laid>,
    /// The composed document; none when the environment does not exist.
    pub document: Option<Document>,
    /// The stack with its names bound; none when there are errors.
    pub resolved: Option<Resolved>,
}

impl Project {
    /// Reads a stack: `entry` is its `stack.yaml`, relative to the stack's folder.
    pub fn open(files: &dyn Files, entry: &str) -> Self {
        let (mut sources, mut sink) = (Sources::default(), Sink::default());
        let loaded = document::load(files, entry, &mut sources, &mut sink);
        let findings = std::mem::take(sink.findings_mut());
        Self { sources, loaded, findings, jobs: NonZeroUsize::MIN }
    }

    /// The stack's name, as written.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        let node = self.loaded.as_ref()?.root.get("stack")?;
        node.as_scalar().map(|it| it.text.to_string())
    }

    /// The names of its environments, in the order written.
    #[must_use]
    pub fn environments(&self) -> Vec<String> {
        let root = self.loaded.as_ref().map(|it| &it.root);
        let map = root.and_then(|it| it.get("environments")).and_then(Node::as_map);
        map.into_iter().flatten().map(|(name, _)| name.to_string()).collect()
    }

    /// What an environment is; none where it does not exist.
    #[must_use]
    pub fn outline(&self, environment: &str) -> Option<Outline> {
        document::outline(self.loaded.as_ref()?, environment)
    }

    /// Compiles one environment to a form of output. `set` are the `--set NAME=VALUE` pairs.
    pub fn compile(
        &mut self,
        files: &dyn Files,
        environment: &str,
        set: &[(String, String)],
        form: Form,
    ) -> Compilation {
        let mut sink = Sink::default();
        let composed = self
            .loaded
            .as_ref()
            .and_then(|it| document::compose(it, environment, set, &self.sources, &mut sink));
        let Some(mut document) = composed else {
            return Compilation {
                findings: taken(sink, None, environment),
                laid: None,
                document: None,
                resolved: None,
            };
        };
        let stack = {
            let cx = Cx::new(&self.sources, &mut sink);
            let key = document.root.span;
            Stack::decode(Place { node: &document.root, key }, &cx)
        };
        let laid = stack.and_then(|stack| self.lay(stack, &mut document, files, form, &mut sink));
        let (laid, resolved) = laid.filter(|_| !sink.has_errors()).unzip();
        let findings = taken(sink, Some(&document), environment);
        Compilation { findings, laid, document: Some(document), resolved }
    }

    /// Resolves, checks and lowers.
    fn lay(
        &mut self,
        stack: Stack,
        document: &mut Document,
        files: &dyn Files,
        form: Form,
        sink: &mut Sink,
    ) -> Option<(Laid, Resolved)> {
        let misshapen = sink.has_errors();
        let resolved = Resolved::new(stack, document, sink);
        let images = resolved.is_compose().then(|| Images::read(&resolved, document, &self.sources));
        // A Compose project has no objects.
        let (schemas, manifests) = if images.is_some() {
            let schemas = Schemas::new(resolved.stack.cluster.kubernetes.minor);
            (schemas, Manifests { all: Vec::new(), complete: true })
        } else {
            let schemas = crds::read(&resolved, document, files, &mut self.sources, sink);
            let manifests = manifest::read(&resolved, &schemas, document, files, &mut self.sources, sink);
            (schemas, manifests)
        };
        let mut binder = Binder::new(&resolved, files, &mut self.sources);
        if misshapen {
            // What can be read is bound all the same, so that one report shows every wrong name.
            for component in resolved.components.values() {
                binder.container(component, sink);
            }
            return None;
        }
        let laid = match &images {
            Some(images) => {
                let project = project::run(&resolved, document, binder, images, sink);
                layout::project(form, resolved.instance(), project)
            }
            None => line::run(&resolved, document, (&manifests, &schemas), binder, form, self.jobs, sink),
        };
        let beside = (form == Form::Tree).then(|| gitops::beside(&resolved, &laid.health)).flatten();
        document.manifests = manifests.all.into_iter().map(Manifest::written).collect();
        document.drop_echoes(sink.findings_mut());
        rule::accept(&resolved.stack.accept, document, sink);
        Some((Laid { beside, ..laid }, resolved))
    }
}

/// The findings with their places as spans.
fn taken(mut sink: Sink, document: Option<&Document>, environment: &str) -> Vec<Diagnostic> {
    sink.join(&REMOVED_IN_USE);
    let mut findings = std::mem::take(sink.findings_mut());
    if let Some(document) = document {
        document.drop_echoes(&mut findings);
    }
    for finding in &mut findings {
        if let Some(document) = document {
            document.concretize(finding);
        }
        finding.environments = vec![environment.to_owned()];
    }
    findings
}
