//! Findings that the tests of several formats draw.

use std::ops::Range;

use crate::diag::{At, Code, Diagnostic, FileId, Severity, Sources, Span};

pub(super) static ABSENT: Code =
    Code { id: "SG203", name: "undeclared-use", severity: Severity::Error, docs: "" };

/// A place, by bytes.
pub(super) fn at(file: FileId, range: Range<u32>) -> At {
    At::Span(Span { file, start: range.start, end: range.end })
}

/// The place of the first occurrence of `wanted`.
pub(super) fn find(sources: &Sources, file: FileId, wanted: &str) -> At {
    let start = sources.text(file).find(wanted).expect("the sample holds it");
    let end = start + wanted.len();
    at(file, u32::try_from(start).unwrap()..u32::try_from(end).unwrap())
}

/// A finding with everything: two files, a note, and a help with its edit.
pub(super) fn unknown_use() -> (Sources, Diagnostic) {
    let mut sources = Sources::default();
    let stack =
        sources.add("stack.yaml", "services:\n  checkout:\n    image: shop/checkout\n    uses: [bsu, db]\n");
    let tiers = sources.add("tiers.yaml", "stateful:\n  bus:\n    kind: kafka\n  db:\n    kind: postgres\n");
    let finding = Diagnostic::new(
        &ABSENT,
        find(&sources, stack, "bsu"),
        "service `checkout` uses `bsu`, which this stack does not declare",
    )
    .label("not declared")
    .also(find(&sources, tiers, "bus"), "a similar name is declared here")
    .note("a service reaches only what it names, so its pods would wait for ever")
    .fix("write `bus`", find(&sources, stack, "bsu"), "bus");
    (sources, finding)
}
