//! Which objects a patch is for.

use crate::diag::{Diagnostic, Route, Sink, nearest};
use crate::k8s::{Object, ObjectId};
use crate::model::{Name, ObjectTarget};
use crate::resolve::{Component, Resolved};

use super::codes;

/// A target whose names are bound.
#[derive(Debug)]
pub(super) struct Target<'a> {
    written: &'a ObjectTarget,
    /// The namespace's name in the cluster.
    namespace: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// None after a report, where it names what the stack does not have.
    pub(super) fn new(
        resolved: &'a Resolved,
        written: &'a ObjectTarget,
        at: &Route,
        sink: &mut Sink,
    ) -> Option<Self> {
        let mut known = true;
        if let Some(name) = &written.namespace
            && !resolved.stack.namespaces.contains_key(name)
        {
            let all = resolved.stack.namespaces.keys().map(Name::as_str);
            sink.extend(resolved.unknown(
                "namespace",
                name.as_str(),
                &at.join("namespace"),
                "namespaces",
                all,
            ));
            known = false;
        }
        if let Some(name) = &written.component
            && !resolved.components.contains_key(name)
        {
            sink.extend(resolved.unknown_component(name, &at.join("component")));
            known = false;
        }
        let namespace = written.namespace.as_ref().map(|it| resolved.namespace(it));
        known.then_some(Self { written, namespace })
    }

    /// Whether an object, made for a component or for none, is one of them.
    pub(super) fn fits(&self, component: Option<&Component>, object: &Object) -> bool {
        let ObjectTarget { kind, component: wanted, labels, .. } = self.written;
        kind.as_deref().is_none_or(|it| it == object.kind())
            && wanted.as_ref().is_none_or(|it| component.is_some_and(|component| component.name == *it))
            && self.fits_id(&object.id())
            && labels.iter().all(|(key, value)| object.label(key.as_str()) == Some(value.as_str()))
    }

    /// Whether name and namespace are those of an object.
    fn fits_id(&self, id: &ObjectId) -> bool {
        self.written.name.as_ref().is_none_or(|it| *it == id.name)
            && self.namespace.is_none_or(|it| id.namespace.as_deref() == Some(it))
    }

    /// That it fits none.
    pub(super) fn missed(&self, patch: &Route, name: &Name, ids: &[ObjectId]) -> Diagnostic {
        let at = patch.join("target");
        let message = format!("the patch `{name}` matches no object");
        let ObjectTarget { kind, name: wanted, .. } = self.written;
        let of_kind = |it: &ObjectId| kind.as_deref().is_none_or(|kind| it.kind == kind);
        if let Some(kind) = kind
            && !ids.iter().any(|it| it.kind == kind.as_str())
        {
            let found = Diagnostic::at_value(&codes::MATCHES_NOTHING, &at.join("kind"), message);
            return match nearest(kind, ids.iter().map(|it| &*it.kind)) {
                Some(near) => found.help(format!("there is a kind `{near}`")),
                None => found.note(format!("no object of this environment is a {kind}")),
            };
        }
        let Some(wanted) = wanted else {
            return Diagnostic::at_key(&codes::MATCHES_NOTHING, &at, message)
                .help("`stackgen render ENV` shows the objects of an environment");
        };
        let found = Diagnostic::at_value(&codes::MATCHES_NOTHING, &at.join("name"), message);
        if ids.iter().any(|it| of_kind(it) && it.kind == "ConfigMap" && self.fits_id(it)) {
            return found
                .note("Kustomize makes this ConfigMap from files")
                .help("change the files, or the part of the stack that they are made from");
        }
        match nearest(wanted, ids.iter().filter(|it| of_kind(it)).map(|it| it.name.as_str())) {
            Some(near) => found.help(format!("there is a {} `{near}`", kind.as_deref().unwrap_or("name"))),
            None => match ids.iter().find(|it| of_kind(it) && it.name == *wanted) {
                Some(other) => {
                    found.note(format!("there is `{other}`, which does not fit the rest of `target`"))
                }
                None => found.help("`stackgen render ENV` shows the objects of an environment"),
            },
        }
    }
}
