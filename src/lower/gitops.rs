//! What objects say to the tool that applies them.

use crate::k8s::Object;
use crate::model::{ArgoCd, Gitops};
use crate::resolve::{Component, Resolved};

/// Argo CD applies objects of a lower wave first, and goes on when they are healthy
/// (argo-cd.readthedocs.io/en/stable/user-guide/sync-waves).
const WAVE: &str = "argocd.argoproj.io/sync-wave";
/// `Prune=false,Delete=false`: argo-cd.readthedocs.io/en/stable/user-guide/sync-options.
const OPTIONS: &str = "argocd.argoproj.io/sync-options";
/// `disabled`: fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources.
const PRUNE: &str = "kustomize.toolkit.fluxcd.io/prune";

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
        Gitops::ArgoCd(_) => (OPTIONS, "Prune=false,Delete=false"),
        Gitops::Flux(_) => (PRUNE, "disabled"),
    };
    let keep = (holds_data(object) && !resolved.stack.is_preview()).then_some(keep);
    let Some(metadata) = object.metadata_mut() else { return };
    let mut set = |key: &str, value: String| {
        // What the stack says of an object stands; options are a list that both write to.
        let own = metadata.annotations.get_or_insert_default().entry(key.to_owned());
        let own = own.or_default();
        if own.is_empty() {
            *own = value;
        } else if key == OPTIONS {
            *own = format!("{own},{value}");
        }
    };
    if let (Gitops::ArgoCd(ArgoCd { sync, .. }), Some(wave)) = (gitops, wave)
        && sync.waves
    {
        set(WAVE, wave.to_string());
    }
    if let Some((key, value)) = keep {
        set(key, value.to_owned());
    }
    if passing {
        set(OPTIONS, "PruneLast=true".to_owned());
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
