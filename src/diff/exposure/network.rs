//! Paths between workloads, and to and from outside, as [`crate::k8s::reach`] decides them for each side.
//!
//! A path can only differ where a policy about one of its ends does, or the end itself. These ends are looked at, with those
//! that their rules name, or that name them; never every pair. Where an end is open to all, that is said once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::index::{self, Index, Key, POLICIES, makes_pods};
use super::mesh;
use super::{Class, Look, Place, Side, Subject, Unchecked};
use crate::diff::object::Item;
use crate::k8s::reach::{By, Caller, Direction, Group, Mesh, Named, Party, Policies, Ports, Seat};

/// An end of a path, on whichever side.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    Workload(Key),
    /// Outside, by what policies call it.
    Outside(String),
}

impl End {
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Workload((namespace, _, name)) => format!("{namespace}/{name}"),
            Self::Outside(name) => name.clone(),
        }
    }
}

const ANYBODY: &str = "anybody";
/// Who has a certificate of the mesh, and is named by no policy.
const MEMBER: &str = "any pod of the mesh";

pub(super) fn find(look: &mut Look<'_>) {
    mesh::not_looked_at(look);
    if look.of(&POLICIES).is_empty() || !look.subjects.iter().any(|it| !it.alike && moves(*it)) {
        return;
    }
    if look.lacks(Class::Network, &[&POLICIES[..], &["/Namespace"]].concat()) {
        return;
    }
    let shared = index::shared(&look.subjects);
    let index = Side::BOTH.map(|side| Index::read(&look.subjects, &shared, side));
    let dirty = dirty(&index, &look.subjects);
    if dirty.is_empty() {
        return;
    }
    let mut unread = BTreeSet::new();
    let pairs = pairs(&index, &dirty, &mut unread);
    let calls = [0, 1].map(|it| calls(&index[it], &pairs, &mut unread));
    if !unread.is_empty() {
        let names: Vec<String> = unread.into_iter().collect();
        let reason = format!("not all that these say is known here: {}", names.join(", "));
        look.found.unchecked.push(Unchecked { class: Class::Network, reason });
        return;
    }
    let differences = differences(&index, &calls);
    let wide = |it: &End| matches!(it, End::Outside(name) if name == ANYBODY || name == MEMBER);
    let open: BTreeSet<&End> =
        differences.iter().filter(|it| it.0 == Side::After && wide(&it.1)).map(|it| &it.2).collect();
    let unsure = mesh::unsure(&calls, &pairs.meshed, &open);
    look.found.unchecked.extend(unsure.map(|reason| Unchecked { class: Class::Network, reason }));
    for (side, from, to, ports, place, reason) in differences {
        let ports: Vec<String> = ports.iter().map(Ports::to_string).collect();
        let what = format!("{} {}", to.shown(), ports.join(", "));
        look.push(Class::Network, side, (from.shown(), what), &place, reason);
    }
}

/// Whether an object can move a path: a policy, a namespace, what makes pods that policies see otherwise.
fn moves(it: Subject<'_>) -> bool {
    let Some(item) = it.any() else { return false };
    if !makes_pods(item) {
        return it.is("", "Namespace") || POLICIES.iter().any(|kind| it.is_kind(kind));
    }
    let seen = |it: &Item| {
        let Some(pods) = it.pods() else { return it.value().clone() };
        let containers = ["/spec/containers", "/spec/initContainers"].map(|at| {
            let all = pods.pointer(at).and_then(Value::as_array).into_iter().flatten();
            all.map(|it| it.get("ports").cloned().unwrap_or_default()).collect::<Vec<_>>()
        });
        json!([pods.get("metadata"), pods.pointer("/spec/serviceAccountName"), containers])
    };
    it.before.map(seen) != it.after.map(seen)
}

/// The workloads that are new, gone or seen otherwise by policies, and those that a changed policy is about.
fn dirty(index: &[Index<'_>; 2], subjects: &[Subject<'_>]) -> BTreeSet<Key> {
    let moved = subjects.iter().any(|it| it.is("", "Namespace") && !it.alike);
    let mut found = BTreeSet::new();
    let [before, after] = index;
    for key in before.keys().chain(after.keys()) {
        let alike = |it: &Index<'_>| it.subject(key).is_some_and(|it| it.alike);
        if alike(before) && alike(after) && !moved {
            continue;
        }
        let same = match (before.group(key), after.group(key)) {
            (Some(a), Some(b)) => a.pod == b.pod && a.account == b.account && a.annotations == b.annotations,
            _ => false,
        };
        if !same {
            found.insert(key.clone());
        }
    }
    found.extend(index.iter().flat_map(Index::touched).cloned());
    found
}

/// What is asked of both sides: who calls whom. Outside, the parties too.
#[derive(Default)]
struct Pairs {
    inside: BTreeSet<(Key, Key)>,
    dirty: BTreeSet<Key>,
    /// Those about which the mesh's own policies differ.
    meshed: BTreeSet<Key>,
    outside: BTreeMap<String, Party>,
}

fn pairs(index: &[Index<'_>; 2], dirty: &BTreeSet<Key>, unread: &mut BTreeSet<String>) -> Pairs {
    let mut pairs = Pairs { dirty: dirty.clone(), ..Pairs::default() };
    pairs.outside.insert(ANYBODY.to_owned(), Party::Anybody);
    pairs.meshed = mesh::targets(index);
    if !pairs.meshed.is_empty() {
        pairs.outside.insert(MEMBER.to_owned(), Party::Anybody);
        pairs.inside.extend(mesh::named(index));
    }
    for side in index {
        let objects = side.objects(dirty, unread);
        let policies = Policies::read(&objects);
        let mut known: BTreeSet<Key> = BTreeSet::new();
        let mut open: Vec<(&Key, Direction)> = Vec::new();
        for key in dirty {
            let Some(group) = side.group(key) else { continue };
            let party = Party::Pod(Box::new(group.pod.clone()));
            let seat = policies.seat(&party);
            for direction in [Direction::Egress, Direction::Ingress] {
                for named in seat.named(direction) {
                    if named == Named::Everybody {
                        open.push((key, direction));
                        continue;
                    }
                    for other in side.named(&named) {
                        known.insert(other.clone());
                        pairs.inside.insert(pair(key.clone(), other, direction));
                    }
                }
            }
        }
        pairs.inside.extend(naming(side, &open, unread));
        // Who is outside is said by the policies of these, beside those that are inside.
        known.extend(dirty.iter().cloned());
        let inside: Vec<Party> = known
            .iter()
            .filter_map(|it| side.group(it))
            .map(|it| Party::Pod(Box::new(it.pod.clone())))
            .collect();
        let strangers = policies.strangers(&inside).into_iter();
        pairs.outside.extend(strangers.filter(|(_, party)| !is_inside(party, &inside)));
    }
    pairs
}

/// Whether a party stands for pods that are inside, even where their namespace is not among the objects.
fn is_inside(party: &Party, inside: &[Party]) -> bool {
    let Some(own) = party.pod().filter(|it| !it.labels.is_empty()) else { return false };
    inside.iter().filter_map(Party::pod).any(|it| {
        let has = |(key, value): (&String, &String)| it.labels.get(key) == Some(value);
        it.namespace == own.namespace && own.labels.iter().all(has)
    })
}

fn pair(key: Key, other: Key, direction: Direction) -> (Key, Key) {
    match direction {
        Direction::Egress => (key, other),
        Direction::Ingress => (other, key),
    }
}

/// For ends that are open to all: the pairs with those whose own rules name them. Where both are open, anybody is.
fn naming(side: &Index<'_>, open: &[(&Key, Direction)], unread: &mut BTreeSet<String>) -> Vec<(Key, Key)> {
    if open.is_empty() {
        return Vec::new();
    }
    let objects = side.all_objects(unread);
    let policies = Policies::read(&objects);
    let mut found = Vec::new();
    for other in side.governed() {
        let Some(group) = side.group(&other) else { continue };
        let party = Party::Pod(Box::new(group.pod.clone()));
        let seat = policies.seat(&party);
        for direction in [Direction::Egress, Direction::Ingress] {
            let named: BTreeSet<Key> = seat.named(direction).iter().flat_map(|it| side.named(it)).collect();
            let called = open.iter().filter(|(key, own)| *own != direction && named.contains(*key));
            found.extend(called.map(|(key, _)| pair(other.clone(), (*key).clone(), direction)));
        }
    }
    found
}

/// A call that a side lets pass, and why.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) ports: Ports,
    /// Why the mesh's part is not decided by the objects.
    pub(super) unsure: Option<&'static str>,
    by: Vec<Rule>,
    /// Whether no policy is about what leaves, and what arrives.
    open: [bool; 2],
}

/// A rule of a policy.
#[derive(Clone, Debug, PartialEq)]
struct Rule {
    kind: &'static str,
    namespace: String,
    name: String,
    direction: Direction,
    index: usize,
}

pub(super) type Calls = BTreeMap<(End, End), Vec<Call>>;

fn calls(index: &Index<'_>, pairs: &Pairs, unread: &mut BTreeSet<String>) -> Calls {
    let mut keys: BTreeSet<&Key> = pairs.inside.iter().flat_map(|it| [&it.0, &it.1]).collect();
    keys.extend(&pairs.dirty);
    let objects = index.objects(keys.iter().copied(), unread);
    let policies = Policies::read(&objects);
    let mesh = Mesh::read(&objects);
    let parties: BTreeMap<&Key, (Party, &Group)> = keys
        .into_iter()
        .filter_map(|key| Some((key, index.group(key)?)))
        .map(|(key, group)| (key, (Party::Pod(Box::new(group.pod.clone())), group)))
        .collect();
    let seats: BTreeMap<&Key, Seat<'_>> =
        parties.iter().map(|(key, (party, _))| (*key, policies.seat(party))).collect();
    let group = |key: &Key| parties.get(key).map(|it| it.1);
    let mut found = Calls::new();
    for (from, to) in &pairs.inside {
        let (Some(out), Some(into)) = (seats.get(from), seats.get(to)) else { continue };
        let (Some(own), Some(other)) = (group(from), group(to)) else { continue };
        let passed = passed(out, into, &mesh, Caller::Known(own), Some((other, pairs.meshed.contains(to))));
        found.insert((End::Workload(from.clone()), End::Workload(to.clone())), passed);
    }
    for (name, party) in &pairs.outside {
        let outside = policies.seat(party);
        let stranger = match party.pod() {
            None if name == MEMBER => Caller::Member,
            Some(pod) => Caller::Stranger(&pod.namespace),
            None => Caller::Address,
        };
        for key in &pairs.dirty {
            let (Some(seat), Some(own)) = (seats.get(key), group(key)) else { continue };
            let meshed = pairs.meshed.contains(key);
            if name == MEMBER && !meshed {
                continue;
            }
            let ends = (End::Outside(name.clone()), End::Workload(key.clone()));
            let (from, to) = ends.clone();
            found.insert((from, to), passed(&outside, seat, &mesh, stranger, Some((own, meshed))));
            if name == MEMBER {
                continue;
            }
            found.insert((ends.1, ends.0), passed(seat, &outside, &mesh, Caller::Known(own), None));
        }
    }
    found
}

/// What passes from one end to another, by the network and the mesh. Of the target, whether the mesh's policies differ.
fn passed(
    from: &Seat<'_>,
    to: &Seat<'_>,
    mesh: &Mesh<'_>,
    caller: Caller<'_>,
    target: Option<(&Group, bool)>,
) -> Vec<Call> {
    let rule = |direction| {
        move |&(policy, index): &By<'_>| Rule {
            kind: policy.kind,
            namespace: policy.namespace.clone(),
            name: policy.name.clone(),
            direction,
            index,
        }
    };
    let mut found = Vec::new();
    for path in from.paths(to) {
        let out = path.out.iter().map(rule(Direction::Egress));
        let by: Vec<Rule> = out.chain(path.into.iter().map(rule(Direction::Ingress))).collect();
        let open = [path.out.is_empty(), path.into.is_empty()];
        let ports = match target {
            None => vec![(path.ports, None)],
            Some((group, meshed)) => mesh::passing(mesh, caller, group, path.ports, meshed),
        };
        found.extend(ports.into_iter().map(|(ports, unsure)| Call { ports, unsure, by: by.clone(), open }));
    }
    found
}

type Difference<'a> = (Side, End, End, Vec<Ports>, Place<'a>, String);

fn differences<'a>(index: &[Index<'a>; 2], calls: &[Calls; 2]) -> Vec<Difference<'a>> {
    let mut found = Vec::new();
    for (at, side) in Side::BOTH.into_iter().enumerate() {
        let (own, other) = (&calls[at], &calls[1 - at]);
        // Outside ends first, and of these anybody, so that what it says is not said of each.
        let mut alone: BTreeMap<&(End, End), Vec<(Ports, &Call)>> = BTreeMap::new();
        for (ends, these) in own {
            let known: Vec<Ports> = other.get(ends).into_iter().flatten().map(|it| it.ports).collect();
            let left: Vec<(Ports, &Call)> = these
                .iter()
                .flat_map(|it| it.ports.without(&known).into_iter().map(move |ports| (ports, it)))
                .collect();
            if !left.is_empty() {
                alone.insert(ends, left);
            }
        }
        let said = |from: &End, to: &End, ports: Ports| {
            let [any, member] = [ANYBODY, MEMBER].map(|it| End::Outside(it.to_owned()));
            let wider = |ends: (End, End)| {
                alone.get(&ends).is_some_and(|all| {
                    ports.without(&all.iter().map(|it| it.0).collect::<Vec<_>>()).is_empty()
                })
            };
            *from != any && wider((any.clone(), to.clone()))
                || *from != any && *from != member && wider((member, to.clone()))
                || *to != any && wider((from.clone(), any))
        };
        for (ends, left) in &alone {
            let (from, to) = ends;
            let left: Vec<&(Ports, &Call)> = left.iter().filter(|it| !said(from, to, it.0)).collect();
            let Some((_, first)) = left.first() else { continue };
            let mut ports: Vec<Ports> = left.iter().map(|it| it.0).collect();
            ports.sort_unstable();
            ports.dedup();
            if let Some((place, reason)) = reason(index, at, ends, first) {
                found.push((side, from.clone(), to.clone(), ports, place, reason));
            }
        }
    }
    found
}

/// What makes the difference: a rule that is new or changed, else a policy that is no longer or newly about an end, else the
/// end itself.
fn reason<'a>(
    index: &[Index<'a>; 2],
    at: usize,
    ends: &(End, End),
    call: &Call,
) -> Option<(Place<'a>, String)> {
    let (own, other) = (&index[at], &index[1 - at]);
    for rule in &call.by {
        let Some(subject) = own.policy_of(rule.kind, &rule.namespace, &rule.name) else { continue };
        if !subject.alike {
            let list = if rule.direction == Direction::Egress { "egress" } else { "ingress" };
            let place = Place::new(subject, &["spec", list]).item(rule.index);
            return Some((place, format!("rule {} of its {list}", rule.index + 1)));
        }
    }
    let workload = |end: &End| match end {
        End::Workload(key) => Some(key.clone()),
        End::Outside(_) => None,
    };
    let keys = [workload(&ends.0), workload(&ends.1)];
    // An end that no policy is about on this side, and that one is about on the other.
    for (open, key, verb) in [(call.open[0], &keys[0], "leaves"), (call.open[1], &keys[1], "arrives at")] {
        let Some(key) = key.as_ref().filter(|_| open) else { continue };
        let of_network = |it: &&Subject<'a>| !mesh::is_policy(**it);
        if let Some(subject) = other.changed(key).iter().find(of_network).copied() {
            let what = format!("of what {verb} {}/{}", key.0, key.2);
            let now = if at == 1 { "no policy says any more" } else { "a policy says now" };
            let place = Place::new(subject, &["kind"]);
            return Some((place, format!("{now}, {what}, who may pass")));
        }
    }
    let changed = keys[1].iter().flat_map(|key| index.iter().flat_map(|it| it.changed(key)));
    if let Some(subject) = changed.copied().find(|it| mesh::is_policy(*it)) {
        let list = if subject.is_kind(POLICIES[3]) { "mtls" } else { "rules" };
        return Some((Place::new(subject, &["spec", list]), "what the mesh allows".to_owned()));
    }
    let ends: Vec<Subject<'a>> = keys.iter().flatten().filter_map(|key| own.subject(key)).collect();
    let moved = ends.iter().find(|it| it.before.is_none() || it.after.is_none());
    let moved = moved.or_else(|| ends.iter().find(|it| !it.alike)).or(ends.first()).copied()?;
    let why = match (moved.before, moved.after) {
        (None, _) => "it is new",
        (_, None) => "it is gone",
        _ => "its labels, its ports or its namespace's labels",
    };
    let place = Place::new(moved, &["metadata", "labels"]);
    Some((place, why.to_owned()))
}
