//! The wave in which Argo CD applies an object, and waits until it is healthy.

use std::collections::BTreeMap;

use crate::k8s::Object;
use crate::model::Name;
use crate::resolve::{Component, Delivery, Resolved};

/// Waves of components, and of what they share.
#[derive(Debug, Default)]
pub struct Waves {
    components: BTreeMap<Name, u32>,
    /// Secrets, by namespace and name in the cluster.
    secrets: BTreeMap<(String, String), u32>,
    last: Option<u32>,
}

impl Waves {
    /// Those of a stack; none where no tool applies it.
    #[must_use]
    pub fn of(resolved: &Resolved) -> Self {
        if resolved.stack.gitops.is_none() {
            return Self::default();
        }
        let components = resolved.waves();
        let mut secrets = BTreeMap::new();
        for component in resolved.components.values() {
            let Some(wave) = components.get(&component.name) else { continue };
            for name in resolved.secrets_of(component) {
                let Some(secret) = resolved.stack.secrets.get(name) else { continue };
                let namespace = resolved.namespace_or_only(secret.namespace.as_ref());
                let object = secret.object.as_ref().unwrap_or(name);
                let key = (resolved.namespace(&namespace).to_owned(), object.to_string());
                let first = secrets.entry(key).or_insert(*wave);
                *first = (*first).min(*wave);
            }
        }
        let last = components.values().max().copied();
        Self { components, secrets, last }
    }

    /// The wave of an object of a component. What nothing waits for comes last, and holds up nobody: its health hangs on
    /// metrics that nobody measures yet, on a gateway of others, or on the last run of a schedule (`health.lua` of Argo CD).
    /// A hook comes when its tool says.
    pub(super) fn own(&self, resolved: &Resolved, component: &Component, object: &Object) -> Option<u32> {
        use Object::{
            CronJob, GRPCRoute, HTTPRoute, HorizontalPodAutoscaler, Ingress, ScaledObject, VirtualService,
        };
        if matches!(resolved.delivery(component), Some(Delivery::Hook(_))) {
            return None;
        }
        match object {
            // Whoever gets a share of the requests must be ready for it.
            GRPCRoute(_) | HTTPRoute(_) | VirtualService(_) if component.has_variant() => {
                self.last.map(|it| it + 1)
            }
            CronJob(_)
            | GRPCRoute(_)
            | HTTPRoute(_)
            | HorizontalPodAutoscaler(_)
            | Ingress(_)
            | ScaledObject(_) => self.last,
            _ => self.components.get(&component.name).copied(),
        }
    }

    /// The wave of an object that no component owns; none for the first. A claim waits for the pod that mounts it, and a
    /// secret for who writes it to its store: both come with the first component that needs them, because what waits holds
    /// up the waves after it. A claim that nobody mounts comes last.
    pub(super) fn shared(&self, resolved: &Resolved, object: &Object) -> Option<u32> {
        use Object::{ExternalSecret, PersistentVolumeClaim, VaultDynamicSecret, VaultStaticSecret};
        match object {
            PersistentVolumeClaim(claim) => {
                let name = claim.metadata.name.as_deref();
                // A hook's pod comes by itself, and that of a schedule when its time has come.
                let wave = |it: &Component| match resolved.delivery(it) {
                    Some(Delivery::Hook(_) | Delivery::Scheduled) => self.last,
                    Some(Delivery::Applied | Delivery::Gate) | None => self.components.get(&it.name).copied(),
                };
                resolved.mounting(name.unwrap_or_default()).filter_map(wave).min().or(self.last)
            }
            ExternalSecret(_) | VaultDynamicSecret(_) | VaultStaticSecret(_) => {
                let id = object.id();
                self.secrets.get(&(id.namespace?, id.name)).copied()
            }
            _ => None,
        }
    }
}
