//! How long the stages take, and what the whole compiler costs beside a program that only reads and writes.
//!
//! `cargo bench` times every stage; `cargo bench -- --ratios` prints medians, ratios and growth, `-- --drawn` those of reports alone;
//! `cargo bench -- --write N DIR` writes the stack of N services, and `-- --bare N`, `-- --compile N`, `-- --render N`,
//! `-- --diff-tree N` or `-- --diff-base N` runs one side of a comparison once, for measurements from outside.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs,
    reason = "a measurement needs a clock, writes its stacks and prints its figures"
)]

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod compared;
mod drawn;
mod objects;
mod ratios;
mod shared;
mod stack;

use divan::Bencher;
use divan::counter::ItemsCount;
use stackgen::compile::Project;
use stackgen::diag::{Sink, Sources};
use stackgen::document;
use stackgen::layout::Form;
use stackgen::model::decode::{Cx, Decode, Place};
use stackgen::resolve::Resolved;

use stack::{ENVIRONMENT, Stack};

/// Numbers of services.
const SIZES: [usize; 4] = [12, 100, 1000, 5000];

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let args: Vec<&str> = args.iter().skip(1).map(String::as_str).filter(|it| *it != "--bench").collect();
    let number = |it: &str| it.parse().expect("a number of services");
    match args.as_slice() {
        ["--ratios"] => ratios::print(),
        ["--drawn"] => drawn::print(),
        ["--bare", count] => ratios::bare_once(number(count)),
        ["--compile", count] => ratios::compile_once(number(count)),
        ["--render", count] => compared::render_once(number(count)),
        ["--diff-tree", count] => compared::with_tree_once(number(count)),
        ["--diff-base", count] => compared::with_base_once(number(count)),
        ["--write", count, folder] => {
            std::fs::create_dir_all(folder).expect("the folder can be made");
            for (path, text) in Stack::generate(number(count)).files() {
                std::fs::write(format!("{folder}/{path}"), text).expect("the folder can be written to");
            }
        }
        _ => divan::main(),
    }
}

/// A stack up to a stage.
struct Prepared {
    files: Stack,
    project: Project,
}

fn prepared(count: usize) -> Prepared {
    let files = Stack::generate(count);
    let project = Project::open(&files, "stack.yaml");
    assert!(project.findings.is_empty(), "{:?}", project.findings);
    Prepared { files, project }
}

impl Prepared {
    fn compose(&self, sink: &mut Sink) -> document::Document {
        let loaded = self.project.loaded.as_ref().expect("a generated stack is sound");
        document::compose(loaded, ENVIRONMENT, &[], &self.project.sources, sink)
            .expect("a generated stack has the environment")
    }

    fn compile(&mut self, form: Form) -> stackgen::compile::Compilation {
        self.project.compile(&self.files, ENVIRONMENT, &[], form)
    }
}

fn decode(document: &document::Document, sources: &Sources, sink: &mut Sink) -> stackgen::stack::Stack {
    let place = Place { node: &document.root, key: document.root.span };
    stackgen::stack::Stack::decode(place, &Cx::new(sources, sink)).expect("a generated stack is sound")
}

#[divan::bench(args = SIZES)]
fn stage_1_load(bencher: Bencher, count: usize) {
    let files = Stack::generate(count);
    bencher.counter(ItemsCount::new(count)).bench_local(|| Project::open(&files, "stack.yaml"));
}

#[divan::bench(args = SIZES)]
fn stage_2_compose(bencher: Bencher, count: usize) {
    let it = prepared(count);
    bencher.counter(ItemsCount::new(count)).bench_local(|| it.compose(&mut Sink::default()));
}

#[divan::bench(args = SIZES)]
fn stage_3_decode(bencher: Bencher, count: usize) {
    let it = prepared(count);
    let document = it.compose(&mut Sink::default());
    bencher
        .counter(ItemsCount::new(count))
        .bench_local(|| decode(&document, &it.project.sources, &mut Sink::default()));
}

#[divan::bench(args = SIZES)]
fn stage_4_resolve(bencher: Bencher, count: usize) {
    let it = prepared(count);
    let document = it.compose(&mut Sink::default());
    bencher
        .counter(ItemsCount::new(count))
        .with_inputs(|| decode(&document, &it.project.sources, &mut Sink::default()))
        .bench_local_values(|stack| Resolved::new(stack, &document, &mut Sink::default()));
}

/// Compose to emit; less stages 2 to 4 it is bind, rules, lower, layout and emit.
#[divan::bench(args = SIZES)]
fn stages_2_to_5_stream(bencher: Bencher, count: usize) {
    let mut it = prepared(count);
    bencher.counter(ItemsCount::new(count)).bench_local(|| it.compile(Form::Stream));
}

#[divan::bench(args = SIZES)]
fn stages_2_to_5_tree(bencher: Bencher, count: usize) {
    let mut it = prepared(count);
    bencher.counter(ItemsCount::new(count)).bench_local(|| it.compile(Form::Tree));
}

#[divan::bench(args = SIZES)]
fn stages_2_to_5_findings_only(bencher: Bencher, count: usize) {
    let mut it = prepared(count);
    bencher.counter(ItemsCount::new(count)).bench_local(|| it.compile(Form::Count));
}
