//! How Flux learns that custom resources are healthy: without a word of theirs, it takes them for it as soon as they are there
//! (fluxcd.io/flux/components/kustomize/kustomizations/#health-checks), and those of Argo Rollouts for failed, because their
//! `observedGeneration` is a text (github.com/fluxcd/flux2/issues/4632).

use crate::k8s::Object;
use crate::k8s::crd::flux::kustomization::HealthCheck;

/// The check of an object's kind; none where Flux knows it.
pub(super) fn check(object: &Object) -> Option<HealthCheck> {
    Some(match object {
        // A pause is no failure, and what comes after need not wait for a person.
        Object::Rollout(_) => HealthCheck {
            api_version: "argoproj.io/v1alpha1",
            current: "status.observedGeneration == string(metadata.generation) && status.phase in ['Healthy', 'Paused']",
            failed: Some(
                "status.observedGeneration == string(metadata.generation) && status.phase == 'Degraded'",
            ),
            kind: "Rollout",
        },
        Object::Cluster(_) => HealthCheck {
            api_version: "postgresql.cnpg.io/v1",
            current: "status.conditions.exists(it, it.type == 'Ready' && it.status == 'True')",
            failed: None,
            kind: "Cluster",
        },
        Object::Kafka(_) => HealthCheck {
            api_version: "kafka.strimzi.io/v1",
            current: "status.observedGeneration == metadata.generation && status.conditions.exists(it, it.type == 'Ready' && it.status == 'True')",
            failed: None,
            kind: "Kafka",
        },
        Object::RabbitmqCluster(_) => HealthCheck {
            api_version: "rabbitmq.com/v1beta1",
            current: "status.observedGeneration == metadata.generation && status.conditions.exists(it, it.type == 'AllReplicasReady' && it.status == 'True')",
            failed: None,
            kind: "RabbitmqCluster",
        },
        _ => return None,
    })
}
