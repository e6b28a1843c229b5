//! What an experienced operator would run, in order, for a change that the API server refuses or that data must outlive.
//!
//! A class of changes says what comes before the new description is applied, and what after; how it is applied is up to the
//! tool that does it ([`delivery`]). Commands have the object's real names. None has a secret in it.

mod address;
mod again;
mod claims;
mod delivery;
mod gone;
mod selector;
mod stateful_set;
mod tier;
mod users;

use super::compare::{Change, What};
use super::impact::Impact;
use super::object::Item;
use crate::stateful::upgrade;
pub(super) use delivery::Delivery;
pub(super) use tier::Tier;
pub(super) use users::Users;

/// A step of a recipe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The command; where there is none, what to do, in words.
    pub action: String,
    /// Why, or what to look at.
    pub why: String,
}

fn step(action: impl Into<String>, why: impl Into<String>) -> Step {
    Step { action: action.into(), why: why.into() }
}

/// What a class of changes says.
#[derive(Debug, Default)]
struct Draft {
    /// Instead of applying the change as it is.
    instead: Vec<Step>,
    /// Before it is applied.
    first: Vec<Step>,
    /// Once it is applied.
    then: Vec<Step>,
    /// Whether the tool that applies would undo, or run into, what comes first.
    pause: bool,
}

impl Draft {
    fn add(&mut self, other: Self) {
        for (own, more) in
            [(&mut self.instead, other.instead), (&mut self.first, other.first), (&mut self.then, other.then)]
        {
            for step in more {
                // Two reasons for one command are one command.
                if !own.iter().any(|it| it.action == step.action) {
                    own.push(step);
                }
            }
        }
        self.pause |= other.pause;
    }
}

/// What is known of the whole comparison.
#[derive(Debug)]
pub(super) struct Kitchen {
    /// What applies.
    pub delivery: Delivery,
    /// Who mounts the claims that are there.
    pub users: Users,
}

/// What became of an object: its sides, what differs, and how bad it is.
#[derive(Debug)]
pub(super) struct Dish<'a> {
    pub before: Option<&'a Item>,
    pub after: Option<&'a Item>,
    pub changes: &'a [(Change, Impact)],
    /// What it means for the tier that it is of.
    pub facts: &'a [upgrade::Change],
    pub tier: Option<Tier<'a>>,
    pub impact: Impact,
    /// Whether it is there under another name.
    pub renamed: bool,
}

impl Dish<'_> {
    /// The changes of an impact with the words of their paths.
    fn of(&self, impact: Impact) -> impl Iterator<Item = (Vec<&str>, &What)> {
        self.changes.iter().filter(move |it| it.1 == impact).map(|(it, _)| (it.path.words(), &it.what))
    }
}

/// The steps for an object; nothing where applying it is all there is to do.
pub(super) fn recipe(kitchen: &Kitchen, dish: &Dish<'_>) -> Vec<Step> {
    let mut draft = Draft::default();
    draft.add(tier::draft(dish));
    match (dish.before, dish.after) {
        (Some(before), Some(after)) if !dish.renamed => {
            draft.add(changed(kitchen, dish, before, after));
        }
        (Some(before), _) if dish.impact == Impact::Data => draft.add(gone::draft(kitchen, dish, before)),
        _ => {}
    }
    let Draft { instead, first, then, pause } = draft;
    let mut steps = instead;
    if !first.is_empty() || !then.is_empty() {
        steps.extend(kitchen.delivery.around(first, then, pause));
    }
    steps
}

fn changed(kitchen: &Kitchen, dish: &Dish<'_>, before: &Item, after: &Item) -> Draft {
    let mut draft = Draft::default();
    draft.add(stateful_set::draft(dish, before, after));
    draft.add(claims::draft(kitchen, dish, before));
    draft.add(selector::draft(dish, before, after));
    draft.add(again::draft(dish, before));
    draft.add(address::draft(dish, after));
    draft
}

/// `kubectl VERB KIND NAME -n NAMESPACE`.
fn kubectl(verb: &str, item: &Item, more: &str) -> String {
    let gap = if more.is_empty() { "" } else { " " };
    format!("kubectl {verb} {}{gap}{more}", named(item))
}

/// `KIND NAME -n NAMESPACE`.
fn named(item: &Item) -> String {
    let kind = match &*item.id.kind {
        "PersistentVolumeClaim" => "pvc".to_owned(),
        "PersistentVolume" => "pv".to_owned(),
        kind if item.id.group.contains('.') && !crate::k8s::resources::is_own_group(&item.id.group) => {
            format!("{}.{}", kind.to_lowercase(), item.id.group)
        }
        kind => kind.to_lowercase(),
    };
    format!("{kind} {}{}", word(&item.id.name), namespaced(item))
}

/// ` -n NAMESPACE`, where it has one.
fn namespaced(item: &Item) -> String {
    item.id.namespace.as_deref().map(|it| format!(" -n {}", word(it))).unwrap_or_default()
}

/// A word for a shell: what comes from a stream may be anything.
fn word(text: &str) -> String {
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/' | '=' | ',' | '!');
    if !text.is_empty() && text.chars().all(plain) && !text.contains('!') {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A patch of what it says about volumes that are let go.
const RETAIN: &str = r#"--type merge -p '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}'"#;

/// Keeps the volume of a claim when the claim goes
/// (kubernetes.io/docs/tasks/administer-cluster/change-pv-reclaim-policy).
fn retain(claim: &str, namespace: Option<&str>) -> Step {
    let namespace = namespace.map(|it| format!(" -n {}", word(it))).unwrap_or_default();
    let volume = format!("kubectl get pvc {}{namespace} -o jsonpath='{{.spec.volumeName}}'", word(claim));
    step(
        format!("kubectl patch pv \"$({volume})\" {RETAIN}"),
        "the volume, and what is on it, outlives its claim: the way back",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_for_a_shell() {
        assert_eq!(word("system:auth-delegator"), "system:auth-delegator");
        assert_eq!(word("a b"), "'a b'");
        assert_eq!(word("a'; rm -rf /"), r"'a'\''; rm -rf /'");
        assert_eq!(word("$(id)"), "'$(id)'");
    }
}
