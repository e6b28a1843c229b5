//! What the objects that fetch secrets are made from: a secret of the stack, or the store that it is from.

use super::Found;
use super::origin::{namespace, text_below};
use crate::diag::Route;
use crate::document::Document;
use crate::model::{self, VaultAuthMethod};
use crate::syntax::Node;

const OPERATOR: &str = "vault-secrets-operator";
const EXTERNAL: &str = "external-secrets";

/// The part of the stack behind a value of such an object; none when the object is of another kind.
pub(super) fn origin(document: &Document, object: &Found, words: &[&str]) -> Option<Route> {
    let name = || text_below(object, &["metadata", "name"]).unwrap_or_default();
    Some(match object.kind.as_str() {
        "VaultStaticSecret" | "VaultDynamicSecret" => of_vault_secret(document, object, words),
        "ExternalSecret" => of_external_secret(document, object, words),
        "VaultConnection" | "VaultAuth" => of_vault(&Route::of(&["stores", &name()]), words),
        "SecretStore" => of_provider(document, &Route::of(&["stores", &name()]), words),
        "ServiceAccount" => of_account(document, object, &name(), words),
        _ => return None,
    })
}

fn of_vault_secret(document: &Document, object: &Found, words: &[&str]) -> Route {
    let at = secret(object, &["spec", "destination", "name"]);
    let store = |field: &str| {
        let store = written(document, &at.join("from"));
        store.map_or(at.clone(), |it| Route::of(&["stores", &it, OPERATOR, field]))
    };
    let dynamic = object.kind == "VaultDynamicSecret";
    match words {
        ["metadata", "namespace"] => at.join("namespace"),
        ["spec", field @ ("mount" | "path")] if dynamic => at.join("dynamic").join(field),
        ["spec", "path"] => at.join("path"),
        ["spec", "destination", "transformation", ..] => at.join("keys"),
        ["spec", field @ ("mount" | "type" | "refreshAfter")] => store(field),
        ["spec", "rolloutRestartTargets", ..] => store("restart"),
        ["spec", "vaultAuthRef"] => at.join("from"),
        _ => at,
    }
}

fn of_external_secret(document: &Document, object: &Found, words: &[&str]) -> Route {
    let at = secret(object, &["spec", "target", "name"]);
    match words {
        ["metadata", "namespace"] => at.join("namespace"),
        ["spec", "data", ..] => at.join("keys"),
        ["spec", "secretStoreRef", ..] => at.join("from"),
        ["spec", "refreshInterval"] => {
            let store = written(document, &at.join("from"));
            store.map_or(at, |it| Route::of(&["stores", &it, EXTERNAL, "refreshInterval"]))
        }
        _ => at,
    }
}

/// How the Vault Secrets Operator reaches Vault and logs in.
fn of_vault(store: &Route, words: &[&str]) -> Route {
    let operator = store.join(OPERATOR);
    let auth = operator.join("auth");
    match words {
        ["spec", "address"] => operator.join("address"),
        ["spec", "caCertSecretRef"] => operator.join("caCertSecret"),
        ["spec", "tlsServerName"] => operator.join("tlsServerName"),
        ["spec", "mount"] => auth.join("mount"),
        ["spec", "kubernetes", field @ ("role" | "serviceAccount" | "audiences"), ..] => auth.join(field),
        _ => store.clone(),
    }
}

/// Where the External Secrets Operator reads, and as whom.
fn of_provider(document: &Document, store: &Route, words: &[&str]) -> Route {
    let ["spec", "provider", _, fields @ ..] = words else { return store.clone() };
    let at = provider(document, store).unwrap_or_else(|| store.clone());
    match fields {
        [.., "serviceAccountRef" | "serviceAccount", "audiences", _] => {
            at.join("serviceAccount").join("audiences")
        }
        [.., "serviceAccountRef" | "serviceAccount", "name"] => at.join("serviceAccount").join("name"),
        ["auth", "secretRef", "dopplerToken", "name"] => at.join("token").join("secret"),
        ["auth", "secretRef", "dopplerToken", "key"] => at.join("token").join("key"),
        ["caProvider", "name"] => at.join("caCertSecret"),
        ["path"] => at.join("mount"),
        ["version"] => at.join("type"),
        ["projectID"] => at.join("project"),
        ["remoteNamespace"] => at.join("namespace"),
        [.., "mountPath"] => at.join("authMount"),
        [.., field @ ("role" | "clusterLocation" | "clusterName")] => at.join(field),
        [field @ ("server" | "region" | "service" | "project" | "config" | "vaultUrl" | "tenantId")] => {
            at.join(field)
        }
        _ => at,
    }
}

/// The account that a store logs in with: of one that has secrets in the account's namespace.
fn of_account(document: &Document, object: &Found, name: &str, words: &[&str]) -> Route {
    let here = namespace(document, &text_below(object, &["metadata", "namespace"]).unwrap_or_default());
    let stores = document.root.get("stores").and_then(Node::as_map).into_iter().flatten();
    let stores = stores.filter(|(store, _)| has_secret(document, store, &here));
    let mut accounts = stores.filter_map(|(store, _)| Account::of(document, Route::of(&["stores", store])));
    let Some(account) = accounts.find(|it| it.is_called(document, name)) else {
        return Route::of(&["stores"]);
    };
    match words {
        ["metadata", "name"] => account.name,
        ["metadata", "annotations", key] => {
            let own = account.annotations.map(|it| it.join(key));
            own.filter(|it| document.find(it).is_some()).unwrap_or(account.store)
        }
        _ => account.store,
    }
}

/// Where a store says as whom it logs in.
struct Account {
    store: Route,
    /// Where its name is written, if it is.
    name: Route,
    /// What it is called otherwise.
    default: &'static str,
    /// Where its annotations are written, if it has any.
    annotations: Option<Route>,
}

impl Account {
    /// None for a store that brings no account.
    fn of(document: &Document, store: Route) -> Option<Self> {
        let operator = store.join(OPERATOR);
        if document.find(&operator).is_some() {
            let name = operator.join("auth").join("serviceAccount");
            return Some(Self { store, name, default: VaultAuthMethod::ACCOUNT, annotations: None });
        }
        // Doppler takes a token.
        let provider =
            provider(document, &store).filter(|it| it.steps().last().is_some_and(|it| it != "doppler"));
        let account = provider?.join("serviceAccount");
        let (name, annotations) = (account.join("name"), Some(account.join("annotations")));
        Some(Self { store, name, default: model::Account::NAME, annotations })
    }

    fn is_called(&self, document: &Document, name: &str) -> bool {
        written(document, &self.name).as_deref().unwrap_or(self.default) == name
    }
}

/// Whether a secret is from a store and in a namespace; one that names no namespace is in the only one.
fn has_secret(document: &Document, store: &str, namespace: &Route) -> bool {
    let secrets = document.root.get("secrets").and_then(Node::as_map).into_iter().flatten();
    secrets.map(|(name, _)| Route::of(&["secrets", name])).any(|it| {
        let own = written(document, &it.join("namespace"));
        written(document, &it.join("from")).is_some_and(|it| it == store)
            && own.is_none_or(|it| Route::of(&["namespaces", &it]) == *namespace)
    })
}

/// The provider that a store of the External Secrets Operator is made for.
fn provider(document: &Document, store: &Route) -> Option<Route> {
    let at = store.join(EXTERNAL).join("provider");
    let (kind, _) = document.find(&at)?.as_map()?.iter().next()?;
    Some(at.join(kind))
}

/// The secret whose name an object has at a path; its own name otherwise.
fn secret(object: &Found, target: &[&str]) -> Route {
    let name = text_below(object, target).or_else(|| text_below(object, &["metadata", "name"]));
    Route::of(&["secrets", &name.unwrap_or_default()])
}

/// The text at a place of the stack.
fn written(document: &Document, at: &Route) -> Option<String> {
    document.find(at)?.as_scalar().map(|it| it.text.to_string())
}
