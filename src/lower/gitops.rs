//! What objects say to the tool that applies them.

use std::collections::BTreeMap;

use crate::k8s::Object;
use crate::k8s::crd::argocd::SYNC_WAVE;
use crate::k8s::delivery::{self, NO_DELETE, NO_PRUNE, SYNC_OPTIONS};
use crate::model::{ArgoCd, Gitops};
use crate::resolve::{Component, Delivery, Hook, Phase, Resolved};

/// What makes an object of a job a hook, where its tool has hooks: the Job itself, in no wave, or what it needs, which comes
/// before it. Each is deleted before it is made again.
pub(super) fn hook(resolved: &Resolved, component: &Component, runs: bool) -> BTreeMap<String, String> {
    let before = component.phase == Phase::Before;
    let Some(Delivery::Hook(tool)) = resolved.delivery(component) else { return BTreeMap::new() };
    let (hook, moment, policy, wave) = match tool {
        Hook::ArgoCd => (
            delivery::ARGO_HOOK,
            if before { "PreSync" } else { "PostSync" },
            delivery::ARGO_REPLACED,
            SYNC_WAVE,
        ),
        Hook::Helm => (
            delivery::HELM_HOOK,
            if before { "pre-install,pre-upgrade" } else { "post-install,post-upgrade" },
            delivery::HELM_REPLACED,
            delivery::HELM_WEIGHT,
        ),
    };
    let found = [Some((hook, moment)), Some(policy), (!runs).then_some((wave, "-1"))];
    found.into_iter().flatten().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// Annotates an object of a component that is a hook.
pub(super) fn annotate_hook(resolved: &Resolved, component: &Component, object: &mut Object) {
    let found = hook(resolved, component, matches!(object, Object::Job(_)));
    if let Some(metadata) = object.metadata_mut().filter(|_| !found.is_empty()) {
        metadata.annotations.get_or_insert_default().extend(found);
    }
}

/// Annotates an object of a component with its wave, if it has one, and with what keeps it.
pub(super) fn annotate(
    resolved: &Resolved,
    component: Option<&Component>,
    wave: Option<u32>,
    object: &mut Object,
) {
    let Some(gitops) = &resolved.stack.gitops else { return };
    // What leads to the second version of a service must be gone before it goes. Flux deletes last in any case.
    let passing = component.is_some_and(Component::is_variant) && matches!(gitops, Gitops::ArgoCd(_));
    let keep = match gitops {
        Gitops::ArgoCd(_) => (SYNC_OPTIONS, format!("{NO_PRUNE},{NO_DELETE}")),
        Gitops::Flux(_) => (delivery::PRUNE, delivery::DISABLED.to_owned()),
        Gitops::Helm(_) => (delivery::RESOURCE_POLICY, delivery::KEEP.to_owned()),
    };
    let keep = (holds_data(object) && !resolved.stack.is_preview()).then_some(keep);
    let Some(metadata) = object.metadata_mut() else { return };
    let mut set = |key: &str, value: String| {
        // What the stack says of an object stands; options are a list that both write to.
        let own = metadata.annotations.get_or_insert_default().entry(key.to_owned());
        let own = own.or_default();
        if own.is_empty() {
            *own = value;
        } else if key == SYNC_OPTIONS {
            *own = format!("{own},{value}");
        }
    };
    if let (Gitops::ArgoCd(ArgoCd { sync, .. }), Some(wave)) = (gitops, wave)
        && sync.waves
    {
        set(SYNC_WAVE, wave.to_string());
    }
    if let Some((key, value)) = keep {
        set(key, value);
    }
    if passing {
        set(SYNC_OPTIONS, "PruneLast=true".to_owned());
    }
}

/// Whether data goes when the object goes: a tool must not delete it because somebody took it out of the stack.
fn holds_data(object: &Object) -> bool {
    use Object::{
        Cluster, Database, Kafka, KafkaNodePool, KafkaTopic, Namespace, PersistentVolume,
        PersistentVolumeClaim, RabbitmqCluster, Redis, RedisReplication,
    };
    matches!(
        object,
        // Those of operators own their claims, databases or topics.
        Namespace(_)
            | PersistentVolume(_)
            | PersistentVolumeClaim(_)
            | Cluster(_)
            | Database(_)
            | Kafka(_)
            | KafkaNodePool(_)
            | KafkaTopic(_)
            | RabbitmqCluster(_)
            | Redis(_)
            | RedisReplication(_)
    )
}
