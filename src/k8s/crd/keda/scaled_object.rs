//! `ScaledObject`: how many pods a Deployment has, by what waits for them.

use std::collections::BTreeMap;

use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscalerBehavior;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{GROUP, VERSION};
use crate::k8s::crd::resource;

/// How many pods a Deployment has, by what waits for them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScaledObject {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Of what, how many, and by what.
    pub spec: ScaledObjectSpec,
}

resource!(ScaledObject, GROUP, |_| VERSION);

/// Of what, how many, and by what.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScaledObjectSpec {
    /// How pods come and go, once there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advanced: Option<Advanced>,
    /// Seconds until the last pod goes.
    pub cooldown_period: i32,
    /// What happens while a trigger cannot be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Fallback>,
    /// The pods while no trigger is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_replica_count: Option<i32>,
    /// Seconds after the creation in which the last pod stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_cooldown_period: Option<i32>,
    /// The most pods.
    pub max_replica_count: i32,
    /// The fewest pods.
    pub min_replica_count: i32,
    /// Seconds between two questions.
    pub polling_interval: i32,
    /// The Deployment.
    pub scale_target_ref: TargetRef,
    /// What is looked at.
    pub triggers: Vec<Trigger>,
}

/// How pods come and go.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Advanced {
    /// The autoscaler that KEDA makes.
    pub horizontal_pod_autoscaler_config: AutoscalerConfig,
}

/// The autoscaler that KEDA makes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AutoscalerConfig {
    /// How fast pods come and go.
    pub behavior: HorizontalPodAutoscalerBehavior,
}

/// What happens while a trigger cannot be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fallback {
    /// What the pods that there are have to do with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behavior: Option<&'static str>,
    /// After how many failures in a row.
    pub failure_threshold: i32,
    /// How many pods.
    pub replicas: i32,
}

/// A Deployment by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetRef {
    /// `apps/v1`.
    pub api_version: &'static str,
    /// `Deployment`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
}

/// What is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Trigger {
    /// How one logs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication_ref: Option<AuthenticationRef>,
    /// Its parameters.
    pub metadata: BTreeMap<&'static str, String>,
    /// `Utilization`, of CPU and memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric_type: Option<&'static str>,
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// A `TriggerAuthentication` by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AuthenticationRef {
    /// Its name.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints_keys_in_order() {
        let object = ScaledObject {
            metadata: named("app"),
            spec: ScaledObjectSpec {
                advanced: Some(Advanced::default()),
                cooldown_period: 300,
                fallback: Some(Fallback { behavior: Some("static"), failure_threshold: 3, replicas: 2 }),
                idle_replica_count: Some(0),
                initial_cooldown_period: Some(60),
                max_replica_count: 9,
                min_replica_count: 1,
                polling_interval: 30,
                scale_target_ref: TargetRef {
                    api_version: "apps/v1",
                    kind: "Deployment",
                    name: "app".into(),
                },
                triggers: vec![Trigger {
                    authentication_ref: Some(AuthenticationRef { name: "a".into() }),
                    metadata: [("value", "60".to_owned())].into(),
                    metric_type: Some("Utilization"),
                    name: "cpu".into(),
                    kind: "cpu",
                }],
            },
        };
        assert_prints(
            &object,
            &json!({
                "apiVersion": "keda.sh/v1alpha1",
                "kind": "ScaledObject",
                "metadata": { "name": "app", "namespace": "apps" },
                "spec": {
                    "advanced": { "horizontalPodAutoscalerConfig": { "behavior": {} } },
                    "cooldownPeriod": 300,
                    "fallback": { "behavior": "static", "failureThreshold": 3, "replicas": 2 },
                    "idleReplicaCount": 0,
                    "initialCooldownPeriod": 60,
                    "maxReplicaCount": 9,
                    "minReplicaCount": 1,
                    "pollingInterval": 30,
                    "scaleTargetRef": { "apiVersion": "apps/v1", "kind": "Deployment", "name": "app" },
                    "triggers": [{
                        "authenticationRef": { "name": "a" },
                        "metadata": { "value": "60" },
                        "metricType": "Utilization",
                        "name": "cpu",
                        "type": "cpu",
                    }],
                },
            }),
        );
    }
}
