//! `stackgen explain`: the page of a rule.

use std::fmt::Write;

use anyhow::bail;

use super::args::Explain;
use super::console::Console;
use super::select::unknown;
use crate::catalogue;
use crate::diag::Code;

pub(super) fn run(args: &Explain, console: &Console) -> anyhow::Result<()> {
    let all = catalogue::all();
    let Some(wanted) = &args.rule else { return console.result(&table(&all)) };
    let Some(code) = all.iter().find(|it| it.id.eq_ignore_ascii_case(wanted) || it.name == wanted) else {
        bail!("{}; `stackgen explain` lists all", nearest(wanted, &all));
    };
    console.result(&format!("# {} {} ({})\n\n{}", code.id, code.name, code.severity, code.docs))
}

fn nearest(wanted: &str, all: &[&Code]) -> String {
    let what = "there is no rule";
    match crate::diag::nearest(wanted, all.iter().flat_map(|it| [it.id, it.name])) {
        Some(near) => unknown(what, wanted, [near].into_iter()),
        None => format!("{what} `{wanted}`"),
    }
}

fn table(all: &[&Code]) -> String {
    let width = all.iter().map(|it| it.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for it in all {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}  {:width$}  {}", it.id, it.name, it.severity);
    }
    out
}
