//! Ratios, which say more than times: they hold on any machine.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use stackgen::bundle::Bundle;
use stackgen::compile::Project;
use stackgen::diag::{Sink, Sources};
use stackgen::layout::{Form, Laid, Output};
use stackgen::sync;
use stackgen::syntax::parse::parse;

use super::stack::{ENVIRONMENT, Stack, services};
use super::{SIZES, compared, drawn, objects};

/// Runs of each measurement; the two sides of a ratio take turns, so that what else the machine does hits both.
const RUNS: usize = 15;
/// As many services as the tree has that is written to disk.
const WRITTEN: usize = 1000;

/// Prints what is measured.
pub(crate) fn print() {
    println!(
        "{:>8} {:>12} {:>12} {:>8} {:>14} {:>14} {:>8}",
        "services", "bare ms", "compile ms", "ratio", "µs a service", "threads ms", "ratio"
    );
    for count in SIZES {
        let files = Stack::generate(count);
        assert_same_objects(count, &files);
        let one = NonZeroUsize::MIN;
        let all = available_parallelism().unwrap_or(one);
        let [bare_time, whole_time, threads_time] = turns([
            &mut || drop(black_box(bare(count, &files))),
            &mut || drop(black_box(whole(&files, one))),
            &mut || drop(black_box(whole(&files, all))),
        ]);
        let ratio = |it: Duration| it.as_secs_f64() / bare_time.as_secs_f64();
        println!(
            "{count:>8} {:>12.2} {:>12.2} {:>8.2} {:>14.1} {:>14.2} {:>8.2}",
            millis(bare_time),
            millis(whole_time),
            ratio(whole_time),
            whole_time.as_secs_f64() * 1e6 / f64::from(u32::try_from(count).expect("sizes are small")),
            millis(threads_time),
            ratio(threads_time),
        );
    }
    compared::print();
    drawn::print();
    write_against_copy();
}

/// The bare side alone.
pub(crate) fn bare_once(count: usize) {
    drop(black_box(bare(count, &Stack::generate(count))));
}

/// The compiler's side alone.
pub(crate) fn compile_once(count: usize) {
    drop(black_box(whole(&Stack::generate(count), NonZeroUsize::MIN)));
}

/// Parses the same files, builds the same objects and emits them.
fn bare(count: usize, files: &Stack) -> (Vec<stackgen::syntax::Node>, String) {
    let (mut sources, mut sink) = (Sources::default(), Sink::default());
    let ids: Vec<_> = files.files().map(|(path, text)| sources.add(path, text)).collect();
    let nodes = ids.into_iter().filter_map(|it| parse(&sources, it, &mut sink)).collect();
    let services = services(count);
    let out = objects::write(&services, &objects::callers(&services));
    (nodes, out)
}

/// Everything from the text to the stream, with all rules.
fn whole(files: &Stack, jobs: NonZeroUsize) -> String {
    let mut project = Project::open(files, "stack.yaml");
    project.jobs = jobs;
    let compilation = project.compile(files, ENVIRONMENT, &[], Form::Stream);
    match compilation.laid {
        Some(Laid { output: Output::Stream(text), .. }) => text,
        _ => panic!("a generated stack compiles: {:?}", compilation.findings),
    }
}

/// A comparison of different things would be worthless: the bare program's documents are those of the compiler.
fn assert_same_objects(count: usize, files: &Stack) {
    let (_, bare) = bare(count, files);
    let whole = |jobs| whole(files, NonZeroUsize::new(jobs).expect("a number above 0"));
    assert!(bare == whole(1), "the hand-written objects are not those of the compiler");
    assert!(bare == whole(3), "the output depends on the number of threads");
}

/// The tree of an environment, written with all its guarantees, against `cp -r` of it.
fn write_against_copy() {
    let files = Stack::generate(WRITTEN);
    let mut project = Project::open(&files, "stack.yaml");
    let laid = project.compile(&files, ENVIRONMENT, &[], Form::Tree).laid;
    let Some(Laid { output: Output::Tree(bundle), .. }) = laid else { panic!("a generated stack compiles") };
    let dir = tempfile::tempdir().expect("there is room for temporary files");
    let (root, copy) = (dir.path().join("tree").join(ENVIRONMENT), dir.path().join("copy"));
    write(&root, &bundle);
    let again = || {
        let fresh = dir.path().join("fresh");
        write(&fresh.join(ENVIRONMENT), &bundle);
        fresh
    };
    let (mut written, mut copied) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let start = Instant::now();
        let fresh = again();
        written.push(start.elapsed());
        std::fs::remove_dir_all(fresh).expect("it was just written");
        let start = Instant::now();
        let status = Command::new("cp").arg("-r").args([&root, &copy]).status().expect("there is a cp");
        copied.push(start.elapsed());
        assert!(status.success());
        std::fs::remove_dir_all(&copy).expect("it was just copied");
    }
    let (written, copied) = (median(written), median(copied));
    let start = Instant::now();
    write(&root, &bundle);
    let unchanged = start.elapsed();
    println!(
        "\n{} files: write {:.0} ms, cp -r {:.0} ms, ratio {:.2}; write of an unchanged tree {:.0} ms",
        bundle.len(),
        millis(written),
        millis(copied),
        written.as_secs_f64() / copied.as_secs_f64(),
        millis(unchanged),
    );
}

fn write(root: &Path, bundle: &Bundle) {
    let plan = sync::plan(root, bundle).expect("nothing else is in the folder");
    let options = sync::Options { force: false, generator: "bench" };
    sync::apply(root, bundle, &plan, options).expect("nothing else is in the folder");
}

/// The medians of some runs, which take turns.
pub(crate) fn turns<const N: usize>(mut runs: [&mut dyn FnMut(); N]) -> [Duration; N] {
    let mut times = [const { Vec::new() }; N];
    for _ in 0..RUNS {
        for (run, times) in runs.iter_mut().zip(&mut times) {
            let start = Instant::now();
            run();
            times.push(start.elapsed());
        }
    }
    times.map(median)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
