//! Collects findings; every stage reports all it sees and goes on.

use std::cmp::Ordering;

use super::{At, Code, Diagnostic, Help};

/// Findings of one or more stages.
#[derive(Debug, Default)]
pub struct Sink {
    found: Vec<Diagnostic>,
}

impl Sink {
    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Adds findings, if there are any.
    pub fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        self.found.extend(diagnostics);
    }

    /// Adds all findings of another sink.
    pub fn append(&mut self, other: Self) {
        self.found.extend(other.found);
    }

    /// Whether anything forbids rendering.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(Diagnostic::is_error)
    }

    /// How many findings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The findings, as reported so far.
    #[must_use]
    pub fn findings(&self) -> &[Diagnostic] {
        &self.found
    }

    /// The findings, to change or drop some.
    pub fn findings_mut(&mut self) -> &mut Vec<Diagnostic> {
        &mut self.found
    }

    /// Makes one of the findings of a code at one place that say the same: the first, with the other places of all.
    pub fn join(&mut self, code: &Code) {
        let mut joined: Vec<Diagnostic> = Vec::with_capacity(self.found.len());
        for finding in self.found.drain(..) {
            let same = |it: &&mut Diagnostic| {
                it.code == code
                    && finding.code == code
                    && (&it.primary, &it.message) == (&finding.primary, &finding.message)
            };
            match joined.iter_mut().find(same) {
                Some(first) => {
                    for label in finding.secondary {
                        if !first.secondary.contains(&label) {
                            first.secondary.push(label);
                        }
                    }
                }
                None => joined.push(finding),
            }
        }
        self.found = joined;
    }

    /// What to show: every finding once, in the one canonical order.
    ///
    /// The order is file (as in [`Sources`](super::Sources)), position, severity, code, message; routes that were not
    /// resolved come after the files, and findings that are nowhere come last. Findings that differ in nothing but
    /// their environments become one, with the environments of all of them in the order in which they were reported;
    /// one that holds in all of `all_environments` names none.
    #[must_use]
    pub fn into_report(self, all_environments: &[String]) -> Vec<Diagnostic> {
        let mut found = self.found;
        found.sort_by(order);
        found.dedup_by(|next, kept| {
            let same = order(next, kept).is_eq();
            if same {
                unite(kept, next);
            }
            same
        });
        for finding in &mut found {
            let covers_all = all_environments.iter().all(|it| finding.environments.contains(it));
            if covers_all && !all_environments.is_empty() {
                finding.environments.clear();
            }
        }
        found
    }
}

/// The canonical order. Equal are findings that differ in nothing but their environments.
fn order(a: &Diagnostic, b: &Diagnostic) -> Ordering {
    start(&a.primary.at)
        .cmp(&start(&b.primary.at))
        .then_with(|| a.severity.cmp(&b.severity))
        .then_with(|| a.code.id.cmp(b.code.id))
        .then_with(|| a.message.cmp(&b.message))
        .then_with(|| a.primary.cmp(&b.primary))
        .then_with(|| a.secondary.cmp(&b.secondary))
        .then_with(|| a.notes.cmp(&b.notes))
        .then_with(|| a.helps.iter().map(help).cmp(b.helps.iter().map(help)))
        .then_with(|| a.accepted.cmp(&b.accepted))
}

/// Where a place starts: two places that start together are ordered by what is said about them before their ends count.
fn start(at: &At) -> At {
    let mut at = at.clone();
    if let At::Span(span) = &mut at {
        span.end = span.start;
    }
    at
}

fn help(it: &Help) -> (&str, Option<(&At, &str)>) {
    (&it.text, it.edit.as_ref().map(|edit| (&edit.at, edit.replacement.as_str())))
}

/// Adds the environments of one finding to those of another; no environments are all environments. What is not certain in both
/// is not certain.
fn unite(kept: &mut Diagnostic, other: &mut Diagnostic) {
    let edits =
        kept.helps.iter_mut().zip(&other.helps).filter_map(|(a, b)| a.edit.as_mut().zip(b.edit.as_ref()));
    for (edit, same) in edits.filter(|(edit, same)| edit.instead_of != same.instead_of) {
        debug_assert_eq!(edit.replacement, same.replacement);
        edit.instead_of = None;
    }
    if kept.environments.is_empty() || other.environments.is_empty() {
        kept.environments.clear();
        return;
    }
    for name in other.environments.drain(..) {
        if !kept.environments.contains(&name) {
            kept.environments.push(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::diag::{Code, FileId, Route, Severity, Span};

    static FIRST: Code = Code { id: "SG101", name: "first", severity: Severity::Error, docs: "" };
    static SECOND: Code = Code { id: "SG102", name: "second", severity: Severity::Error, docs: "" };

    fn at(file: u32, start: u32, end: u32) -> At {
        At::Span(Span { file: FileId(file), start, end })
    }

    fn report(found: impl IntoIterator<Item = Diagnostic>, all: &[&str]) -> Vec<Diagnostic> {
        let mut sink = Sink::default();
        found.into_iter().for_each(|it| sink.push(it));
        sink.into_report(&names(all))
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|it| (*it).to_owned()).collect()
    }

    fn inside(environments: &[&str]) -> Diagnostic {
        let environments = names(environments);
        Diagnostic {
            environments,
            ..Diagnostic::new(&FIRST, at(0, 1, 2), "m").note("n").fix("f", at(0, 1, 2), "x")
        }
    }

    #[test]
    fn one_order() {
        let warning = Diagnostic { severity: Severity::Warning, ..Diagnostic::new(&FIRST, at(0, 3, 4), "a") };
        let expected = [
            Diagnostic::new(&SECOND, at(0, 1, 9), "z"),
            Diagnostic::new(&FIRST, at(0, 3, 9), "a"),
            Diagnostic::new(&FIRST, at(0, 3, 4), "b"),
            Diagnostic::new(&SECOND, at(0, 3, 4), "a"),
            warning,
            Diagnostic::new(&FIRST, at(1, 0, 1), "a"),
            Diagnostic::at_value(&FIRST, &Route::of(&["a"]), "a"),
            Diagnostic::new(&FIRST, At::Nowhere, "a"),
        ];
        assert_eq!(report(expected.iter().rev().cloned(), &[]), expected);
    }

    #[test]
    fn equal_findings_unite_their_environments() {
        let found = || [inside(&["staging"]), inside(&["prod", "staging"]), inside(&["staging"])];
        assert_eq!(report(found(), &["prod", "staging", "dev"]), [inside(&["staging", "prod"])]);
        assert_eq!(report(found(), &["prod", "staging"]), [inside(&[])]);
        assert_eq!(report([inside(&["prod"])], &["prod"]), [inside(&[])]);
        assert_eq!(report([inside(&["prod"])], &[]), [inside(&["prod"])]);
        assert_eq!(report([inside(&["prod"]), inside(&[])], &["prod", "dev"]), [inside(&[])]);
    }

    #[test]
    fn whatever_is_said_differently_is_another_finding() {
        let base = inside(&["prod"]);
        let others = [
            base.clone().label("l"),
            base.clone().also(At::Nowhere, ""),
            base.clone().note("n"),
            base.clone().help("h"),
            Diagnostic { helps: vec![], ..base.clone() }.fix("f", at(0, 1, 2), "y"),
            Diagnostic { helps: vec![], ..base.clone() }.help("f"),
            Diagnostic { accepted: Some("a".to_owned()), ..base.clone() },
        ];
        for other in others {
            assert_eq!(report([base.clone(), other, base.clone()], &[]).len(), 2);
        }
    }

    proptest! {
        #[test]
        fn the_order_of_reporting_does_not_matter(
            found in proptest::collection::vec((0..2u32, 0..3u32, 0..3u32, "[ab]", any::<bool>()), 0..12)
                .prop_flat_map(|it| (Just(it.clone()), Just(it).prop_shuffle())),
        ) {
            let (found, shuffled) = found;
            let finding = |(file, start, length, message, other): (u32, u32, u32, String, bool)| {
                let code = if other { &SECOND } else { &FIRST };
                Diagnostic::new(code, at(file, start, start + length), message)
            };
            let once = report(found.into_iter().map(finding), &[]);
            prop_assert_eq!(&once, &report(shuffled.into_iter().map(finding), &[]));
            prop_assert_eq!(&once, &report(once.clone(), &[]), "again changes nothing");
        }
    }
}
