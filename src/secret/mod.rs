//! How secrets and certificates come into the cluster: one file a backend.

mod certificate;
mod external_secrets;
mod vault_operator;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::diag::Route;
use crate::k8s::Object;
use crate::model::{Name, Provider, Store, Text};
use crate::resolve::{Resolved, metadata};

/// The objects that fetch secrets and certificates. Never a Secret: no value passes through here.
#[must_use]
pub fn objects(resolved: &Resolved, text: &mut dyn FnMut(&Text, &Route) -> String) -> Vec<Object> {
    let mut found = Vec::new();
    for (name, store) in &resolved.stack.stores {
        match store {
            Store::VaultOperator(operator) => {
                let at = Route::of(&["stores", name.as_str(), "vault-secrets-operator", "address"]);
                let address = text(&operator.address, &at);
                found.extend(vault_operator::objects(resolved, name, operator, &address));
            }
            Store::ExternalSecrets(eso) => {
                let server = match &eso.provider {
                    Some(Provider::Vault(it)) => {
                        let at = ["stores", name.as_str(), "external-secrets", "provider", "vault", "server"];
                        text(&it.server, &Route::of(&at))
                    }
                    _ => String::new(),
                };
                found.extend(external_secrets::objects(resolved, name, eso, &server));
            }
            // The agent's annotations stand on the pods that it serves; others make what exists.
            Store::VaultAgent(_) | Store::Existing(_) => {}
        }
    }
    found.extend(certificate::objects(resolved, text));
    found
}

/// Metadata of an object of the stack in a namespace.
fn within(resolved: &Resolved, namespace: &Name, name: &str) -> ObjectMeta {
    let mut metadata = metadata(resolved, None, name);
    metadata.namespace = Some(resolved.namespace(namespace).to_owned());
    metadata
}
