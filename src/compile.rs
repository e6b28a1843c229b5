//! The stages in order: from files to the bundle of one environment.

use crate::bundle::Bundle;
use crate::diag::{Diagnostic, Sink, Sources};
use crate::document::{self, Document, Files, Loaded};
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
    /// Everything found, places already spans, `environments` naming this one; not yet sorted or merged.
    pub findings: Vec<Diagnostic>,
    /// The tree; none when there are errors.
    pub bundle: Option<Bundle>,
    /// The same objects as one stream of documents; none when there are errors.
    pub stream: Option<String>,
    /// The composed document; none when the environment does not exist.
    pub document: Option<Document>,
    /// How many objects the tree has.
    pub objects: usize,
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

    /// Compiles one environment. `set` are the `--set NAME=VALUE` pairs.
    pub fn compile(
        &mut self,
        _files: &dyn Files,
        environment: &str,
        set: &[(String, String)],
    ) -> Compilation {
        let mut sink = Sink::default();
        let document = self
            .loaded
            .as_ref()
            .and_then(|it| document::compose(it, environment, set, &self.sources, &mut sink));
        Compilation {
            findings: std::mem::take(sink.findings_mut()),
            bundle: None,
            stream: None,
            document,
            objects: 0,
        }
    }
}
