//! Configuration that components share.

use std::collections::BTreeMap;

use super::{Generated, Unit, folder};
use crate::diag::Route;
use crate::model::Text;
use crate::resolve::Resolved;
use crate::workload::ConfigFiles;

/// One folder for each namespace with shared configs.
pub(super) fn units(resolved: &Resolved, text: &mut dyn FnMut(&Text, &Route) -> String) -> Vec<Unit> {
    let mut by_namespace: BTreeMap<String, Vec<Generated>> = BTreeMap::new();
    for (name, config) in &resolved.stack.configs {
        let key = resolved.namespace_or_only(config.namespace.as_ref());
        let at = Route::of(&["configs", name.as_str(), "data"]);
        let files =
            config.data.iter().map(|(key, it)| (key.to_string(), text(it, &at.join(key.as_str())))).collect();
        let namespace = resolved.namespace(&key).to_owned();
        let set = ConfigFiles { name: name.to_string(), files };
        by_namespace.entry(namespace.clone()).or_default().push(Generated {
            namespace,
            set,
            annotations: BTreeMap::new(),
        });
    }
    by_namespace
        .into_iter()
        .map(|(namespace, files)| Unit { folder: folder::configs(&namespace), files, ..Unit::default() })
        .collect()
}
