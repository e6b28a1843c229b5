//! Permissions with their namespaces bound: who may ask what of the Kubernetes API, and where.

use super::{Component, Resolved};
use crate::diag::{Diagnostic, Route, Sink};
use crate::model::codes::MISSING_FIELD;
use crate::model::{Identity, Name, Named, Permission, Scope};

/// A permission with its place.
#[derive(Clone, Debug)]
pub struct Granted<'a> {
    /// Who has it: a component, or an identity that others bring.
    pub to: &'a Name,
    /// Its place in the document.
    pub at: Route,
    /// What it says.
    pub permission: &'a Permission,
    /// The namespaces in which it holds, by their names in the stack; none where it holds everywhere.
    pub namespaces: Vec<&'a Name>,
}

impl Resolved {
    /// What a component may ask of the Kubernetes API.
    #[must_use]
    pub fn granted<'a>(&'a self, component: &'a Component) -> Vec<Granted<'a>> {
        let Some((_, pod)) = self.pod(component) else { return Vec::new() };
        let own = Some(&component.namespace);
        granted(&component.name, component.route(), &pod.permissions, own)
    }

    /// What an identity that others bring may ask of the Kubernetes API.
    #[must_use]
    pub fn granted_to_identity<'a>(&'a self, name: &'a Name, identity: &'a Identity) -> Vec<Granted<'a>> {
        granted(name, &Route::of(&["identities", name.as_str()]), &identity.permissions, None)
    }

    /// Everything that the stack lets somebody ask of the Kubernetes API.
    #[must_use]
    pub fn all_granted(&self) -> Vec<Granted<'_>> {
        let components = self.components.values().flat_map(|it| self.granted(it));
        let identities =
            self.stack.identities.iter().flat_map(|(name, it)| self.granted_to_identity(name, it));
        components.chain(identities).collect()
    }
}

fn granted<'a>(
    to: &'a Name,
    at: &Route,
    permissions: &'a Named<Permission>,
    own: Option<&'a Name>,
) -> Vec<Granted<'a>> {
    let one = |(name, permission): (&Name, &'a Permission)| Granted {
        to,
        at: at.join("permissions").join(name.as_str()),
        permission,
        namespaces: match &permission.scope {
            Scope::Own => own.into_iter().collect(),
            Scope::Namespaces(named) => named.iter().collect(),
            Scope::Cluster => Vec::new(),
        },
    };
    permissions.iter().map(one).collect()
}

/// Reports namespaces that the stack does not have, and identities' permissions that say of no namespace.
pub(super) fn check(resolved: &Resolved, sink: &mut Sink) {
    for Granted { to, at, permission, .. } in resolved.all_granted() {
        match &permission.scope {
            Scope::Own
                if resolved.stack.identities.contains_key(to) && at.as_str().starts_with("/identities/") =>
            {
                sink.push(
                    Diagnostic::at_key(&MISSING_FIELD, &at, "it is not said in which namespace this holds")
                        .note(format!("`{to}` is of no namespace of the stack"))
                        .help("add `namespace` with names under `namespaces`, or `clusterWide: true`"),
                );
            }
            Scope::Namespaces(named) => {
                for name in named.iter().filter(|it| !resolved.stack.namespaces.contains_key(*it)) {
                    let known = resolved.stack.namespaces.keys().map(Name::as_str);
                    let at = at.join("namespace");
                    sink.extend(resolved.unknown("namespace", name.as_str(), &at, "namespaces", known));
                }
            }
            Scope::Own | Scope::Cluster => {}
        }
    }
}
