//! Configuration that components share.

use std::collections::BTreeMap;

use super::{Generated, Unit, folder};
use crate::diag::Route;
use crate::model::{Container, FileSource, KeySource, Name, Text, Value};
use crate::resolve::{Phase, Resolved};
use crate::workload::ConfigFiles;

/// One folder for each namespace with shared configs.
pub(super) fn units(resolved: &Resolved, text: &mut dyn FnMut(&Text, &Route) -> String) -> Vec<Unit> {
    let mut by_namespace: BTreeMap<String, (Vec<Generated>, Phase)> = BTreeMap::new();
    for (name, config) in &resolved.stack.configs {
        let key = resolved.namespace_or_only(config.namespace.as_ref());
        let at = Route::of(&["configs", name.as_str(), "data"]);
        let files =
            config.data.iter().map(|(key, it)| (key.to_string(), text(it, &at.join(key.as_str())))).collect();
        let namespace = resolved.namespace(&key).to_owned();
        let set = ConfigFiles { name: name.to_string(), files };
        let taken = taken_in(resolved, name);
        let (all, phase) = by_namespace.entry(namespace.clone()).or_insert_with(|| (Vec::new(), taken));
        *phase = taken.min(*phase);
        all.push(Generated { namespace, set, annotations: BTreeMap::new() });
    }
    by_namespace
        .into_iter()
        .map(|(namespace, (files, phase))| Unit {
            folder: folder::configs(&namespace),
            files,
            phase,
            ..Unit::default()
        })
        .collect()
}

/// When a config is applied: with the first of those that take it. A changed one has another name, and the tool deletes
/// the old one with the stage that had it: pods that a failed job left as they were could not start again without it.
fn taken_in(resolved: &Resolved, config: &Name) -> Phase {
    if !resolved.has_phase(Phase::Rollout) {
        return Phase::Base;
    }
    let takers = resolved
        .components
        .values()
        .filter(|it| resolved.containers(it).any(|it| takes(it.container, config)));
    match takers.map(|it| it.phase).min() {
        Some(it @ (Phase::Rollout | Phase::After)) => it,
        // Hooks of Argo CD run before anything of their stage is there.
        Some(Phase::Base | Phase::Before) | None => Phase::Base,
    }
}

/// Whether a container has something of a config.
fn takes(container: &Container, config: &Name) -> bool {
    container.env.values().any(|it| matches!(it, Value::Config(name, _) if name == config))
        || container.env_from.iter().any(|it| matches!(&it.source, KeySource::Config(name) if name == config))
        || container.files.values().any(|it| matches!(it, FileSource::Config { name, .. } if name == config))
}
