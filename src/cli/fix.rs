//! `stackgen check --fix`: makes the edits that are beyond doubt, in the stack's own files.
//!
//! An edit is made where the finding says that it is certain, the text that it replaces is what stands there, the file shares
//! nothing by anchors, and the stack with it is one that can still be read and says nothing new in the environments that did not
//! have the finding. All of that is tried in memory before a file is touched.

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::bail;

use super::args::Global;
use super::console::Console;
use super::replace::{Replaced, replace};
use super::select::{Selection, Stack};
use crate::diag::{At, Diagnostic, Edit, FileId, Sink, Sources};
use crate::syntax::parse::parse_all;

/// An edit that is certain.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fix {
    file: FileId,
    range: Range<usize>,
    replacement: String,
    /// The code of the finding.
    code: &'static str,
    /// Where that was found; empty is everywhere.
    environments: Vec<String>,
}

/// What was found in each environment that can be compiled; what was found in reading the files, without a name.
type Found = Vec<(Option<String>, Vec<Diagnostic>)>;

/// Makes them, and says which were made and which were left.
///
/// # Errors
/// When a file changed since it was read, or cannot be written.
pub(super) fn run(flags: &Global, console: &Console) -> anyhow::Result<()> {
    let mut selection = Selection::open(flags, console)?;
    for stack in &mut selection.stacks {
        let found = found(stack, flags);
        let fixes = fixes(&stack.project.sources, &found);
        let (fixes, mut left) = decide(stack, fixes, &found, flags);
        write(stack, &fixes, &mut left, console)?;
        for (fix, why) in left {
            console.note(&format!("left {}: {why}", fix.shown(stack)));
        }
    }
    Ok(())
}

impl Fix {
    /// The edit, where what stands there is what it is to replace. Quotes stay.
    fn of(sources: &Sources, finding: &Diagnostic, edit: &Edit) -> Option<Self> {
        let (At::Span(span), Some(word)) = (&edit.at, &edit.instead_of) else { return None };
        let there = sources.slice(*span);
        let quoted = ['"', '\''].iter().any(|it| there == format!("{it}{word}{it}"));
        if there != word && !quoted {
            return None;
        }
        let Range { start, end } = span.range();
        let inside = usize::from(quoted);
        Some(Self {
            file: span.file,
            range: start + inside..end - inside,
            replacement: edit.replacement.clone(),
            code: finding.code.id,
            environments: finding.environments.clone(),
        })
    }

    /// Its code and place.
    fn shown(&self, stack: &Stack) -> String {
        let start = u32::try_from(self.range.start).unwrap_or(u32::MAX);
        let (line, _) = stack.project.sources.line_column(self.file, start);
        format!("{} at {}:{line}", self.code, stack.sources().path(self.file))
    }
}

/// Compiles every environment that needs no values, or has them.
fn found(stack: &mut Stack, flags: &Global) -> Found {
    let mut found = vec![(None, stack.project.findings.clone())];
    if stack.is_sound() {
        for environment in stack.project.environments() {
            if stack.needs(&environment, &flags.set).is_empty() {
                let findings = stack.check(&environment, flags);
                found.push((Some(environment), findings));
            }
        }
    }
    found
}

/// The edits of the findings that nobody accepted, in the order of the files.
fn fixes(sources: &Sources, found: &Found) -> Vec<Fix> {
    let environments: Vec<String> = found.iter().filter_map(|(name, _)| name.clone()).collect();
    let mut sink = Sink::default();
    for (_, findings) in found {
        sink.extend(findings.iter().cloned());
    }
    let report = sink.into_report(&environments);
    let open = report.iter().filter(|it| it.accepted.is_none());
    let edits = open.flat_map(|it| it.helps.iter().filter_map(move |help| Some((it, help.edit.as_ref()?))));
    let mut fixes: Vec<Fix> = edits.filter_map(|(finding, edit)| Fix::of(sources, finding, edit)).collect();
    fixes.sort_by_key(|it| (it.file, it.range.start, it.range.end));
    fixes
}

/// Which edits to make, and why the others are left.
fn decide(
    stack: &Stack,
    fixes: Vec<Fix>,
    found: &Found,
    flags: &Global,
) -> (Vec<Fix>, Vec<(Fix, &'static str)>) {
    let (mut made, mut left): (Vec<Fix>, _) = (Vec::new(), Vec::new());
    for fix in fixes {
        let same =
            |it: &Fix| it.file == fix.file && it.range == fix.range && it.replacement == fix.replacement;
        let overlaps = |it: &Fix| it.file == fix.file && fix.range.start < it.range.end;
        if made.iter().any(|it| overlaps(it) && !same(it)) {
            left.push((fix, "another edit is at the same place"));
        } else if has_anchors(stack.project.sources.text(fix.file)) {
            left.push((fix, "the file has anchors, so that its lines may count elsewhere, too"));
        } else {
            made.push(fix);
            if !still_reads(stack, &made) {
                left.extend(made.pop().map(|it| (it, "with it, the files could not be read")));
            }
        }
    }
    // What one environment calls wrong may be right in another.
    if made.iter().any(|it| !it.environments.is_empty()) && !is_silent_elsewhere(stack, &made, found, flags) {
        let partial = made.extract_if(.., |it| !it.environments.is_empty());
        left.extend(partial.map(|it| (it, "it would be wrong in an environment that has not this finding")));
    }
    (made, left)
}

/// Whether reading the files finds no more than before with some edits.
fn still_reads(stack: &Stack, fixes: &[Fix]) -> bool {
    let sources = &stack.project.sources;
    let texts = texts(sources, fixes);
    // Objects and their definitions are read later than the stack: a key that is there already is seen in the text.
    let before: BTreeMap<&str, &str> = sources.iter().collect();
    let is_worse = |(path, text): (&String, &String)| {
        before.get(&**path).is_none_or(|before| slips(path, text) > slips(path, before))
    };
    if texts.iter().any(is_worse) {
        return false;
    }
    let errors = |it: &Stack| it.project.findings.iter().filter(|it| it.is_error()).count();
    let edited = stack.edited(texts);
    edited.is_some_and(|it| errors(&it) <= errors(stack))
}

/// How much of a text is no YAML, or is there twice.
fn slips(path: &str, text: &str) -> usize {
    let (mut sources, mut sink) = (Sources::default(), Sink::default());
    let file = sources.add(path, text);
    parse_all(&sources, file, &mut sink);
    sink.len()
}

/// Whether the environments that have not all of the findings say nothing new with the edits.
fn is_silent_elsewhere(stack: &Stack, fixes: &[Fix], before: &Found, flags: &Global) -> bool {
    let Some(mut edited) = stack.edited(texts(&stack.project.sources, fixes)) else { return false };
    let said = |it: &Diagnostic| (it.code.id, it.message.clone());
    let partial = || fixes.iter().filter(|it| !it.environments.is_empty());
    before.iter().filter_map(|(name, findings)| Some((name.as_ref()?, findings))).all(|(name, findings)| {
        if partial().all(|it| it.environments.contains(name)) {
            return true;
        }
        let before: Vec<_> = findings.iter().map(said).collect();
        edited.check(name, flags).iter().all(|it| before.contains(&said(it)))
    })
}

/// The files that change, with their new texts.
fn texts(sources: &Sources, fixes: &[Fix]) -> BTreeMap<String, String> {
    let mut changed: BTreeMap<FileId, String> = BTreeMap::new();
    let mut last: Option<&Fix> = None;
    // From the end, so that places before stay true.
    for fix in fixes.iter().rev() {
        // Two findings may have one edit.
        if last.is_some_and(|it| it.file == fix.file && it.range == fix.range) {
            continue;
        }
        let text = changed.entry(fix.file).or_insert_with(|| sources.text(fix.file).to_owned());
        text.replace_range(fix.range.clone(), &fix.replacement);
        last = Some(fix);
    }
    changed.into_iter().map(|(file, text)| (sources.path(file).to_owned(), text)).collect()
}

/// Writes the files, each at once, and says what was fixed.
fn write(
    stack: &Stack,
    fixes: &[Fix],
    left: &mut Vec<(Fix, &'static str)>,
    console: &Console,
) -> anyhow::Result<()> {
    let sources = &stack.project.sources;
    let Some(disk) = stack.disk() else { return Ok(()) };
    for (path, new) in texts(sources, fixes) {
        let mine = || fixes.iter().filter(|it| sources.path(it.file) == path);
        let Some(first) = mine().next() else { continue };
        match replace(disk, &path, sources.text(first.file), &new)? {
            Replaced::Done => mine().for_each(|it| console.note(&format!("fixed {}", it.shown(stack)))),
            Replaced::ReadOnly => left.extend(mine().map(|it| (it.clone(), "the file is read-only"))),
            Replaced::Changed => bail!(
                "{} changed after it was read, and is left as it is now: run `stackgen check --fix` again",
                stack.sources().path(first.file)
            ),
        }
    }
    Ok(())
}

/// Whether a text may name values to use them again. Said too often, an edit is only left to a person.
fn has_anchors(text: &str) -> bool {
    text.match_indices('&').any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + 1..].chars().next();
        before.is_none_or(|it| it.is_whitespace() || "[{,".contains(it))
            && after.is_some_and(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fix(range: Range<usize>, replacement: &str) -> Fix {
        let replacement = replacement.to_owned();
        Fix { file: FileId(0), range, replacement, code: "SG101", environments: Vec::new() }
    }

    #[test]
    fn several_edits_of_a_file_are_made_together_and_one_of_two_once() {
        let mut sources = Sources::default();
        sources.add("a.yaml", "\u{feff}imge: é # kept\r\nprots: 1\r\n");
        let fixes = [fix(3..7, "image"), fix(20..25, "ports"), fix(20..25, "ports")];
        assert_eq!(&sources.text(FileId(0))[20..25], "prots");
        let texts = texts(&sources, &fixes);
        assert_eq!(texts["a.yaml"], "\u{feff}image: é # kept\r\nports: 1\r\n");
    }

    #[test]
    fn an_anchor_is_seen() {
        for text in ["a: &x 1", "&x a: 1", "a: [&x 1]"] {
            assert!(has_anchors(text), "{text}");
        }
        for text in ["a: b&c", "a: b && c", "a: \"?x=1&y=2\"", "a: 'b & c'"] {
            assert!(!has_anchors(text), "{text}");
        }
    }
}
