//! What `diff` costs beside a render: of a stack with one edit, with the tree on disk, and with the stack before.

use std::collections::BTreeMap;
use std::hint::black_box;

use stackgen::bundle::Bundle;
use stackgen::compile::Project;
use stackgen::diff::{Cache, Item, Look, Question, Side, diff, human, tree};
use stackgen::document::Document;
use stackgen::layout::{Form, Laid, Output};
use stackgen::resolve::Resolved;
use stackgen::sync;

use super::ratios::{millis, turns};
use super::stack::{ENVIRONMENT, Stack};

const SIZES: [usize; 3] = [12, 100, 1000];

/// A stack before and after an edit, and the tree of the one before, on disk.
struct Edit {
    before: Stack,
    after: Stack,
    dir: tempfile::TempDir,
}

impl Edit {
    fn new(count: usize) -> Self {
        let (before, after) = (Stack::generate(count), Stack::generate(count).edited(count));
        let dir = tempfile::tempdir().expect("there is room for temporary files");
        let root = dir.path().join(ENVIRONMENT);
        let Compiled { bundle, .. } = compile(&before, Form::Tree);
        let plan = sync::plan(&root, &bundle).expect("nothing else is in the folder");
        let options = sync::Options { force: false, generator: "bench" };
        sync::apply(&root, &bundle, &plan, options).expect("nothing else is in the folder");
        Self { before, after, dir }
    }

    fn render(&self) {
        drop(black_box(compile(&self.after, Form::Tree)));
    }

    fn with_tree(&self) {
        let root = self.dir.path().join(ENVIRONMENT);
        report(&self.after, |cache| {
            let files = sync::owned(&root).expect("the tree is there").expect("stackgen wrote it");
            (tree("out", &files, cache).expect("stackgen wrote it"), None)
        });
    }

    fn with_base(&self) {
        report(&self.after, |cache| {
            let compiled = compile(&self.before, Form::Tree);
            let items = tree("base", &texts(&compiled.bundle), cache).expect("stackgen wrote it");
            (items, Some(compiled))
        });
    }
}

/// Prints the ratios.
pub(crate) fn print() {
    println!(
        "\n{:>8} {:>12} {:>12} {:>8} {:>12} {:>8}",
        "services", "render ms", "tree ms", "ratio", "base ms", "ratio"
    );
    for count in SIZES {
        let edit = Edit::new(count);
        let [render, tree, base] =
            turns([&mut || edit.render(), &mut || edit.with_tree(), &mut || edit.with_base()]);
        println!(
            "{count:>8} {:>12.2} {:>12.2} {:>8.2} {:>12.2} {:>8.2}",
            millis(render),
            millis(tree),
            tree.as_secs_f64() / render.as_secs_f64(),
            millis(base),
            base.as_secs_f64() / render.as_secs_f64(),
        );
    }
}

/// A render alone; what prepares it is as for the others.
pub(crate) fn render_once(count: usize) {
    Edit::new(count).render();
}

/// A comparison with the tree alone.
pub(crate) fn with_tree_once(count: usize) {
    Edit::new(count).with_tree();
}

/// A comparison with the stack before alone.
pub(crate) fn with_base_once(count: usize) {
    Edit::new(count).with_base();
}

/// Compiles a stack and compares it with what is there, to the text that people read.
fn report(files: &Stack, before: impl FnOnce(&mut Cache) -> (Vec<Item>, Option<Compiled>)) {
    let compiled = compile(files, Form::Values);
    let mut cache = Cache::default();
    cache.note(&compiled.bundle);
    let after = tree("after", &texts(&compiled.bundle), &mut cache).expect("stackgen wrote it");
    let (before, was) = before(&mut cache);
    let report = diff(Question {
        before,
        live: None,
        was: was.as_ref().map(Compiled::side),
        after,
        is: compiled.side(),
        sources: &compiled.project.sources,
    });
    assert_eq!(report.objects.len(), 1, "one service is edited");
    black_box(human(&report, Look::default()));
}

/// A stack, and what it becomes.
struct Compiled {
    project: Project,
    document: Document,
    resolved: Resolved,
    bundle: Bundle,
}

impl Compiled {
    fn side(&self) -> Side<'_> {
        Side { document: &self.document, resolved: &self.resolved }
    }
}

fn compile(files: &Stack, form: Form) -> Compiled {
    let mut project = Project::open(files, "stack.yaml");
    let compilation = project.compile(files, ENVIRONMENT, &[], form);
    match (compilation.laid, compilation.document, compilation.resolved) {
        (Some(Laid { output: Output::Tree(bundle), .. }), Some(document), Some(resolved)) => {
            Compiled { project, document, resolved, bundle }
        }
        _ => panic!("a generated stack compiles: {:?}", compilation.findings),
    }
}

fn texts(bundle: &Bundle) -> BTreeMap<String, String> {
    bundle.iter().map(|(path, it)| (path.to_owned(), it.text.clone())).collect()
}
