//! The rules of objects, for those that the stack has as they are.

use std::collections::BTreeMap;

use serde_json::Value;

use super::objects::{Objects, Source};
use super::{
    ALL, Check, Facts, Rule, default_namespace, not_restricted, object_name_clash, secret_looking_literal,
};
use crate::diag::{At, Part, Sink, Span};
use crate::k8s::{Object, ObjectId};
use crate::patch::manifest::Manifest;

/// An object that the stack has as it is.
#[expect(missing_debug_implementations, reason = "a function has none")]
pub struct Foreign<'a> {
    /// The object, before patches.
    pub object: &'a Object,
    /// Where a value of it stands, by the steps to it.
    pub place: &'a dyn Fn(&[String]) -> Span,
}

/// Runs the rules on an object that the stack has as it is, with what patches made of it. What they find is said where the
/// object is written; literals that patches write are found there.
pub fn manifest(facts: &Facts<'_>, object: &Object, foreign: &Foreign<'_>, sink: &mut Sink) {
    let mut found = Sink::default();
    for rule in ALL.iter().flat_map(|it| it.checks()) {
        if let Check::Object(check) = rule {
            check(facts, None, object, &mut found);
        }
    }
    for finding in found.findings_mut() {
        finding.primary.at = At::Span((foreign.place)(&["metadata".to_owned(), "name".to_owned()]));
    }
    let place = |steps: &[String]| At::Span((foreign.place)(steps));
    secret_looking_literal::look_into(&foreign.object.to_value(), &place, &mut found);
    sink.append(found);
}

/// Reports objects that the stack has as they are, with their places, where another object has the name.
pub fn taken(facts: &Facts<'_>, foreign: impl Iterator<Item = (ObjectId, Span)>, sink: &mut Sink) {
    let mut known = BTreeMap::new();
    for (id, at) in foreign {
        let made = facts.seen.of(facts.resolved, &id).map(|it| At::Node(it, Part::Key));
        let other = made.or_else(|| known.get(&id).copied().map(At::Span));
        sink.extend(other.map(|it| object_name_clash::taken(&id, at, it)));
        known.entry(id).or_insert(at);
    }
}

/// Rules of written objects that the stack's own have in another form: clashes are looked for among all, literals where patches
/// write them, too, and namespaces say what they are and what level their pods keep.
static SAID: [&Rule; 4] = [
    &default_namespace::RULE,
    &not_restricted::RULE,
    &object_name_clash::RULE,
    &secret_looking_literal::RULE,
];

/// Runs the rules of written objects on those that the stack has as they are, as patches left them, among those that it makes.
/// A rule that looked at each object by itself is not asked again.
pub fn beside(facts: &Facts<'_>, manifests: &[Manifest], patched: Vec<Object>, sink: &mut Sink) {
    let own = facts.seen.made.iter().map(|it| it.1.clone());
    let typed: Vec<Object> = patched.into_iter().chain(own).collect();
    let values: Vec<Value> = typed.iter().map(Object::to_value).collect();
    let sources =
        manifests.iter().map(Source::File).chain(facts.seen.made.iter().map(|it| Source::Stack(&it.0)));
    let objects = Objects::new(&typed, sources.zip(&values));
    let by_itself = |it: &Rule| it.checks().iter().any(|it| matches!(it, Check::Object(_)));
    let said = |it: &Rule| SAID.iter().any(|said| said.code == it.code);
    let rules: Vec<&Rule> = ALL.iter().copied().filter(|it| !by_itself(it) && !said(it)).collect();
    objects.check(&objects.all[..manifests.len()], &rules, sink);
}
