//! What a finding costs to draw, as the file that it is in grows: it should be the same.

use std::fmt::Write as _;
use std::hint::black_box;

use stackgen::diag::render::{Format, Style, render};
use stackgen::diag::{At, Diagnostic, FileId, Sources, Span};
use stackgen::rule::ALL;

use super::ratios::{millis, turns};

/// Objects in the file, and findings.
const SIZES: [usize; 2] = [500, 5000];

/// A file of many objects, as people write it or on one line, with a finding in each that points at the first one, too.
fn findings(count: usize, separator: &str) -> (Sources, Vec<Diagnostic>) {
    let (mut text, mut starts) = (String::new(), Vec::new());
    for number in 0..count {
        starts.push(u32::try_from(text.len()).expect("the file is small"));
        let _ = write!(text, "{{ kind: ConfigMap, metadata: {{ name: a{number} }} }}{separator}");
    }
    let mut sources = Sources::default();
    let file: FileId = sources.add("all.yaml", text);
    let at = |start: u32| At::Span(Span { file, start: start + 2, end: start + 6 });
    let found = starts.iter().map(|start| {
        Diagnostic::new(ALL[0].code, at(*start), "what is wrong").also(at(starts[0]), "the first").note("why")
    });
    let found = found.collect();
    (sources, found)
}

/// Prints the cost of a finding in a small and in a large file, and its growth: 1 where drawing is linear.
pub(crate) fn print() {
    println!("\n{:>8} {:>10} {:>14} {:>14} {:>8}", "format", "lines", "µs of few", "µs of many", "growth");
    let formats = [Format::Human, Format::Short, Format::Json, Format::Github, Format::Sarif];
    for format in formats {
        for (lines, separator) in [("many", "\n---\n"), ("one", ", ")] {
            let [few, many] = SIZES.map(|it| findings(it, separator));
            let draw = |it: &(Sources, Vec<Diagnostic>)| {
                drop(black_box(render(format, Style::default(), &it.0, &it.1)));
            };
            let times = turns([&mut || draw(&few), &mut || draw(&many)]);
            let [few, many] = [0, 1].map(|it| {
                millis(times[it]) * 1e3 / f64::from(u32::try_from(SIZES[it]).expect("sizes are small"))
            });
            println!("{format:>8} {lines:>10} {few:>14.2} {many:>14.2} {:>8.2}", many / few);
        }
    }
}
