//! What writing a tree would do to what runs.

use std::path::Path;

use anyhow::Context;

use crate::bundle::Bundle;
use crate::diag::Sources;
use crate::diff::{Cache, Item, Question, Report, Side, diff, plural, tree};
use crate::sync::owned;

/// The objects of what was compiled, as whoever applies it reads them.
pub(super) fn bundled(bundle: &Bundle, environment: &str, cache: &mut Cache) -> anyhow::Result<Vec<Item>> {
    cache.note(bundle);
    let files = bundle.iter().map(|(path, it)| (path.to_owned(), it.text.clone())).collect();
    tree(environment, &files, cache).context("stackgen cannot read what it wrote: a mistake in stackgen")
}

/// The difference between the tree at `root`, which may not be there yet, and a bundle.
pub(super) fn compare(
    root: &Path,
    environment: &str,
    bundle: &Bundle,
    is: Side<'_>,
    sources: &Sources,
) -> anyhow::Result<Report> {
    let mut cache = Cache::default();
    let after = bundled(bundle, environment, &mut cache)?;
    let before = match owned(root)? {
        Some(files) => tree(&root.display().to_string(), &files, &mut cache)?,
        None => Vec::new(),
    };
    Ok(diff(Question { before, live: None, was: None, after, is, sources }))
}

/// A report in one line: `1 new, 2 changed, 0 gone; data at risk: 1 object; without a restart: 2 objects`.
pub(super) fn line(report: &Report) -> String {
    let [new, changed, gone] = report.numbers();
    let mut parts = vec![format!("{new} new, {changed} changed, {gone} gone")];
    for (impact, objects, _) in report.sums() {
        parts.push(format!("{impact}: {}", plural(objects, "object")));
    }
    parts.join("; ")
}
