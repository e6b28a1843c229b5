//! The way out: objects as they are ([`manifest`]), and changes of objects after everything else made them, checked as if they
//! were made here.
//!
//! What several objects of one patch say is said once, so findings come at the end ([`Patches::finish`]). An object that a patch
//! cannot be applied to stays as it was.

mod boot;
pub mod codes;
pub mod crds;
mod json;
pub mod manifest;
mod merge;
mod target;
mod wiring;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::diag::{At, Diagnostic, Part, Route, Sink};
use crate::k8s::kinds::{self, Known};
use crate::k8s::schema::{Fault, FaultKind, Schemas};
use crate::k8s::{Object, ObjectId};
use crate::lower::Unit;
use crate::model::{Change, Name, Patch};
use crate::resolve::{Component, Resolved};
use manifest::{Manifest, SECRET_FIELDS};
use target::Target;
pub use wiring::There;
use wiring::{Labels, Reference, Wiring};

/// The patches of a stack, in the order written.
#[derive(Debug)]
pub struct Patches<'a> {
    resolved: &'a Resolved,
    schemas: &'a Schemas,
    all: Vec<One<'a>>,
}

/// A patch.
#[derive(Debug)]
struct One<'a> {
    name: &'a Name,
    at: Route,
    patch: &'a Patch,
    /// None where it names what does not exist.
    target: Option<Target<'a>>,
}

/// What a patch did to one object.
#[derive(Debug)]
struct Outcome {
    /// Which patch, by its place in the stack.
    patch: usize,
    id: ObjectId,
    applied: Applied,
    /// Whether its fields are known to nobody here.
    unchecked: bool,
    /// What of its definition nobody here checks.
    gaps: Vec<String>,
    /// The names of others that it counts on now, and did not before.
    references: Vec<Reference>,
    /// The labels of its pods, before and after.
    pods: Option<[Labels; 2]>,
    /// Of a Service: that it no longer names pods that are not ready, which is said once it is known whether they need that.
    hides: Option<Diagnostic>,
}

/// What patches did to some objects.
#[derive(Debug, Default)]
pub struct Outcomes {
    all: Vec<Outcome>,
    before: Wiring,
    after: Wiring,
}

/// What a patch does while it is applied to one object.
#[derive(Debug, Default)]
struct Applied {
    findings: Vec<Diagnostic>,
    /// What was written: where in the object, and by which place of the patch.
    written: Vec<(Vec<String>, Route)>,
    removed: BTreeSet<Route>,
}

impl<'a> Patches<'a> {
    /// Those of a stack; reports targets that name what the stack does not have.
    pub fn of(resolved: &'a Resolved, schemas: &'a Schemas, sink: &mut Sink) -> Self {
        let one = |(name, patch): (&'a Name, &'a Patch)| {
            let at = Route::of(&["patches", name.as_str()]);
            let target = Target::new(resolved, &patch.target, &at.join("target"), sink);
            One { name, at, patch, target }
        };
        Self { resolved, schemas, all: resolved.stack.patches.iter().map(one).collect() }
    }

    /// Applies them to the objects of a unit, each over those before it.
    pub fn apply(&self, component: Option<&Component>, unit: &mut Unit) -> Outcomes {
        if self.all.is_empty() {
            return Outcomes::default();
        }
        let mut outcomes = Outcomes { before: Wiring::of(&unit.objects), ..Outcomes::default() };
        for (index, one) in self.all.iter().enumerate() {
            let Some(target) = &one.target else { continue };
            for object in unit.objects.iter_mut().filter(|it| target.fits(component, it)) {
                outcomes.all.push(one.apply(index, object, self.schemas));
            }
        }
        boot::settle(&mut outcomes.all, &unit.objects);
        outcomes.after = Wiring::of(&unit.objects);
        outcomes
    }

    /// The definitions of the stack that patches and manifests name, as they are called where they are used.
    #[must_use]
    pub fn used(&self, outcomes: &Outcomes, manifests: &[Manifest]) -> BTreeSet<String> {
        let patched = outcomes.all.iter().flat_map(|it| wiring::used(self.resolved, &it.id, &it.references));
        let foreign = manifests
            .iter()
            .flat_map(|it| wiring::used(self.resolved, &it.id(), &wiring::references(&it.object.to_value())));
        patched.chain(foreign).collect()
    }

    /// Says what was found.
    pub fn finish(&self, outcomes: &Outcomes, there: &There, sink: &mut Sink) {
        let mut by_patch: BTreeMap<usize, Vec<&Outcome>> = BTreeMap::new();
        for outcome in &outcomes.all {
            by_patch.entry(outcome.patch).or_default().push(outcome);
        }
        for (index, one) in self.all.iter().enumerate() {
            let outcomes = by_patch.remove(&index).unwrap_or_default();
            one.finish(self, &outcomes, there, sink);
        }
        let Outcomes { all, before, after } = outcomes;
        sink.extend(wiring::deserted(&self.all, all, before, after));
    }
}

impl Outcomes {
    /// Adds those of other objects.
    pub fn extend(&mut self, other: Self) {
        self.all.extend(other.all);
        self.before.extend(other.before);
        self.after.extend(other.after);
    }
}

impl One<'_> {
    fn apply(&self, patch: usize, object: &mut Object, schemas: &Schemas) -> Outcome {
        let (applied, unchecked, references) = (Applied::default(), false, Vec::new());
        let gaps = Vec::new();
        let mut outcome =
            Outcome { patch, id: object.id(), applied, unchecked, gaps, references, pods: None, hides: None };
        let pods = wiring::pods(object);
        let before = object.to_value();
        let mut value = before.clone();
        match &self.patch.change {
            Change::Merge(merge) => {
                let at = self.at.join("merge");
                merge::apply(&outcome.id, &mut value, merge, &at, &mut outcome.applied);
            }
            Change::Json(steps) => {
                json::apply(&mut value, steps, &self.at.join("json"), &mut outcome.applied);
            }
        }
        if let Some(found) = published(&outcome.id, &value, &outcome.applied) {
            // What else would be said of it may show the value.
            outcome.applied.findings = vec![found];
        }
        if outcome.applied.findings.is_empty() {
            self.check_identity(&outcome.id, &before, &value, &mut outcome.applied);
        }
        if !outcome.applied.findings.is_empty() {
            return outcome;
        }
        boot::broken(self, &mut outcome, &before, &value);
        if object.pods().is_some() {
            wiring::selector(self, &mut outcome, &before, &value);
            let known = wiring::references(&before);
            outcome.references =
                wiring::references(&value).into_iter().filter(|it| !known.contains(it)).collect();
        }
        match kinds::read(value, schemas) {
            Known::Checked { object: read, gaps, .. } => {
                outcome.gaps = gaps;
                *object = read;
            }
            Known::Faulty { faults, release } => {
                let found = faults.iter().map(|it| self.fault(&outcome.id, it, &outcome.applied));
                let found: Vec<_> = found.map(|it| manifest::of_release(it, release)).collect();
                outcome.applied.findings.extend(found);
            }
            Known::Unknown(read) => {
                outcome.unchecked = true;
                *object = read;
            }
            Known::Elsewhere(_) | Known::NoKind(_) => {
                let message =
                    format!("the cluster's Kubernetes has no {} of this API version", outcome.id.kind);
                outcome.applied.findings.push(Diagnostic::at_key(&codes::UNKNOWN_FIELD, &self.at, message));
            }
        }
        outcome.pods = pods.zip(wiring::pods(object)).map(Into::into);
        outcome
    }

    /// Says what was found of all its objects, each thing once.
    fn finish(
        &self,
        Patches { resolved, schemas, .. }: &Patches<'_>,
        outcomes: &[&Outcome],
        there: &There,
        sink: &mut Sink,
    ) {
        let complete = there.complete;
        if complete && let Some(target) = &self.target {
            sink.extend(self.miscounted(target, outcomes, &there.ids));
        }
        let mut said: Vec<Diagnostic> = Vec::new();
        let (mut removed, mut unchecked, mut gaps) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for outcome in outcomes {
            let own = outcome.applied.findings.iter().cloned();
            let dangling = if complete { wiring::dangling(resolved, outcome, there) } else { Vec::new() };
            for finding in own.chain(dangling) {
                if !said.contains(&finding) {
                    said.push(finding);
                }
            }
            removed.extend(outcome.applied.removed.iter().cloned());
            gaps.extend(outcome.gaps.iter().map(|it| (&*outcome.id.kind, it.as_str())));
            if outcome.unchecked {
                unchecked.insert((&*outcome.id.kind, &*outcome.id.group));
            }
        }
        if said.is_empty() && !outcomes.is_empty() {
            sink.extend(self.idle(&removed));
        }
        sink.extend(said);
        for (kind, gap) in gaps {
            let message = format!("not checked of what the patch `{}` makes of a {kind}: {gap}", self.name);
            sink.push(Diagnostic::at_key(&codes::NOT_CHECKED, &self.at, message).note("the rest of it is"));
        }
        for (kind, group) in unchecked {
            let message = format!("what the patch `{}` makes of a {kind} is not checked", self.name);
            sink.push(
                Diagnostic::at_key(&codes::NOT_CHECKED, &self.at, message)
                    .note(schemas.why_unknown(group, kind)),
            );
        }
    }

    /// What makes an object the same object stays.
    fn check_identity(&self, id: &ObjectId, before: &Value, after: &Value, applied: &mut Applied) {
        for (pointer, path) in [
            ("/apiVersion", &["apiVersion"][..]),
            ("/kind", &["kind"]),
            ("/metadata/name", &["metadata", "name"]),
            ("/metadata/namespace", &["metadata", "namespace"]),
        ] {
            if before.pointer(pointer) == after.pointer(pointer) {
                continue;
            }
            let at = applied.place(&path.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
            let message = format!("`{}` of the {} `{}` is changed", path.join("."), id.kind, id.name);
            applied.findings.push(
                Diagnostic::at_key(&codes::IDENTITY, &at.unwrap_or_else(|| self.at.clone()), message)
                    .note("it would be another object: policies, selectors and references still mean the one that it was")
                    .help("change it in the stack, where all that names it follows; an object of its own is for `manifests`"),
            );
        }
    }

    /// What is wrong with the object, at the place of the patch that wrote it.
    fn fault(&self, id: &ObjectId, fault: &Fault, applied: &Applied) -> Diagnostic {
        let at = applied.place(&fault.path).unwrap_or_else(|| self.at.clone());
        let part = if matches!(fault.kind, FaultKind::Wrong(_)) { Part::Value } else { Part::Key };
        if part == Part::Value && manifest::is_of_credential(&id.kind, &fault.path, |_| None) {
            return manifest::credential(At::Node(at, part), &id.kind, &fault.path);
        }
        let found = Diagnostic::new(&codes::UNKNOWN_FIELD, At::Node(at, part), fault.message(&id.kind));
        if let Some(elsewhere) = fault.elsewhere() {
            return found.note(elsewhere).help("correct `cluster.kubernetes`, or do without it");
        }
        match (&fault.kind, fault.nearest()) {
            (FaultKind::Unknown { .. }, Some(near)) => found.help(format!("write `{near}`")),
            (FaultKind::Unknown { known, .. }, None) => found.help(format!(
                "the fields there are {}",
                crate::diag::and_list(known.iter().map(String::as_str))
            )),
            _ => found,
        }
    }

    /// That it fits another number of objects than it says.
    fn miscounted(&self, target: &Target<'_>, outcomes: &[&Outcome], ids: &[ObjectId]) -> Option<Diagnostic> {
        let names = || outcomes.iter().map(|it| it.id.to_string()).collect::<Vec<_>>().join(", ");
        match (self.patch.matches, outcomes.len()) {
            (None, 0) => Some(target.missed(&self.at, self.name, ids)),
            (None, _) => None,
            (Some(wanted), found) if wanted as usize == found => None,
            (Some(wanted), 0) if wanted > 0 => Some(target.missed(&self.at, self.name, ids)),
            (Some(wanted), found) => {
                let message = format!("the patch `{}` matches {found} objects, not {wanted}", self.name);
                let found = Diagnostic::at_value(&codes::MATCHES_NOTHING, &self.at.join("matches"), message);
                Some(found.note(format!("they are {}", names())).help("correct `target`, or the number"))
            }
        }
    }

    /// Removals of a merge that took nothing away from any object.
    fn idle(&self, removed: &BTreeSet<Route>) -> Vec<Diagnostic> {
        let Change::Merge(merge) = &self.patch.change else { return Vec::new() };
        let all = merge::removals(merge, &self.at.join("merge"));
        let idle = all.into_iter().filter(|it| !removed.contains(it));
        idle.map(|at| {
            Diagnostic::at_key(&codes::DOES_NOT_APPLY, &at, "there is nothing here to remove")
                .note("a `null` and `$patch: delete` take away what the object has")
                .help("correct the name, or drop the line")
        })
        .collect()
    }
}

/// That a patch writes values into a Secret.
fn published(id: &ObjectId, after: &Value, applied: &Applied) -> Option<Diagnostic> {
    let secret = (&*id.group, &*id.kind) == ("", "Secret");
    let at = SECRET_FIELDS.iter().filter(|_| secret).find_map(|field| {
        let empty = |it: &Value| it.is_null() || it.as_object().is_some_and(Map::is_empty);
        after.get(*field).filter(|it| !empty(it)).and_then(|_| applied.below(&[field]))
    })?;
    let message = format!("the values of the Secret `{}` are written here", id.name);
    Some(manifest::secret(At::Node(at, Part::Key), message))
}

impl Applied {
    /// The place of the patch that wrote a place of the object, or wrote what holds it.
    fn place(&self, path: &[String]) -> Option<Route> {
        let holds = |it: &&(Vec<String>, Route)| path.starts_with(&it.0);
        let (above, route) = self.written.iter().rev().filter(holds).max_by_key(|it| it.0.len())?;
        Some(path[above.len()..].iter().fold(route.clone(), |at, step| at.join(step)))
    }

    /// The place of the patch that wrote a place of the object, or the first thing below it.
    fn below(&self, path: &[&str]) -> Option<Route> {
        let path: Vec<String> = path.iter().map(|it| (*it).to_owned()).collect();
        // What is written deeper says more than what holds it.
        let deeper = self.written.iter().filter(|it| it.0.len() > path.len() && it.0.starts_with(&path));
        deeper.map(|it| it.1.clone()).next().or_else(|| self.place(&path))
    }

    fn refuse(&mut self, at: &Route, part: Part, message: impl Into<String>, help: Option<String>) {
        let found = Diagnostic::new(&codes::DOES_NOT_APPLY, At::Node(at.clone(), part), message);
        self.findings.push(match help {
            Some(help) => found.help(help),
            None => found,
        });
    }
}
