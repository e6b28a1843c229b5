//! What the engine of a tier wants: the order of an upgrade, members that go, what counts at the first start alone.

use super::{Advice, Dish, Draft, kubectl, namespaced, retain, step, word};
use crate::diff::object::Item;
use crate::stateful::AnyTier;
use crate::stateful::procedure::Stage;
use crate::stateful::upgrade::{Change, Pair, What};

/// The tier that an object is of.
#[derive(Clone, Copy, Debug)]
pub(in crate::diff) struct Tier<'a> {
    /// Its name.
    pub name: &'a str,
    /// As it was, where that is known; else as it is.
    pub was: &'a AnyTier,
    /// The domain of the cluster.
    pub domain: &'a str,
}

/// A copy of what the tier keeps; words where its commands are not known.
pub(super) fn backup(dish: &Dish<'_>) -> Vec<Advice> {
    let Some(tier) = dish.tier else {
        return vec![step(
            "take a backup of what it keeps",
            "what its program needs for that is not known here",
        )];
    };
    filled(tier.was.0.procedures().backup, &Names::of(dish, tier))
}

/// Puts the copy back.
pub(super) fn restore(dish: &Dish<'_>) -> Vec<Advice> {
    let known = dish.tier.map(|it| (it, it.was.0.procedures().restore)).filter(|it| !it.1.is_empty());
    known.map_or_else(
        || vec![step("restore the backup", "the new pods began empty")],
        |(tier, stages)| filled(stages, &Names::of(dish, tier)),
    )
}

/// What to do for what a change means to the tier.
pub(super) fn draft(dish: &Dish<'_>) -> Draft {
    let mut draft = Draft::default();
    let (Some(tier), Some(item)) = (dish.tier, dish.before.or(dish.after)) else { return draft };
    for fact in dish.facts {
        draft.add(of(dish, tier, item, fact));
    }
    draft
}

fn of(dish: &Dish<'_>, tier: Tier<'_>, item: &Item, fact: &Change) -> Draft {
    let known = tier.was.0.procedures();
    let names = Names::of(dish, tier);
    let lines = |pair: &Pair| names.clone().between(tier, pair);
    match &fact.what {
        What::MajorUpgrade(pair) if known.restore.is_empty() => upgrade(dish, &lines(pair), known),
        What::MajorUpgrade(_) => converted(dish, item),
        What::FixedAtStart(_) if fact.at == ["version"] => converted(dish, item),
        What::Upgrade(pair) => upgrade(dish, &lines(pair), known),
        What::SkippedLines(pair, stops) => {
            let mut draft = Draft::default();
            for stop in stops {
                draft.instead.push(step(
                    format!("in the stack, `version: \"{stop}\"` first, and all that its own upgrade wants"),
                    format!("the way from {} to {} leads over it: {}", pair.from, pair.to, fact.how),
                ));
            }
            draft
        }
        What::Downgrade(pair) => instead(
            format!("in the stack, leave `version: \"{}\"`", pair.from),
            format!(
                "{}; the other way is a backup of the time of {}, restored into an empty tier",
                fact.how, pair.to
            ),
        ),
        What::FixedAtStart(pair) => instead(
            format!("in the stack, put `{}` back to `{}`", fact.at.join("."), pair.from),
            fact.how.clone(),
        ),
        What::FewerMembers(what, pair) => fewer(dish, tier, item, what, pair, &fact.how),
        What::MoreMembers(..) => Draft {
            then: vec![step(format!("see to what is more of {}", tier.name), fact.how.clone())],
            ..Draft::default()
        },
        What::Engine(pair) | What::Backend(pair) => instead(
            format!("in the stack, describe the new tier beside `{}` under another name", tier.name),
            format!(
                "from {} to {}: {}; copy what is there, move `uses`, then take the old one out",
                pair.from, pair.to, fact.how
            ),
        ),
        What::ShrinkingClaim(pair) if item.id.kind != "StatefulSet" => instead(
            format!("in the stack, describe a second tier beside `{}` with claims of {}", tier.name, pair.to),
            "the operator keeps its claims: the data moves by a backup, then `uses` moves, then the old tier goes".to_owned(),
        ),
        // The claims themselves say what to do.
        What::ShrinkingClaim(_) | What::GrowingClaim(_) | What::StorageClass(_) => Draft::default(),
        What::StorageGone => Draft { first: backup(dish), ..Draft::default() },
    }
}

fn instead(action: String, why: String) -> Draft {
    Draft { instead: vec![step(action, why)], ..Draft::default() }
}

fn upgrade(dish: &Dish<'_>, names: &Names, known: &crate::stateful::procedure::Procedures) -> Draft {
    let mut first = backup(dish);
    first.extend(filled(known.before_upgrade, names));
    Draft { first, then: filled(known.after_upgrade, names), ..Draft::default() }
}

/// Data that the new server does not read: out, an empty start, and in.
fn converted(dish: &Dish<'_>, item: &Item) -> Draft {
    let mut draft = Draft { first: backup(dish), pause: true, ..Draft::default() };
    if item.id.kind == "StatefulSet" {
        let claims: Vec<String> = super::stateful_set::claims(item).into_iter().flat_map(|it| it.1).collect();
        draft.first.extend(claims.iter().map(|it| retain(it, item.id.namespace.as_deref())));
        draft.first.push(step(
            kubectl("delete", item, ""),
            "nobody writes any more: a backup taken now is the last word",
        ));
        let why = "the new server begins empty; what is on the old volumes stays";
        draft.first.extend(super::stateful_set::let_go(item, &claims, why));
        if super::stateful_set::is_by_hand(item) {
            draft.first.push(step(
                "move what is on the volumes aside, where it is kept",
                "the new description leads to the same place, and the new server must find it empty",
            ));
        }
        draft.then.push(step(kubectl("rollout status", item, ""), "the new server is empty, and ready"));
    }
    draft.then.extend(restore(dish));
    draft
}

fn fewer(dish: &Dish<'_>, tier: Tier<'_>, item: &Item, what: &str, pair: &Pair, how: &str) -> Draft {
    let known = tier.was.0.procedures().removals.iter().find(|it| it.what == what);
    let mut draft = Draft { pause: true, ..Draft::default() };
    let pods = super::stateful_set::pods(item);
    let stay = pair.to.parse().unwrap_or(usize::MAX);
    for pod in pods.iter().skip(stay).rev() {
        let names = Names { last: pod.clone(), ..Names::of(dish, tier) };
        match known {
            Some(removal) => {
                draft.first.extend(filled(removal.before, &names));
                draft.then.extend(filled(removal.after, &names));
            }
            None => draft.first.push(step(format!("take {pod} out of the {what}"), how)),
        }
        for (template, _) in super::stateful_set::claims(item) {
            let command =
                format!("kubectl delete pvc {}{}", word(&format!("{template}-{pod}")), namespaced(item));
            draft.then.push(step(
                command,
                "a pod that comes back with the data of one that was taken out does not join",
            ));
        }
    }
    if draft.first.is_empty() && draft.then.is_empty() {
        draft.first.push(step(format!("see to the {what} that go"), how));
    }
    draft
}

/// What the places of a command are for this object.
#[derive(Clone, Debug)]
struct Names {
    name: String,
    namespace: String,
    pod: String,
    last: String,
    domain: String,
    user: String,
    from: String,
    to: String,
}

impl Names {
    fn of(dish: &Dish<'_>, tier: Tier<'_>) -> Self {
        let item = dish.before.or(dish.after);
        let pods = item.map(super::stateful_set::pods).unwrap_or_default();
        let namespace = item.and_then(|it| it.id.namespace.clone()).unwrap_or_default();
        let service = item.map(|it| it.text("/spec/serviceName").to_owned()).unwrap_or_default();
        let fixed = tier.was.0.standing().fixed;
        let user = fixed
            .iter()
            .find(|it| it.at == ["user"])
            .map_or_else(|| "root".to_owned(), |it| it.value.clone());
        Self {
            name: tier.name.to_owned(),
            pod: pods.first().cloned().unwrap_or_default(),
            last: pods.last().cloned().unwrap_or_default(),
            domain: format!("{service}.{namespace}.svc.{}", tier.domain),
            namespace,
            user,
            from: String::new(),
            to: String::new(),
        }
    }

    /// With the lines of two versions, as the engine names them.
    fn between(self, tier: Tier<'_>, pair: &Pair) -> Self {
        let table = tier.was.0.standing().release.map(|it| it.table);
        let line = |tag: &str| table.and_then(|it| it.line(tag)).map_or(tag, |it| it.version).to_owned();
        Self { from: line(&pair.from), to: line(&pair.to), ..self }
    }
}

fn filled(stages: &[Stage], names: &Names) -> Vec<Advice> {
    let ordinal = names.last.rsplit('-').next().unwrap_or_default();
    let places = [
        ("{name}", names.name.as_str()),
        ("{namespace}", &names.namespace),
        ("{pod}", &names.pod),
        ("{last}", &names.last),
        ("{ordinal}", ordinal),
        ("{domain}", &names.domain),
        ("{user}", &names.user),
        ("{from}", &names.from),
        ("{to}", &names.to),
    ];
    let fill =
        |text: &str| places.iter().fold(text.to_owned(), |text, (place, value)| text.replace(place, value));
    stages.iter().map(|it| step(fill(it.run), fill(it.why))).collect()
}
