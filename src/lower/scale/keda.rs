//! KEDA's `ScaledObject`s, and where it takes the credentials of triggers from.

use k8s_openapi::api::autoscaling::v2;

use super::hpa::{rules, seconds};
use crate::k8s::Object;
use crate::k8s::crd::keda::scaled_object::{
    self as keda, Advanced, AuthenticationRef, AutoscalerConfig, ScaledObject, ScaledObjectSpec, TargetRef,
};
use crate::k8s::crd::keda::trigger_authentication::{
    SecretTarget, TriggerAuthentication, TriggerAuthenticationSpec,
};
use crate::lower::progress;
use crate::lower::workload::count;
use crate::model::{FallbackBehavior, Keda};
use crate::resolve::{Component, Resolved, Watched, metadata};

/// The autoscaler of a service, after the credentials that it needs.
pub(super) fn objects(resolved: &Resolved, component: &Component, keda: &Keda) -> Vec<Object> {
    let watched = resolved.watched.get(&component.name).map(Vec::as_slice).unwrap_or_default();
    let mut found: Vec<Object> = watched
        .iter()
        .filter(|it| !it.logins.is_empty())
        .map(|it| authentication(resolved, component, it).into())
        .collect();
    found.push(scaled(resolved, component, keda, watched).into());
    found
}

fn scaled(resolved: &Resolved, component: &Component, keda: &Keda, watched: &[Watched]) -> ScaledObject {
    let resources = [("cpu", keda.cpu), ("memory", keda.memory)].into_iter();
    let mut triggers: Vec<keda::Trigger> = resources
        .filter_map(|(kind, percent)| {
            Some(keda::Trigger {
                authentication_ref: None,
                metadata: [("value", percent?.to_string())].into(),
                metric_type: Some("Utilization"),
                name: kind.to_owned(),
                kind,
            })
        })
        .collect();
    triggers.extend(watched.iter().map(|it| {
        let given = keda.triggers.get(&it.name).map(crate::model::Trigger::parameters);
        keda::Trigger {
            authentication_ref: (!it.logins.is_empty())
                .then(|| AuthenticationRef { name: authentication_name(component, it) }),
            // What the stack says of the trigger wins over what follows from the tier.
            metadata: it.parameters.iter().cloned().chain(given.into_iter().flatten()).collect(),
            metric_type: None,
            name: it.name.to_string(),
            kind: it.kind,
        }
    }));
    let (api_version, kind) = progress::target(resolved, component);
    ScaledObject {
        metadata: metadata(resolved, Some(component), component.called.as_str()),
        spec: ScaledObjectSpec {
            advanced: keda.behavior.as_ref().map(|it| Advanced {
                horizontal_pod_autoscaler_config: AutoscalerConfig {
                    behavior: v2::HorizontalPodAutoscalerBehavior {
                        scale_down: it.scale_down.as_ref().map(|it| rules(Some(it), None)),
                        scale_up: it.scale_up.as_ref().map(|it| rules(Some(it), None)),
                    },
                },
            }),
            cooldown_period: seconds(&keda.cooldown),
            fallback: keda.fallback.as_ref().map(|it| keda::Fallback {
                behavior: it.behavior.map(FallbackBehavior::as_str),
                failure_threshold: count(it.failures),
                replicas: count(it.replicas),
            }),
            idle_replica_count: keda.idle.map(count),
            initial_cooldown_period: keda.initial_cooldown.as_ref().map(seconds),
            max_replica_count: count(keda.max),
            min_replica_count: count(keda.min),
            polling_interval: seconds(&keda.polling),
            scale_target_ref: TargetRef { api_version, kind, name: component.called.to_string() },
            triggers,
        },
    }
}

/// Triggers of several services may have one name.
fn authentication_name(component: &Component, watched: &Watched) -> String {
    format!("{}-{}", component.name, watched.name)
}

fn authentication(resolved: &Resolved, component: &Component, watched: &Watched) -> TriggerAuthentication {
    let target = |(parameter, it): &(&'static str, crate::model::SecretKey)| SecretTarget {
        key: it.key.to_string(),
        name: it.secret.to_string(),
        parameter,
    };
    TriggerAuthentication {
        metadata: metadata(resolved, Some(component), &authentication_name(component, watched)),
        spec: TriggerAuthenticationSpec { secret_target_ref: watched.logins.iter().map(target).collect() },
    }
}
