//! What becomes reachable or readable by a change, or no longer is: the other axis of a comparison beside its impact.
//!
//! Each part looks at both sides as wholes: what an object no longer allows and another one still does is no difference.
//! What did not change is looked at only where something that did needs it.

mod hosts;
mod index;
mod mesh;
mod network;
mod pod_security;
mod rbac;
mod secrets;
#[cfg(test)]
mod tests;
mod tokens;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::identity::Pair;
use super::key;
use super::object::Item;
use super::report::Cause;
use crate::provenance::{Found, Step};

/// What kind of exposure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A host, a port or an address that leads into the cluster.
    Host,
    /// What the API server allows.
    Rbac,
    /// A secret that a workload reads.
    Secret,
    /// What admission refuses.
    PodSecurity,
    /// A path from one workload to another, or to and from outside.
    Network,
    /// The token of a ServiceAccount in a pod.
    Token,
}

impl Class {
    /// All, the most dangerous first.
    pub const ALL: [Self; 6] =
        [Self::Host, Self::Rbac, Self::Secret, Self::PodSecurity, Self::Network, Self::Token];

    /// The word for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Rbac => "rbac",
            Self::Secret => "secret",
            Self::PodSecurity => "podSecurity",
            Self::Network => "network",
            Self::Token => "token",
        }
    }
}

/// As people read it.
impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "host",
            Self::Rbac => "RBAC",
            Self::Secret => "secret",
            Self::PodSecurity => "PodSecurity",
            Self::Network => "network path",
            Self::Token => "token",
        })
    }
}

/// Which way something changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// It is reachable or readable only after.
    Opened,
    /// It was only before.
    Closed,
}

impl Way {
    /// The word for programs and people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Closed => "closed",
        }
    }
}

/// Something that became reachable or readable, or no longer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// What kind.
    pub class: Class,
    /// Which way.
    pub way: Way,
    /// Who reaches, reads or may do it: `shop/cart`, `ServiceAccount shop/cart`; of a host, the host.
    pub who: String,
    /// What is reached, read or done.
    pub what: String,
    /// The object that makes the difference: `NetworkPolicy shop/cart`.
    pub object: String,
    /// Why.
    pub reason: String,
    /// The line that causes it.
    pub cause: Option<Cause>,
}

/// One sentence.
impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { class, who, what, .. } = self;
        match class {
            Class::Host | Class::Network => write!(f, "{who} → {what}"),
            Class::Rbac => write!(f, "{who} may {what}"),
            Class::Secret => write!(f, "{who} reads {what}"),
            Class::Token => write!(f, "{who} holds {what}"),
            Class::PodSecurity => write!(f, "{who} {what}"),
        }
    }
}

/// What could not be told, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unchecked {
    /// What kind.
    pub class: Class,
    /// Why.
    pub reason: String,
}

/// What is exposed otherwise after than before.
#[derive(Debug, Default)]
pub struct Exposures {
    /// What is: what was opened, then what was closed, the most dangerous kind first.
    pub all: Vec<Exposure>,
    /// What could not be told.
    pub unchecked: Vec<Unchecked>,
}

impl Exposures {
    /// How many were opened and closed.
    #[must_use]
    pub fn numbers(&self) -> [usize; 2] {
        [Way::Opened, Way::Closed].map(|way| self.all.iter().filter(|it| it.way == way).count())
    }
}

/// One of the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

impl Side {
    const BOTH: [Self; 2] = [Self::Before, Self::After];

    fn other(self) -> Self {
        match self {
            Self::Before => Self::After,
            Self::After => Self::Before,
        }
    }

    /// What it means that something is on this side alone.
    fn way(self) -> Way {
        match self {
            Self::Before => Way::Closed,
            Self::After => Way::Opened,
        }
    }
}

/// An object on both sides, or on one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    pub(super) before: Option<&'a Item>,
    pub(super) after: Option<&'a Item>,
    /// Whether both sides say the same.
    pub(super) alike: bool,
}

impl<'a> Subject<'a> {
    fn on(self, side: Side) -> Option<&'a Item> {
        match side {
            Side::Before => self.before,
            Side::After => self.after,
        }
    }

    fn any(self) -> Option<&'a Item> {
        self.after.or(self.before)
    }

    /// Whether it is of a kind, written as `GROUP/KIND`.
    fn is_kind(self, kind: &str) -> bool {
        kind.split_once('/').is_some_and(|(group, kind)| self.is(group, kind))
    }

    /// Whether it is of a kind of a group.
    fn is(self, group: &str, kind: &str) -> bool {
        self.any().is_some_and(|it| it.id.kind == kind && it.id.group == group)
    }
}

/// Where the reason of a difference is.
#[derive(Clone, Debug)]
struct Place<'a> {
    subject: Subject<'a>,
    steps: Vec<Step>,
}

impl<'a> Place<'a> {
    fn new(subject: Subject<'a>, keys: &[&str]) -> Self {
        Self { subject, steps: keys.iter().map(|it| key(it)).collect() }
    }

    /// With an item of a list behind it.
    fn item(mut self, name: impl fmt::Display) -> Self {
        self.steps.push(Step::Item(name.to_string()));
        self
    }

    fn key(mut self, key: &str) -> Self {
        self.steps.push(super::key(key));
        self
    }
}

/// What finds the line behind a value of an object.
type Lines<'a> = dyn Fn(&Found, &[Step]) -> Option<Cause> + 'a;

/// Both sides, and what is found.
struct Look<'a> {
    subjects: Vec<Subject<'a>>,
    live: bool,
    lines: &'a Lines<'a>,
    found: Exposures,
}

/// The objects of both sides. `stays` says which objects of a cluster are not of the stack: they are there after, too.
pub(super) fn subjects(pairs: &[Pair], stays: impl Fn(&Item) -> bool) -> Vec<Subject<'_>> {
    let mut found = Vec::new();
    let mut add = |before: Option<_>, after: Option<_>| {
        let alike = before.zip(after).is_some_and(|(a, b): (&Item, &Item)| a.says_what(b));
        found.push(Subject { before, after, alike });
    };
    for pair in pairs {
        match pair {
            Pair::New(it) => add(None, Some(it)),
            Pair::Gone(it) => add(Some(it), stays(it).then_some(&**it)),
            Pair::Both(before, after) => add(Some(before), Some(after)),
            // Others know it by its name.
            Pair::Renamed(before, after) => {
                add(Some(before), None);
                add(None, Some(after));
            }
        }
    }
    found
}

/// What is exposed otherwise, each with its line.
pub(super) fn find<'a>(subjects: Vec<Subject<'a>>, live: bool, lines: &'a Lines<'a>) -> Exposures {
    if subjects.iter().all(|it| it.alike) {
        return Exposures::default();
    }
    let mut look = Look { subjects, live, lines, found: Exposures::default() };
    hosts::find(&mut look);
    rbac::find(&mut look);
    secrets::find(&mut look);
    pod_security::find(&mut look);
    network::find(&mut look);
    tokens::find(&mut look);
    let mut found = look.found;
    // The parts have said it in their order, which is that of the classes.
    found.all.sort_by(|a, b| (a.way, a.class, &a.who, &a.what).cmp(&(b.way, b.class, &b.who, &b.what)));
    found.all.dedup();
    found
}

impl<'a> Look<'a> {
    /// Objects of some kinds, `GROUP/KIND` each.
    fn of(&self, kinds: &[&str]) -> Vec<Subject<'a>> {
        let is = |it: &Subject<'a>| kinds.iter().any(|kind| it.is_kind(kind));
        self.subjects.iter().copied().filter(is).collect()
    }

    /// What makes pods, or is one.
    fn workloads(&self) -> Vec<Subject<'a>> {
        let makes = |it: &Subject<'a>| it.any().is_some_and(|it| it.pods_at().is_some());
        self.subjects.iter().copied().filter(makes).collect()
    }

    /// Says that a class is not checked, and answers so, where a stream has nothing of kinds that the other side has: it was
    /// not asked for them.
    fn lacks(&mut self, class: Class, kinds: &[&str]) -> bool {
        let lacking = |kind: &&&str| {
            let all = self.of(&[kind]);
            !all.is_empty() && all.iter().all(|it| it.before.is_none())
        };
        let names: Vec<&str> = if self.live {
            kinds.iter().filter(lacking).filter_map(|it| it.rsplit('/').next()).collect()
        } else {
            Vec::new()
        };
        if names.is_empty() {
            return false;
        }
        let reason = format!("the stream has no {}: ask for them, too", names.join(", "));
        self.found.unchecked.push(Unchecked { class, reason });
        true
    }

    fn push(
        &mut self,
        class: Class,
        side: Side,
        (who, what): (String, String),
        place: &Place<'a>,
        reason: String,
    ) {
        let object = place.subject.any().map(Item::title).unwrap_or_default();
        let cause = self.cause(side, place);
        self.found.all.push(Exposure { class, way: side.way(), who, what, object, reason, cause });
    }

    /// The line of a place on a side; of what is gone the nearest that is left, and of an object that is gone none.
    fn cause(&self, side: Side, place: &Place<'a>) -> Option<Cause> {
        let after = place.subject.after?;
        match (side, place.subject.before) {
            (Side::Before, Some(before)) => {
                let was = Found { folder: after.folder.clone(), ..before.found() };
                (self.lines)(&was, &place.steps)
            }
            _ => (self.lines)(&after.found(), &place.steps),
        }
    }
}

/// A fact of one side: who, what, and where it is said.
struct Fact<'a, W> {
    who: String,
    what: W,
    place: Place<'a>,
    reason: String,
}

/// The facts of each side that none of the other side covers.
fn apart<'f, 'a, W>(
    [before, after]: [&'f [Fact<'a, W>]; 2],
    covers: impl Fn(&W, &W) -> bool,
) -> Vec<(Side, &'f Fact<'a, W>)> {
    let alone = |own: &'f [Fact<'a, W>], other: &'f [Fact<'a, W>]| -> Vec<&'f Fact<'a, W>> {
        let mut by: BTreeMap<&str, Vec<&W>> = BTreeMap::new();
        for it in other {
            by.entry(&it.who).or_default().push(&it.what);
        }
        let known = |it: &Fact<'a, W>| {
            by.get(it.who.as_str()).is_some_and(|all| all.iter().any(|one| covers(one, &it.what)))
        };
        own.iter().filter(|it| !known(it)).collect()
    };
    let closed = alone(before, after).into_iter().map(|it| (Side::Before, it));
    alone(after, before).into_iter().map(|it| (Side::After, it)).chain(closed).collect()
}

/// The texts of a list; none where it is absent.
fn texts<'v>(value: &'v Value, key: &str) -> Vec<&'v str> {
    items(value, key).iter().filter_map(Value::as_str).collect()
}

/// The items of a list; none where it is absent.
fn items<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A text; empty where it is absent.
fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}
