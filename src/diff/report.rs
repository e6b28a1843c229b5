//! What differs, for readers: by object, and what several objects have alike.

use std::collections::BTreeMap;

use super::capacity::Pool;
use super::compare::What;
use super::exposure::Exposures;
use super::impact::{Effect, Impact};
use super::object::Item;
use super::recipe::Advice;
use crate::diag::Diagnostic;

/// What differs between two sets of objects.
#[derive(Debug, Default)]
pub struct Report {
    /// The objects that differ: those that are after in their order, then those that are gone.
    pub objects: Vec<Entry>,
    /// How many objects of a cluster were left out because they are not of the stack.
    pub left_out: usize,
    /// What became reachable or readable, or no longer is.
    pub exposure: Exposures,
    /// The pools of nodes of which something else is asked.
    pub capacity: Vec<Pool>,
    /// What is wrong with what the stack says of its changes; places already spans.
    pub findings: Vec<Diagnostic>,
}

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is only after.
    New,
    /// It is on both sides.
    Changed,
    /// It is only before.
    Gone,
}

/// An object that differs.
#[derive(Debug)]
pub struct Entry {
    /// `Deployment shop/cart`.
    pub title: String,
    /// `apps/v1/Deployment shop/cart`.
    pub id: String,
    /// What became of it.
    pub state: State,
    /// What it was called before, like `title`, where that is another name.
    pub renamed_from: Option<String>,
    /// The worst that the changes do.
    pub effect: Effect,
    /// The line that makes it, for a new one, or that changes what it is, where no change of its own says it.
    pub cause: Option<Cause>,
    /// What the stack says of the change, where somebody has decided it.
    pub acknowledged: Option<Acknowledgement>,
    /// What differs in it.
    pub changes: Vec<Finding>,
    /// What an operator runs, in order, where applying it is not all there is to do.
    pub recipe: Vec<Advice>,
}

/// That somebody has decided a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// What it may do at most.
    pub impact: Impact,
    /// Why it is right, or who sees to it.
    pub reason: String,
    /// Whether the change does no more than that: then it does not count for `--fail-on`.
    pub holds: bool,
    /// The line that says so.
    pub cause: Option<Cause>,
}

/// A difference within an object.
#[derive(Debug)]
pub struct Finding {
    /// Where.
    pub path: String,
    /// Where, with `[*]` for what is called like the object.
    pub pattern: String,
    /// What.
    pub what: What,
    /// What it does.
    pub effect: Effect,
    /// The line that causes it.
    pub cause: Option<Cause>,
}

/// A line of the stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Its file.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// Its column, from 1.
    pub column: usize,
    /// What it is, by keys.
    pub route: String,
    /// Whether it says the value itself; else it is the nearest line above, and the value is a default.
    pub written: bool,
}

/// File, line and column.
type Line<'a> = (&'a str, usize, usize);

/// The place, the values and the line of a change.
type Alike<'a> = (&'a str, String, Option<Line<'a>>);

/// A change that several objects have alike: their indices, each with that of its finding.
#[derive(Debug)]
pub(super) struct Group {
    pub members: Vec<(usize, usize)>,
}

impl Entry {
    /// Its title, with what it was called before.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.renamed_from {
            Some(it) => format!("{}, renamed from {it}", self.title),
            None => self.title.clone(),
        }
    }

    pub(super) fn new(item: &Item, state: State, effect: Effect) -> Self {
        let (title, id) = (item.title(), item.id.to_string());
        Self {
            title,
            id,
            state,
            renamed_from: None,
            effect,
            cause: None,
            acknowledged: None,
            changes: Vec::new(),
            recipe: Vec::new(),
        }
    }

    /// Whether its content is nobody's to see.
    pub(super) fn is_secret(&self) -> bool {
        self.title.starts_with("Secret ")
    }
}

impl Report {
    /// The worst of all; none where nothing differs.
    #[must_use]
    pub fn worst(&self) -> Option<Impact> {
        self.objects.iter().map(|it| it.effect.impact).max()
    }

    /// The worst of what nobody has decided; none where nothing is left.
    #[must_use]
    pub fn undecided(&self) -> Option<Impact> {
        let decided = |it: &Entry| it.acknowledged.as_ref().is_some_and(|it| it.holds);
        self.objects.iter().filter(|it| !decided(it)).map(|it| it.effect.impact).max()
    }

    /// How recipes go together, where there are several: each is complete for its object, and what applies comes once for all.
    #[must_use]
    pub fn together(&self) -> Option<String> {
        let recipes = self.objects.iter().filter(|it| !it.recipe.is_empty()).count();
        (recipes > 1).then(|| {
            format!(
                "{recipes} objects have a recipe, and the new description is applied once for all of them: carry out the steps of every recipe up to there first, \
                 what pauses and resumes the tool once, and only then what comes after it in each"
            )
        })
    }

    /// How many objects are new, changed and gone.
    #[must_use]
    pub fn numbers(&self) -> [usize; 3] {
        let of = |state| self.objects.iter().filter(|it| it.state == state).count();
        [State::New, State::Changed, State::Gone].map(of)
    }

    /// How many objects each impact has, and how many pods are replaced, the worst first.
    #[must_use]
    pub fn sums(&self) -> Vec<(Impact, usize, u64)> {
        let of = |impact: Impact| {
            let all = self.objects.iter().filter(|it| it.effect.impact == impact);
            let pods = all.clone().filter_map(|it| it.effect.pods).fold(0, u64::saturating_add);
            (impact, all.count(), pods)
        };
        Impact::ALL.into_iter().rev().map(of).filter(|it| it.1 > 0).collect()
    }

    /// What several objects have alike: the same place, the same values, the same line. In the order of the first of each.
    pub(super) fn groups(&self) -> Vec<Group> {
        let mut found: BTreeMap<Alike<'_>, Vec<(usize, usize)>> = BTreeMap::new();
        for (object, entry) in self.objects.iter().enumerate().filter(|(_, it)| !it.is_secret()) {
            for (at, finding) in entry.changes.iter().enumerate() {
                let line = finding.cause.as_ref().map(|it| (it.file.as_str(), it.line, it.column));
                let key = (finding.pattern.as_str(), format!("{:?}", finding.what), line);
                found.entry(key).or_default().push((object, at));
            }
        }
        let mut groups: Vec<Group> =
            found.into_values().filter(|it| it.len() > 1).map(|members| Group { members }).collect();
        groups.sort_by_key(|it| it.members[0]);
        groups
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::testing::item;

    fn finding(pattern: &str, to: &str, line: usize) -> Finding {
        Finding {
            path: pattern.to_owned(),
            pattern: pattern.to_owned(),
            what: What::Changed(json!("a"), json!(to)),
            effect: Effect { impact: Impact::Rolling, reason: String::new(), pods: Some(2) },
            cause: Some(Cause { file: "x".into(), line, column: 1, route: format!("/{to}"), written: true }),
        }
    }

    fn entry(kind: &str, changes: Vec<Finding>) -> Entry {
        let effect = Effect { impact: Impact::Rolling, reason: String::new(), pods: Some(2) };
        Entry { changes, ..Entry::new(&item(kind, json!({})), State::Changed, effect) }
    }

    #[test]
    fn only_what_is_alike_in_all_is_one_group() {
        let report = Report {
            objects: vec![
                entry("Deployment", vec![finding("p", "b", 1), finding("q", "b", 1)]),
                entry("StatefulSet", vec![finding("p", "b", 1), finding("q", "c", 1)]),
                entry("DaemonSet", vec![finding("p", "b", 2)]),
                entry("Secret", vec![finding("p", "b", 1)]),
            ],
            ..Report::default()
        };
        let members: Vec<_> = report.groups().into_iter().map(|it| it.members).collect();
        let mut many =
            Report { objects: vec![entry("Job", Vec::new()), entry("Job", Vec::new())], ..Report::default() };
        many.objects[0].effect.pods = Some(u64::MAX);
        assert_eq!(many.sums(), [(Impact::Rolling, 2, u64::MAX)]);
        assert_eq!(members, [[(0, 0), (1, 0)]]);
        assert_eq!(report.sums(), [(Impact::Rolling, 4, 8)]);
        assert_eq!(report.numbers(), [0, 4, 0]);
    }
}
