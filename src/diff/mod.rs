//! What differs between two sets of objects by meaning, what applying it does, and which line of the stack causes it.
//!
//! Texts become objects ([`tree`], [`stream`]); what is no part of what somebody applies is left out ([`fields`],
//! [`defaults`]); objects are matched by [`identity`] and compared by [`merge_keys`]; each difference has its [`Impact`], with
//! the reason; [`provenance`](crate::provenance) finds its line. `docs/diff.md` says all of it for readers.

mod acknowledge;
mod adopt;
mod capacity;
mod compare;
mod defaults;
mod exposure;
mod fields;
mod human;
mod identity;
mod impact;
mod json;
mod markdown;
mod merge_keys;
mod object;
mod read;
mod recipe;
mod rename;
mod report;
mod scaling;
#[cfg(test)]
mod testing;
mod text;
mod tiers;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::diag::{Part, Route, Sources, Span};
use crate::document::Document;
use crate::k8s::labels;
use crate::provenance::{Found, Step, place};
use crate::resolve::Resolved;
use crate::stateful::upgrade;
use adopt::Adoption;
use compare::{Seen, compare, compare_seen};
use identity::{Pair, config_maps, pairs, settle};
use recipe::{Delivery, Dish, Kitchen, Users};
use scaling::Scaling;
use tiers::Facts;

pub use capacity::{Load, Nature, Pool, Range};
pub use compare::{Change, Path, What};
pub use exposure::{Class, Exposure, Exposures, Unchecked, Way};
pub use human::{Look, human, sums};
pub use impact::{Effect, Impact};
pub use json::{json, json_schema};
pub use markdown::{BUDGET, Section, markdown};
pub use object::Item;
pub use read::{Cache, Unreadable, stream, tree};
pub use recipe::Advice;
pub use report::{Acknowledgement, Cause, Entry, Finding, Report, State};
pub use text::plural;

/// What is compared.
#[derive(Debug)]
pub struct Question<'a> {
    /// What is there.
    pub before: Vec<Item>,
    /// Where `before` is a cluster's: what the cluster fills in is no difference, and only what is of this stack can be gone.
    pub live: Option<&'a str>,
    /// What `before` was compiled from, where it was.
    pub was: Option<Side<'a>>,
    /// What would be there.
    pub after: Vec<Item>,
    /// What `after` was compiled from.
    pub is: Side<'a>,
    /// The texts of the stack.
    pub sources: &'a Sources,
}

/// What a side was compiled from.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// The composed document.
    pub document: &'a Document,
    /// The stack with its names bound.
    pub resolved: &'a Resolved,
}

/// What differs.
#[must_use]
pub fn diff(question: Question<'_>) -> Report {
    let Question { mut before, live, was, mut after, is, sources } = question;
    settle(&mut before);
    settle(&mut after);
    let scaled_before = Scaling::read(&before);
    let scaling = Scaling::read(&after).since(&scaled_before);
    let ours = |item: &Item| live.is_none_or(|it| is_of(item, it));
    let made_from = |item: &Item, before| made_from(was, is, item, before);
    let pairs = rename::join(pairs(before, after), &made_from, &ours);
    let users = || {
        let known = was.map_or(is.resolved, |it| it.resolved);
        Users::read(pairs.iter().filter_map(Pair::before), Some(known))
    };
    let kitchen = Kitchen::new(Delivery::of(is.resolved), users);
    let context = Context {
        scaling,
        scaled_before,
        live: live.is_some(),
        explain: Explain { document: is.document, sources },
        adoption: Adoption::new(&pairs, is.resolved, &|item| live.is_some() && !ours(item)),
        kitchen,
        was,
        is,
    };
    let (files, facts) = (Files::of(&pairs), Facts::of(&pairs, was.map(|it| it.resolved), is.resolved));
    let mut report = Report::default();
    for (at, pair) in pairs.iter().enumerate() {
        let facts = facts.at(at);
        match pair {
            Pair::New(item) => report.objects.push(Entry {
                cause: context.explain.cause(&item.found(), &[key("kind")]),
                recipe: context.adoption.of_new(at, item),
                ..Entry::new(item, State::New, impact::new(item))
            }),
            Pair::Gone(item) if !ours(item) => report.left_out += 1,
            Pair::Gone(item) => report.objects.push(context.gone(item, facts)),
            Pair::Both(before, after) => report.objects.extend(context.both(before, after, &files, facts)),
            Pair::Renamed(before, after) => report.objects.push(context.renamed(before, after, facts)),
        }
    }
    let stays = |it: &Item| live.is_some_and(|stack| !is_of(it, stack));
    let subjects = exposure::subjects(&pairs, stays);
    report.capacity = capacity::find(&subjects, [&context.scaled_before, &context.scaling]);
    let line = |object: &Found, steps: &[Step]| context.explain.cause(object, steps);
    report.exposure = exposure::find(subjects, live.is_some(), &line);
    impact::settle(&mut report.objects);
    acknowledge::settle(&mut report, is, &context.explain);
    report
}

/// Whether an object says that stackgen made it for a stack.
fn is_of(item: &Item, stack: &str) -> bool {
    item.label(labels::MANAGED_BY) == labels::MANAGER && item.label(labels::PART_OF) == stack
}

/// The part of the stack that an object is made from; none where the stack as a whole is all that is known.
fn made_from(was: Option<Side<'_>>, is: Side<'_>, item: &Item, before: bool) -> Option<String> {
    let document = if before { was?.document } else { was.map(|_| is.document)? };
    let (route, _, _) = place(document, &item.found(), &[key("kind")]);
    (!route.as_str().is_empty()).then(|| route.to_string())
}

/// A step to a key.
fn key(key: &str) -> Step {
    Step::Key(key.to_owned())
}

/// What is known of both sides.
struct Context<'a> {
    scaled_before: Scaling,
    scaling: Scaling,
    live: bool,
    explain: Explain<'a>,
    adoption: Adoption<'a>,
    kitchen: Kitchen<'a>,
    was: Option<Side<'a>>,
    is: Side<'a>,
}

impl Context<'_> {
    fn gone(&self, item: &Item, facts: &[upgrade::Change]) -> Entry {
        let mut entry = Entry::new(item, State::Gone, impact::gone(item));
        self.refine(&mut entry, item, facts);
        entry.recipe = self.recipe(&entry, Some(item), None, &[], facts);
        entry
    }

    fn renamed(&self, before: &Item, after: &Item, facts: &[upgrade::Change]) -> Entry {
        let effect = impact::renamed(before);
        let mut changes = rename::changes(before, after);
        // Where it is, and how it is called, is said by the names.
        changes.retain(|it| !matches!(it.path.words()[..], ["metadata", "name" | "namespace"]));
        let found = after.found();
        let finding = |change: Change| Finding {
            path: change.path.shown(None),
            pattern: change.path.shown(None),
            effect: effect.clone(),
            cause: self.explain.cause(&found, &change.path.steps()),
            what: change.what,
        };
        let changes = changes.into_iter().map(finding).collect();
        let mut entry = Entry {
            renamed_from: Some(before.title()),
            cause: self.explain.cause(&found, &[key("metadata"), key("name")]),
            changes,
            ..Entry::new(after, State::Changed, effect)
        };
        self.refine(&mut entry, before, facts);
        entry.recipe = self.recipe(&entry, Some(before), Some(after), &[], facts);
        entry
    }

    /// Says of an object what the change of its tier does, where that is worse than what is said of its own changes.
    fn refine(&self, entry: &mut Entry, item: &Item, facts: &[upgrade::Change]) {
        for fact in facts {
            let Some(worse) = tiers::impact(&fact.what).filter(|it| *it > entry.effect.impact) else {
                continue;
            };
            entry.effect = Effect { impact: worse, reason: tiers::reason(fact), pods: entry.effect.pods };
            entry.cause = self.explain.route(&tiers::route(item.label(labels::NAME), fact));
        }
    }

    fn recipe(
        &self,
        entry: &Entry,
        before: Option<&Item>,
        after: Option<&Item>,
        changes: &[(Change, Impact)],
        facts: &[upgrade::Change],
    ) -> Vec<Advice> {
        let named = after.or(before);
        let was = self.was.and_then(|side| tiers::tier(named?, side.resolved));
        let tier = was.or_else(|| tiers::tier(named?, self.is.resolved)).zip(named).map(|(was, item)| {
            recipe::Tier {
                name: item.label(labels::NAME),
                was,
                domain: &self.is.resolved.stack.cluster.domain,
            }
        });
        let renamed = entry.renamed_from.is_some();
        let dish = Dish { before, after, changes, facts, tier, impact: entry.effect.impact, renamed };
        recipe::recipe(&self.kitchen, &dish)
    }

    fn both(
        &self,
        before: &Item,
        after: &Item,
        files: &Files<'_>,
        facts: &[upgrade::Change],
    ) -> Option<Entry> {
        let kind = &after.id.kind;
        let alike = before.says_what(after);
        let mut changes = if alike { Vec::new() } else { compare(kind, before.value(), after.value()) };
        if changes.iter().any(|it| matches!(it.what, What::Added(_) | What::Removed(_))) {
            let [old, new] = [before, after].map(Item::whole);
            let (old, new) =
                (Seen { value: before.value(), whole: &old }, Seen { value: after.value(), whole: &new });
            changes = compare_seen(kind, old, new);
        }
        changes.retain(|it| !self.is_filled_in(before, it));
        changes.extend(files.read_by(after));
        let renamed = kind == "Job" && before.id.name != after.id.name;
        if changes.is_empty() && renamed {
            let name = |it: &Item| Value::String(it.id.name.clone());
            let what = What::Changed(name(before), name(after));
            changes.push(Change { path: Path::of(&["metadata", "name"]), what });
        }
        if changes.is_empty() {
            return None;
        }
        let (was, is) = (Found { folder: after.folder.clone(), ..before.found() }, after.found());
        let (mut findings, mut known) = (Vec::new(), Vec::new());
        for change in changes {
            let mut effect = if renamed {
                Effect { impact: Impact::Hot, reason: "a Job of a new name runs once".to_owned(), pods: None }
            } else {
                impact::effect(before, after, &change, &self.scaling)
            };
            let fact = facts.iter().find(|it| tiers::is_about(&it.what, &change));
            if let Some(fact) = fact {
                tell(&mut effect, fact);
            }
            known.push((change.clone(), effect.impact));
            let cause = match &change.what {
                _ if let Some(fact) = fact => {
                    self.explain.route(&tiers::route(after.label(labels::NAME), fact))
                }
                What::Files(map, keys) => files.cause(after, map, keys, &self.explain),
                What::Removed(_) => self.explain.cause(&was, &change.path.steps()),
                _ => self.explain.cause(&is, &change.path.steps()),
            };
            let own = after.base.as_ref().unwrap_or(&after.id.name);
            let (path, pattern) = (change.path.shown(None), change.path.shown(Some(own)));
            findings.push(Finding { path, pattern, what: change.what, effect, cause });
        }
        // The first of the worst says why.
        let worst = findings.iter().map(|it| it.effect.impact).max()?;
        let effect = findings.iter().find(|it| it.effect.impact == worst)?.effect.clone();
        let mut entry = Entry { changes: findings, ..Entry::new(after, State::Changed, effect) };
        self.refine(&mut entry, after, facts);
        entry.recipe = self.adoption.of_changed(before, after, &known);
        entry.recipe.extend(self.recipe(&entry, Some(before), Some(after), &known, facts));
        Some(entry)
    }

    /// Whether the cluster, or an autoscaler, fills in what only `before` says.
    fn is_filled_in(&self, before: &Item, change: &Change) -> bool {
        let What::Removed(value) = &change.what else { return false };
        let words = change.path.words();
        let scaled = words == ["spec", "replicas"] && self.scaled_before.of(before).is_some();
        self.live && (scaled || fields::is_filled_in(&before.id.kind, &words, value))
    }
}

/// Says of a change of an object what it means for its tier.
fn tell(effect: &mut Effect, fact: &upgrade::Change) {
    if let Some(impact) = tiers::impact(&fact.what) {
        effect.impact = impact;
        effect.reason = tiers::reason(fact);
    } else if let Some(rest) = effect.reason.strip_suffix(impact::pods::NOT_CHECKED) {
        effect.reason = format!("{rest}; {}", tiers::reason(fact));
    }
}

/// Generated ConfigMaps whose content differs, by namespace and name: the object after, and the keys.
struct Files<'a>(BTreeMap<(&'a str, &'a str), (&'a Item, Vec<String>)>);

impl<'a> Files<'a> {
    fn of(pairs: &'a [Pair]) -> Self {
        let one = |pair: &'a Pair| {
            let Pair::Both(before, after) = pair else { return None };
            if after.id.kind != "ConfigMap" || before.says_what(after) {
                return None;
            }
            let name = before.base.as_ref().and(after.base.as_ref())?;
            let data = |it: &'a Item| ["/data", "/binaryData"].map(|at| it.at(at).and_then(Value::as_object));
            let mut keys = BTreeSet::new();
            for (old, new) in data(before).into_iter().zip(data(after)) {
                let all = old.into_iter().chain(new).flatten().map(|(key, _)| key);
                let value =
                    |it: Option<&'a serde_json::Map<String, Value>>, key: &str| it.and_then(|it| it.get(key));
                keys.extend(all.filter(|key| value(old, key) != value(new, key)).cloned());
            }
            (!keys.is_empty()).then(|| {
                ((after.text("/metadata/namespace"), name.as_str()), (&**after, keys.into_iter().collect()))
            })
        };
        Self(pairs.iter().filter_map(one).collect())
    }

    /// What an object's pods read that differs. Its names have a new suffix, so that the pods are new ones.
    fn read_by(&self, item: &Item) -> Vec<Change> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let namespace = item.text("/metadata/namespace");
        let Some(at) = item.template_at() else { return Vec::new() };
        let at: Vec<&str> = at.split('/').skip(1).collect();
        let read = config_maps(item).into_iter().filter_map(|name| {
            let (_, keys) = self.0.get(&(namespace, name.as_str()))?;
            Some(Change { path: Path::of(&at), what: What::Files(name.clone(), keys.clone()) })
        });
        read.collect()
    }

    fn cause(&self, item: &Item, map: &str, keys: &[String], explain: &Explain<'_>) -> Option<Cause> {
        let (map, _) = self.0.get(&(item.text("/metadata/namespace"), map))?;
        explain.cause(&map.found(), &[key("data"), key(keys.first()?)])
    }
}

/// What finds lines.
#[derive(Debug)]
struct Explain<'a> {
    document: &'a Document,
    sources: &'a Sources,
}

impl Explain<'_> {
    /// The line behind a value; none where the stack as a whole is all that can be said.
    fn cause(&self, object: &Found, steps: &[Step]) -> Option<Cause> {
        let (route, at, written) = place(self.document, object, steps);
        self.line(&route, at, written)
    }

    /// The line of a part of the stack.
    fn route(&self, route: &Route) -> Option<Cause> {
        let (at, written) = self.document.locate(route, Part::Value);
        self.line(route, at, written)
    }

    fn line(&self, route: &Route, at: Span, written: bool) -> Option<Cause> {
        if route.as_str().is_empty() || at == self.document.locate(&Route::root(), Part::Value).0 {
            return None;
        }
        let (line, column) = self.sources.line_column(at.file, at.start);
        let file = self.sources.path(at.file).to_owned();
        Some(Cause { file, line, column, route: route.to_string(), written })
    }
}
