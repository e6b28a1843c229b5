//! PgBouncer in front of the primary.

use k8s_openapi::api::core::v1::{Container, PodSpec, PodTemplateSpec};
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{POOLER, PostgresPooler, named, selector};
use crate::k8s::crd::cnpg::POOLER_NAME;
use crate::k8s::crd::cnpg::pooler::{PgBouncer, Pooler, PoolerSpec, PoolerType};
use crate::stateful::TierContext;
use crate::workload::{placement, resources};

/// The pods of PgBouncer and their Service.
pub(super) fn pooler(pooler: &PostgresPooler, cx: &TierContext<'_>) -> Pooler {
    let name = format!("{}{POOLER}", cx.name);
    let affinity = cx.pods.affinity.as_ref();
    let own = selector([(POOLER_NAME, &name)]);
    let parameters = pooler.config.iter().map(|(name, value)| {
        // PgBouncer's switches are numbers.
        let value = match value.text() {
            "true" => "1",
            "false" => "0",
            text => text,
        };
        (name.as_str().to_owned(), value.to_owned())
    });
    let container = Container {
        name: "pgbouncer".to_owned(),
        resources: pooler.resources.as_ref().map(resources),
        ..Container::default()
    };
    let pods = PodTemplateSpec {
        metadata: Some(ObjectMeta {
            // With the cluster's, by which policies select: not every release of the operator puts it there.
            labels: Some(cx.pods.labels.clone()),
            annotations: (!cx.pods.annotations.is_empty()).then(|| cx.pods.annotations.clone()),
            ..ObjectMeta::default()
        }),
        spec: Some(PodSpec {
            affinity: affinity.and_then(|it| {
                placement::affinity(placement::nodes(it), placement::separate(it, own.clone()))
            }),
            containers: vec![container],
            priority_class_name: affinity.and_then(|it| it.priority_class.as_ref()).map(ToString::to_string),
            tolerations: affinity.and_then(placement::tolerations),
            topology_spread_constraints: affinity
                .and_then(|it| placement::spread(it, &own, Some("pod-template-hash"))),
            ..PodSpec::default()
        }),
    };
    Pooler {
        metadata: named(name),
        spec: PoolerSpec {
            cluster: cx.name.into(),
            instances: pooler.instances,
            pgbouncer: PgBouncer { parameters: parameters.collect(), pool_mode: pooler.mode.into() },
            template: Some(pods),
            kind: PoolerType::ReadWrite,
        },
    }
}

/// The operator makes budgets for its servers only.
pub(super) fn budget(pooler: &PostgresPooler, cx: &TierContext<'_>) -> Option<PodDisruptionBudget> {
    let name = format!("{}{POOLER}", cx.name);
    (pooler.instances > 1).then(|| PodDisruptionBudget {
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            selector: Some(selector([(POOLER_NAME, &name)])),
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".to_owned()),
            ..PodDisruptionBudgetSpec::default()
        }),
        metadata: named(name),
        ..PodDisruptionBudget::default()
    })
}
