//! How secrets and certificates come into the cluster: one file a backend.

mod certificate;
mod vault_operator;

use crate::diag::Route;
use crate::k8s::Object;
use crate::model::{Store, Text};
use crate::resolve::Resolved;

/// The objects that fetch secrets and certificates. Never a Secret: no value passes through here.
#[must_use]
pub fn objects(resolved: &Resolved, text: &mut dyn FnMut(&Text, &Route) -> String) -> Vec<Object> {
    let mut found = Vec::new();
    for (name, store) in &resolved.stack.stores {
        match store {
            Store::VaultOperator(operator) => {
                let address = text(&operator.address, &Route::of(&["stores", name.as_str()]));
                found.extend(vault_operator::objects(resolved, name, operator, &address));
            }
            // The agent's annotations stand on the pods that it serves.
            Store::VaultAgent(_) => {}
        }
    }
    found.extend(certificate::objects(resolved, text));
    found
}
