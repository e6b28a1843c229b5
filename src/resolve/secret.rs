//! Secrets and the stores that they come from: what one says must fit the other.

use std::collections::BTreeSet;

use super::{Component, Resolved, codes};
use crate::diag::{At, Diagnostic, Part, Route, Sink, nearest};
use crate::model::codes::{MISSING_FIELD, NOT_ONE_OF};
use crate::model::{ExternalSecrets, FileKey, FileSource, Name, Secret, Store, Token};
use crate::stateful::{Credential, Tier};

/// Reports what does not fit.
pub(super) fn check(resolved: &Resolved, sink: &mut Sink) {
    let stack = &resolved.stack;
    for (name, store) in &stack.stores {
        if let Store::ExternalSecrets(it) = store {
            external(resolved, name, it, sink);
        }
    }
    for (name, secret) in &stack.secrets {
        let at = Route::of(&["secrets", name.as_str()]);
        resolved.namespace_of(secret.namespace.as_ref(), &at, sink);
        if let Some(store) = stack.stores.get(&secret.from) {
            place(secret, store, &at, sink);
        } else {
            let known = stack.stores.keys().map(Name::as_str);
            let at = at.join("from");
            sink.extend(resolved.unknown("store", secret.from.as_str(), &at, "stores", known));
        }
    }
}

/// Whether a secret says where it lies in the way that its store needs.
fn place(secret: &Secret, store: &Store, at: &Route, sink: &mut Sink) {
    match store {
        Store::VaultOperator(_) | Store::VaultAgent(_) => {
            if secret.path.is_some() == secret.dynamic.is_some() {
                let message = "a secret of Vault has either a `path` or `dynamic` credentials";
                sink.push(Diagnostic::at_key(&NOT_ONE_OF, at, message));
            }
        }
        Store::ExternalSecrets(_) => {
            if secret.dynamic.is_some() {
                let message = "the External Secrets Operator makes no `dynamic` credentials here";
                sink.push(
                    Diagnostic::at_key(&NOT_ONE_OF, &at.join("dynamic"), message)
                        .help("give the `path` of an entry, or use a `vault-secrets-operator` store"),
                );
            }
        }
        Store::Existing(_) => {
            for (field, written) in [("path", secret.path.is_some()), ("dynamic", secret.dynamic.is_some())] {
                if written {
                    let message = format!("`{field}` means nothing: the secret is not made by this stack");
                    sink.push(
                        Diagnostic::at_key(&NOT_ONE_OF, &at.join(field), message)
                            .help("remove it, or take the secret `from` a store that fetches it"),
                    );
                }
            }
        }
    }
}

fn external(resolved: &Resolved, name: &Name, store: &ExternalSecrets, sink: &mut Sink) {
    let at = Route::of(&["stores", name.as_str(), "external-secrets"]);
    // One that could not be read is reported as that.
    let node = ["stores", name.as_str(), "external-secrets"];
    let node = node.iter().try_fold(&resolved.written, |node, key| node.get(key));
    let chosen =
        ["clusterStore", "store", "provider"].map(|key| node.is_some_and(|it| it.get(key).is_some()));
    if chosen.into_iter().filter(|it| *it).count() != 1 {
        let message = "a store is either a `clusterStore`, a `store` or made for a `provider`";
        let code = if chosen == [false; 3] { &MISSING_FIELD } else { &NOT_ONE_OF };
        sink.push(Diagnostic::at_key(code, &at, message).help("write exactly one of the three"));
    }
    if let Some(it) = store.token() {
        token(resolved, name, it, &at.join("provider").join("doppler").join("token"), sink);
    }
}

/// A token must be in the cluster before the store that it opens.
fn token(resolved: &Resolved, store: &Name, token: &Token, at: &Route, sink: &mut Sink) {
    let secrets = &resolved.stack.secrets;
    let Some(secret) = secrets.get(&token.secret) else {
        let known = secrets.keys().map(Name::as_str);
        let at = at.join("secret");
        sink.extend(resolved.unknown("secret", token.secret.as_str(), &at, "secrets", known));
        return;
    };
    let declared = At::Node(Route::of(&["secrets", token.secret.as_str()]), Part::Key);
    if secret.from == *store {
        let message = format!("the token that opens `{store}` would come from `{store}` itself");
        sink.push(
            Diagnostic::at_value(&codes::BOOT_CYCLE, &at.join("secret"), message)
                .also(declared.clone(), "declared here")
                .help("take it from another store, such as one that is `existing`"),
        );
    }
    if !secret.keys.has(token.key.as_str()) {
        let message = format!("secret `{}` has no key `{}`", token.secret, token.key);
        let found = Diagnostic::at_value(&codes::UNKNOWN_NAME, &at.join("key"), message)
            .also(declared, "declared here");
        let keys = secret.keys.0.keys().map(FileKey::as_str);
        sink.push(match nearest(token.key.as_str(), keys) {
            Some(near) => found.help(format!("write `{near}`")),
            None => found,
        });
    }
}

impl Resolved {
    /// The secrets that a component's containers and tier take, by their names in the stack.
    #[must_use]
    pub fn secrets_of<'a>(&'a self, component: &'a Component) -> BTreeSet<&'a Name> {
        let mut found = BTreeSet::new();
        for one in self.containers(component) {
            found.extend(self.variables_from(component, one.container));
            found.extend(one.container.files.values().filter_map(|it| match it {
                FileSource::Secret { name, .. } => Some(name),
                _ => None,
            }));
        }
        let known = |it: Credential| self.stack.secrets.get_key_value(&it.secret);
        let tier = self.tier(component).map(Tier::credentials).unwrap_or_default();
        found.extend(tier.into_iter().filter_map(known).map(|(name, _)| name));
        found
    }
}
