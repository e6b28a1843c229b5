//! The rules of objects, for those that the stack has as they are.

use std::collections::BTreeMap;

use super::{ALL, Check, Facts, object_name_clash, secret_looking_literal};
use crate::diag::{At, Part, Sink, Span};
use crate::k8s::{Object, ObjectId};

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
