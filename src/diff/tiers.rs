//! What differs, read as a change of a tier: what it means for the data that the tier keeps.
//!
//! Where both sides are descriptions, [`upgrade::between`] says it. Where one side is objects alone, they say what they can:
//! the tag of an engine's image, and the number of pods.

use std::collections::BTreeMap;

use serde_json::Value;

use super::compare::{Change as Difference, What as Differs, amount, compare};
use super::identity::Pair;
use super::impact::Impact;
use super::object::Item;
use crate::diag::Route;
use crate::k8s::labels;
use crate::model::Name;
use crate::resolve::Resolved;
use crate::stateful::AnyTier;
use crate::stateful::upgrade::{Change, Members, Pair as Values, What, from_number, from_size, from_tag};
use crate::upgrade::{TierChange, between};

/// What the changes of tiers mean, by the number of the pair that shows it.
#[derive(Debug, Default)]
pub(super) struct Facts(BTreeMap<usize, Vec<Change>>);

impl Facts {
    /// What is known of pairs.
    pub(super) fn of(pairs: &[Pair], was: Option<&Resolved>, is: &Resolved) -> Self {
        let mut found = Self::default();
        let Some(was) = was else {
            for (at, pair) in pairs.iter().enumerate() {
                found.note(at, seen(pair, is));
            }
            return found;
        };
        for (name, change) in between(&was.stack, &is.stack) {
            let TierChange::Changed(changes) = change else { continue };
            // What keeps its data, of what differs.
            let shown: Vec<(usize, Vec<Difference>)> = pairs
                .iter()
                .enumerate()
                .filter(|(_, pair)| item(pair).label(labels::NAME) == name.as_str() && keeps(item(pair)))
                .map(|(at, pair)| {
                    // What it reads may differ although it does not.
                    (at, differences(pair))
                })
                .collect();
            let tier = is.stack.stateful.get(&name);
            for change in changes {
                let members = tier.and_then(|it| members(&change, it));
                let fits = |at: usize| {
                    let called = tier.map_or(name.as_str(), |it| called(it, name.as_str()));
                    let part = part(item(&pairs[at]), called);
                    members.as_ref().is_none_or(|it| part.is_some_and(|part| it.is_of(part)))
                };
                let mut of: Vec<usize> = shown
                    .iter()
                    .filter(|(at, found)| fits(*at) && found.iter().any(|it| is_about(&change.what, it)))
                    .map(|it| it.0)
                    .collect();
                let whole = members.as_ref().is_some_and(|it| it.parts.is_empty());
                if whole && matches!(change.what, What::FewerMembers(..)) {
                    of.extend(shown.iter().map(|it| it.0).filter(|at| match &pairs[*at] {
                        Pair::Gone(it) => tier.is_some_and(|tier| has_data(it, name.as_str(), tier)),
                        _ => false,
                    }));
                }
                if of.is_empty() {
                    let differs = shown.iter().find(|it| !it.1.is_empty());
                    of.extend(differs.or(shown.first()).map(|it| it.0));
                }
                for at in of {
                    found.note(at, vec![change.clone()]);
                }
            }
        }
        found
    }

    /// What the change of a pair means.
    pub(super) fn at(&self, pair: usize) -> &[Change] {
        self.0.get(&pair).map_or(&[], Vec::as_slice)
    }

    fn note(&mut self, at: usize, changes: Vec<Change>) {
        for change in changes {
            let known = self.0.entry(at).or_default();
            if !known.contains(&change) {
                known.push(change);
            }
        }
    }
}

fn item(pair: &Pair) -> &Item {
    match pair {
        Pair::New(it) | Pair::Gone(it) | Pair::Both(_, it) | Pair::Renamed(_, it) => it,
    }
}

fn differences(pair: &Pair) -> Vec<Difference> {
    match pair {
        Pair::Both(before, after) => compare(&after.id.kind, before.value(), after.value()),
        _ => Vec::new(),
    }
}

/// Whether it keeps data, or describes what does.
fn keeps(item: &Item) -> bool {
    item.id.kind == "StatefulSet" || item.at("/spec/storage").or(item.at("/spec/persistence")).is_some()
}

/// What two objects say by themselves.
fn seen(pair: &Pair, is: &Resolved) -> Vec<Change> {
    let Pair::Both(before, after) = pair else { return Vec::new() };
    if before.says_what(after) {
        return Vec::new();
    }
    let Some(tier) = tier(after, is).filter(|_| keeps(after)) else { return Vec::new() };
    let mut found = Vec::new();
    for difference in differences(pair) {
        let words = difference.path.words();
        match (&difference.what, words.last()) {
            (Differs::Changed(Value::String(from), Value::String(to)), Some(&("image" | "imageName"))) => {
                let ((old, tag), (new, _)) = (parts(from), parts(to));
                let official = tier.0.standing().release.map(|it| it.table.image);
                let same = old == new || official == Some(old);
                found.extend(tag.filter(|_| same).and_then(|tag| from_tag(tag, tier)));
            }
            (Differs::Changed(Value::String(from), Value::String(to)), _)
                if words.contains(&"storage") && after.id.kind != "StatefulSet" =>
            {
                found.extend(from_size(from, to));
            }
            (differs, _) if is_number(&words) => {
                let part = part(after, called(tier, after.label(labels::NAME)));
                found.extend(
                    numbers(differs)
                        .zip(part)
                        .and_then(|((from, to), part)| from_number(from, to, part, tier)),
                );
            }
            _ => {}
        }
    }
    found
}

/// The tier of an object.
pub(super) fn tier<'a>(item: &Item, of: &'a Resolved) -> Option<&'a AnyTier> {
    let name = item.label(labels::NAME);
    of.stack.stateful.iter().find(|(own, _)| own.as_str() == name).map(|it| it.1)
}

/// What follows the name of its tier and `-` in the name of an object; empty for the one of the tier's name, none where it begins
/// otherwise.
pub(super) fn part<'a>(item: &'a Item, tier: &str) -> Option<&'a str> {
    let rest = item.id.name.strip_prefix(tier)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('-') }
}

/// What the objects of a tier of this name are called.
fn called<'a>(tier: &'a AnyTier, name: &'a str) -> &'a str {
    let kept = tier.0.common().adopt.as_ref().and_then(|it| it.name.as_ref());
    kept.map_or(name, Name::as_str)
}

/// Whether the pods of an object are servers of its tier's engine.
pub(super) fn has_data(item: &Item, name: &str, tier: &AnyTier) -> bool {
    part(item, called(tier, name)).is_none_or(|it| !tier.0.procedures().without_data.contains(&it))
}

/// The members whose number changes.
fn members(change: &Change, tier: &AnyTier) -> Option<Members> {
    let counted = matches!(change.what, What::FewerMembers(..) | What::MoreMembers(..));
    tier.0.standing().members.into_iter().find(|it| counted && it.at == change.at)
}

/// An image without its tag and digest.
pub(super) fn repository(image: &str) -> &str {
    parts(image).0
}

/// An image without its tag and digest, and the tag.
fn parts(image: &str) -> (&str, Option<&str>) {
    let image = image.split('@').next().unwrap_or(image);
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (image, None),
    }
}

/// How many there were, and are; one is what nobody has to say.
fn numbers(differs: &Differs) -> Option<(u32, u32)> {
    let number = |it: &Value| it.as_u64().and_then(|it| u32::try_from(it).ok());
    match differs {
        Differs::Changed(from, to) => number(from).zip(number(to)),
        Differs::Removed(from) => Some((number(from)?, 1)),
        Differs::Added(to) => Some((1, number(to)?)),
        _ => None,
    }
}

fn is_number(words: &[&str]) -> bool {
    matches!(words, ["spec", "replicas" | "instances" | "clusterSize"])
}

/// Whether a difference of an object is that change of its tier.
pub(super) fn is_about(what: &What, difference: &Difference) -> bool {
    let words = difference.path.words();
    if let What::FewerMembers(_, pair) | What::MoreMembers(_, pair) = what {
        let same = |(from, to): (u32, u32)| from.to_string() == pair.from && to.to_string() == pair.to;
        return is_number(&words) && numbers(&difference.what).is_some_and(same);
    }
    let Differs::Changed(from, to) = &difference.what else { return false };
    let amounts = |pair: &Values| {
        let of = |it: &str| amount(&Value::String(it.to_owned()));
        (amount(from), amount(to)) == (of(&pair.from), of(&pair.to))
    };
    match what {
        What::Upgrade(_) | What::MajorUpgrade(_) | What::SkippedLines(..) | What::Downgrade(_) => {
            matches!(words.last(), Some(&("image" | "imageName")))
        }
        What::ShrinkingClaim(pair) | What::GrowingClaim(pair) => words.contains(&"storage") && amounts(pair),
        What::StorageClass(_) => matches!(words.last(), Some(&("storageClassName" | "storageClass"))),
        What::Engine(_)
        | What::Backend(_)
        | What::StorageGone
        | What::FixedAtStart(_)
        | What::FewerMembers(..)
        | What::MoreMembers(..) => false,
    }
}

/// The part of the stack that changed.
pub(super) fn route(tier: &str, change: &Change) -> Route {
    change.at.iter().fold(Route::of(&["stateful", tier]), |route, key| route.join(key))
}

/// What it does, where that is more than the objects say.
pub(super) fn impact(what: &What) -> Option<Impact> {
    match what {
        What::Engine(_)
        | What::Backend(_)
        | What::MajorUpgrade(_)
        | What::SkippedLines(..)
        | What::Downgrade(_)
        | What::ShrinkingClaim(_)
        | What::StorageGone
        | What::FewerMembers(..)
        | What::FixedAtStart(_) => Some(Impact::Data),
        What::Upgrade(_) | What::GrowingClaim(_) | What::StorageClass(_) | What::MoreMembers(..) => None,
    }
}

/// The change in a few words.
pub(super) fn reason(change: &Change) -> String {
    let of = |what: &str, pair: &Values| format!("{what} from {} to {}: {}", pair.from, pair.to, change.how);
    match &change.what {
        What::Engine(pair) => of("another engine,", pair),
        What::Backend(pair) => of("somebody else runs it,", pair),
        What::Upgrade(pair) => of("a later line,", pair),
        What::MajorUpgrade(pair) => of("a later line that does not read the data,", pair),
        What::SkippedLines(pair, stops) => {
            format!(
                "from {} to {} it stops at {}: {}",
                pair.from,
                pair.to,
                crate::diag::and_list(stops.iter().copied()),
                change.how
            )
        }
        What::Downgrade(pair) => of("an earlier line,", pair),
        What::ShrinkingClaim(pair) => of("a smaller claim,", pair),
        What::GrowingClaim(pair) => of("a larger claim,", pair),
        What::StorageClass(pair) => of("claims of another class,", pair),
        What::StorageGone => format!("its storage is described no more: {}", change.how),
        What::FewerMembers(what, pair) => of(&format!("fewer {what},"), pair),
        What::MoreMembers(what, pair) => of(&format!("more {what},"), pair),
        What::FixedAtStart(pair) => of(&format!("`{}`", change.at.join(".")), pair),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_have_parts() {
        assert_eq!(parts("postgres:17"), ("postgres", Some("17")));
        assert_eq!(parts("r.example:5000/a/b"), ("r.example:5000/a/b", None));
        assert_eq!(parts("r.example:5000/b:1@sha256:00"), ("r.example:5000/b", Some("1")));
    }
}
