//! How Flux learns that custom resources are healthy: without a word of theirs, it takes them for it as soon as they are there
//! (fluxcd.io/flux/components/kustomize/kustomizations/#health-checks), and those of Argo Rollouts for failed, because their
//! `observedGeneration` is a text (github.com/fluxcd/flux2/issues/4632).

use crate::k8s::Object;
use crate::k8s::crd::flux::kustomization::HealthCheck;
use crate::k8s::crd::{argo_rollouts, cnpg, rabbitmq, strimzi};

/// The check of an object's kind; none where Flux knows it.
pub(super) fn check(object: &Object) -> Option<HealthCheck> {
    let id = object.id();
    // By name: one that is patched has no type.
    let (current, failed) = match (&*id.group, &*id.kind) {
        // A pause is no failure, and what comes after need not wait for a person.
        (argo_rollouts::GROUP, "Rollout") => (
            "status.observedGeneration == string(metadata.generation) && status.phase in ['Healthy', 'Paused']",
            Some("status.observedGeneration == string(metadata.generation) && status.phase == 'Degraded'"),
        ),
        (cnpg::GROUP, "Cluster") => {
            ("status.conditions.exists(it, it.type == 'Ready' && it.status == 'True')", None)
        }
        (strimzi::GROUP, "Kafka") => (
            "status.observedGeneration == metadata.generation && status.conditions.exists(it, it.type == 'Ready' && it.status == 'True')",
            None,
        ),
        (rabbitmq::GROUP, "RabbitmqCluster") => (
            "status.observedGeneration == metadata.generation && status.conditions.exists(it, it.type == 'AllReplicasReady' && it.status == 'True')",
            None,
        ),
        _ => return None,
    };
    let api_version = format!("{}/{}", id.group, id.version);
    Some(HealthCheck { api_version, current, failed, kind: id.kind.into_owned() })
}
