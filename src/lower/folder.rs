//! Folders of the output that no component has.

use crate::resolve::{Phase, Resolved};

/// Namespaces, with the network's default deny.
pub(super) const NAMESPACES: &str = "namespaces";
/// What makes Secrets.
pub(super) const SECRETS: &str = "secrets";
/// The stack's own Gateways.
pub(super) const GATEWAYS: &str = "gateways";
/// What the mesh has besides the objects of components.
pub(super) const MESH: &str = "mesh";
/// What accounts of others may do.
pub(super) const ACCESS: &str = "access";
/// Classes and claims of the stack.
pub(super) const STORAGE: &str = "storage";
/// Alerts about what no component owns.
pub(super) const ALERTS: &str = "alerts";
/// What the stack has as it is.
pub const MANIFESTS: &str = "manifests";
/// What is applied one after the other: one folder for each stage.
pub const STAGES: &str = "stages";
/// Beside the environments' trees: one folder for each environment, for the tool that applies them.
pub const GITOPS: &str = "gitops";

/// The claims of the stack that are applied in a phase; those of the first stand beside the classes.
pub(super) fn storage(phase: Phase) -> String {
    match phase {
        Phase::Base => STORAGE.to_owned(),
        Phase::Before => format!("{STORAGE}-before"),
        Phase::Rollout => format!("{STORAGE}-rollout"),
        Phase::After => format!("{STORAGE}-after"),
    }
}

/// The shared configs of a namespace, by its name in the cluster.
pub(super) fn configs(namespace: &str) -> String {
    format!("configs-{namespace}")
}

/// Those that a component must not take; those for access, manifests, storage, alerts and stages only where the stack has some.
#[must_use]
pub fn taken(resolved: &Resolved) -> Vec<String> {
    let stack = &resolved.stack;
    let mut taken = [NAMESPACES, SECRETS, GATEWAYS, MESH].map(str::to_owned).to_vec();
    if !super::stages(resolved).is_empty() {
        taken.push(STAGES.to_owned());
    }
    if !stack.manifests.0.is_empty() {
        taken.push(MANIFESTS.to_owned());
    }
    if !stack.identities.is_empty() {
        taken.push(ACCESS.to_owned());
    }
    if !stack.storage_classes.is_empty() || !stack.claims.is_empty() {
        let phases = stack.claims.keys().map(|it| resolved.phase_of_claim(it.as_str()));
        taken.extend(phases.chain([Phase::Base]).map(storage));
    }
    if super::alert::wanted(resolved).is_some() {
        taken.push(ALERTS.to_owned());
    }
    let namespaces = stack.configs.values().map(|it| resolved.namespace_or_only(it.namespace.as_ref()));
    taken.extend(namespaces.map(|it| configs(resolved.namespace(&it))));
    taken
}
