//! The stages in order: from files to the bundle of one environment.

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, Severity, Sink, Sources};
use crate::document::{self, Document, Files, Loaded, Outline};
use crate::layout::{Folders, Form, Laid, Layout, gitops};
use crate::lower;
use crate::model::decode::{Cx, Decode, Place};
use crate::resolve::codes::REMOVED_IN_USE;
use crate::resolve::{Binder, Resolved};
use crate::rule::{self, Facts};
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
    /// The stack with its names bound, where the objects were asked for ([`Form::Objects`]): what says why there are some.
    pub resolved: Option<Resolved>,
}

impl Project {
    /// Reads a stack: `entry` is its `stack.yaml`, relative to the stack's folder.
    pub fn open(files: &dyn Files, entry: &str) -> Self {
        let (mut sources, mut sink) = (Sources::default(), Sink::default());
        let loaded = document::load(files, entry, &mut sources, &mut sink);
        Self { sources, loaded, findings: std::mem::take(sink.findings_mut()) }
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
        let Some(document) = composed else {
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
        let laid = stack.and_then(|stack| self.lay(stack, &document, files, form, &mut sink));
        let (laid, resolved) = laid.filter(|_| !sink.has_errors()).unzip();
        let resolved = resolved.filter(|_| form == Form::Objects);
        let findings = taken(sink, Some(&document), environment);
        Compilation { findings, laid, document: Some(document), resolved }
    }

    /// Resolves, checks and lowers, component by component: no more than one is held as objects.
    fn lay(
        &mut self,
        stack: Stack,
        document: &Document,
        files: &dyn Files,
        form: Form,
        sink: &mut Sink,
    ) -> Option<(Laid, Resolved)> {
        let misshapen = sink.has_errors();
        let resolved = Resolved::new(stack, document, sink);
        let mut binder = Binder::new(&resolved, files, &mut self.sources);
        if misshapen {
            // What can be read is bound all the same, so that one report shows every wrong name.
            for component in resolved.components.values() {
                binder.container(component, sink);
            }
            return None;
        }
        let laid = components(
            &resolved,
            document,
            &mut binder,
            Layout::new(form, resolved.components.len(), lower::stages(&resolved)),
            sink,
        );
        let beside = (form == Form::Tree).then(|| gitops::beside(&resolved, &laid.health)).flatten();
        document.drop_echoes(sink.findings_mut());
        rule::accept(&resolved.stack.accept, document, sink);
        Some((Laid { beside, ..laid }, resolved))
    }
}

/// Checks and lowers what is resolved, unit by unit.
fn components(
    resolved: &Resolved,
    document: &Document,
    binder: &mut Binder<'_>,
    mut layout: Layout,
    sink: &mut Sink,
) -> Laid {
    let nothing = std::collections::BTreeSet::new();
    let (unseen, mut seen) = (rule::Seen::default(), rule::Seen::default());
    let facts = Facts { resolved, document, used: &nothing, seen: &unseen };
    let waves = lower::Waves::of(resolved);
    let shared = lower::shared(resolved, &waves, &mut |text, at| binder.text(text, at, sink));
    for unit in shared {
        rule::unit(&facts, None, &unit, sink);
        if seen.add(resolved, None, &unit) {
            layout.add_shared(unit);
        }
    }
    let mut folders = Folders::new(resolved);
    for component in resolved.components.values() {
        let before = sink.len();
        let bound = binder.container(component, sink);
        let mut texts = BTreeMap::new();
        binder.scaler(component, sink);
        if let Some(tier) = resolved.tier(component) {
            for credential in tier.credentials() {
                let at = credential.at.iter().fold(component.route().clone(), |at, step| at.join(step));
                binder.secret_key(component, &credential.secret, Some(&credential.key), &at, sink);
            }
            for (at, path) in tier.files() {
                let at = at.steps().fold(component.route().clone(), |route, step| route.join(&step));
                if let Some(text) = binder.file(&path, &at, sink) {
                    texts.insert(path, text);
                }
            }
            tier.check(component.route(), &resolved.stack.cluster, sink);
        }
        // What cannot be accepted cannot be lowered either; the rest may be, once the stack accepts it.
        let fatal = |it: &Diagnostic| it.severity == Severity::Error && !it.code.acceptable();
        if !sink.findings()[before..].iter().any(fatal) {
            rule::component(&facts, component, sink);
            let unit = lower::component(resolved, component, bound, &texts, &waves);
            rule::unit(&facts, Some(component), &unit, sink);
            if seen.add(resolved, Some(component), &unit) {
                let whole = folders.put(component, unit);
                // A job whose container runs in the pods of others has no objects.
                whole.into_iter().filter(|it| !it.is_empty()).for_each(|it| layout.add(it));
            }
        }
    }
    rule::stack(&Facts { used: &binder.used, seen: &seen, ..facts }, sink);
    layout.finish(resolved.instance())
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
