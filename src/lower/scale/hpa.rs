//! Autoscalers that Kubernetes itself runs.

use indexmap::IndexMap;
use k8s_openapi::api::autoscaling::v2;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Amount;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use crate::lower::workload::count;
use crate::lower::{progress, route};
use crate::model::{
    Duration, Hpa, LabelKey, Measured, MetricName, MetricObject, MetricTarget, Quantity, ScalingRules, Step,
};
use crate::resolve::{Component, Resolved, metadata};

/// How long a lower number must hold before pods go, in seconds, where the stack does not say: Kubernetes' own number.
const SCALE_DOWN_WINDOW: i32 = 300;

/// The autoscaler of a service.
pub(super) fn autoscaler(
    resolved: &Resolved,
    component: &Component,
    hpa: &Hpa,
) -> v2::HorizontalPodAutoscaler {
    let behavior = hpa.behavior.as_ref();
    let (up, down) =
        (behavior.and_then(|it| it.scale_up.as_ref()), behavior.and_then(|it| it.scale_down.as_ref()));
    let mut down = rules(down, hpa.scale_down_window.as_ref());
    down.stabilization_window_seconds.get_or_insert(SCALE_DOWN_WINDOW);
    let (api_version, kind) = progress::target(resolved, component);
    let rises = up.is_some() || hpa.scale_up_window.is_some();
    v2::HorizontalPodAutoscaler {
        metadata: metadata(resolved, Some(component), component.called.as_str()),
        spec: v2::HorizontalPodAutoscalerSpec {
            behavior: Some(v2::HorizontalPodAutoscalerBehavior {
                scale_down: Some(down),
                scale_up: rises.then(|| rules(up, hpa.scale_up_window.as_ref())),
            }),
            max_replicas: count(hpa.max),
            metrics: Some(metrics(resolved, component, hpa)),
            min_replicas: Some(count(hpa.min)),
            scale_target_ref: v2::CrossVersionObjectReference {
                api_version: Some(api_version.to_owned()),
                kind: kind.to_owned(),
                name: component.called.to_string(),
            },
        },
        status: None,
    }
}

/// The rules of one direction. `window` is what stands beside them.
pub(super) fn rules(given: Option<&ScalingRules>, window: Option<&Duration>) -> v2::HPAScalingRules {
    let window = given.and_then(|it| it.window.as_ref()).or(window);
    let policies = given.map(|it| &it.policies).filter(|it| !it.is_empty());
    let policy = |it: &crate::model::ScalingPolicy| {
        let (type_, value) = match it.step {
            Step::Pods(it) => ("Pods", it),
            Step::Percent(it) => ("Percent", it),
        };
        v2::HPAScalingPolicy {
            period_seconds: seconds(&it.period),
            type_: type_.to_owned(),
            value: count(value),
        }
    };
    v2::HPAScalingRules {
        policies: policies.map(|it| it.values().map(policy).collect()),
        select_policy: given.and_then(|it| it.select).map(|it| it.as_str().to_owned()),
        stabilization_window_seconds: window.map(seconds),
        ..Default::default()
    }
}

pub(super) fn seconds(span: &Duration) -> i32 {
    i32::try_from(span.seconds()).unwrap_or(i32::MAX)
}

fn metrics(resolved: &Resolved, component: &Component, hpa: &Hpa) -> Vec<v2::MetricSpec> {
    let mut found: Vec<v2::MetricSpec> = [("cpu", hpa.cpu), ("memory", hpa.memory)]
        .into_iter()
        .filter_map(|(name, percent)| Some(resource(component, hpa.measured, name, percent?)))
        .collect();
    found.extend(hpa.pods.iter().map(|(name, it)| v2::MetricSpec {
        type_: "Pods".to_owned(),
        pods: Some(v2::PodsMetricSource {
            metric: identifier(it.metric.as_ref().unwrap_or(name), &it.selector),
            target: average(&it.average),
        }),
        ..Default::default()
    }));
    found.extend(hpa.objects.iter().map(|(name, it)| v2::MetricSpec {
        type_: "Object".to_owned(),
        object: Some(v2::ObjectMetricSource {
            described_object: described(resolved, &it.fields.of),
            metric: identifier(it.fields.metric.as_ref().unwrap_or(name), &it.fields.selector),
            target: target(&it.target),
        }),
        ..Default::default()
    }));
    found.extend(hpa.external.iter().map(|(name, it)| v2::MetricSpec {
        type_: "External".to_owned(),
        external: Some(v2::ExternalMetricSource {
            metric: identifier(it.fields.metric.as_ref().unwrap_or(name), &it.fields.selector),
            target: target(&it.target),
        }),
        ..Default::default()
    }));
    found
}

fn resource(component: &Component, measured: Measured, name: &str, percent: u32) -> v2::MetricSpec {
    let target = v2::MetricTarget {
        type_: "Utilization".to_owned(),
        average_utilization: Some(count(percent)),
        ..Default::default()
    };
    let name = name.to_owned();
    match measured {
        Measured::Pod => v2::MetricSpec {
            type_: "Resource".to_owned(),
            resource: Some(v2::ResourceMetricSource { name, target }),
            ..Default::default()
        },
        Measured::Container => v2::MetricSpec {
            type_: "ContainerResource".to_owned(),
            container_resource: Some(v2::ContainerResourceMetricSource {
                container: component.name.to_string(),
                name,
                target,
            }),
            ..Default::default()
        },
    }
}

fn identifier(name: &MetricName, selector: &IndexMap<LabelKey, String>) -> v2::MetricIdentifier {
    let labels = || selector.iter().map(|(key, it)| (key.to_string(), it.clone())).collect();
    v2::MetricIdentifier {
        name: name.as_str().to_owned(),
        selector: (!selector.is_empty())
            .then(|| LabelSelector { match_labels: Some(labels()), ..Default::default() }),
    }
}

fn target(target: &MetricTarget) -> v2::MetricTarget {
    match target {
        MetricTarget::Value(it) => v2::MetricTarget {
            type_: "Value".to_owned(),
            value: Some(Amount(it.to_string())),
            ..Default::default()
        },
        MetricTarget::Average(it) => average(it),
    }
}

fn average(amount: &Quantity) -> v2::MetricTarget {
    v2::MetricTarget {
        type_: "AverageValue".to_owned(),
        average_value: Some(Amount(amount.to_string())),
        ..Default::default()
    }
}

fn described(resolved: &Resolved, of: &MetricObject) -> v2::CrossVersionObjectReference {
    let reference = |api_version: &str, kind: &str, name: &str| v2::CrossVersionObjectReference {
        api_version: Some(api_version.to_owned()),
        kind: kind.to_owned(),
        name: name.to_owned(),
    };
    match of {
        MetricObject::Service(name) => {
            let service = resolved.components.get(name).map_or(name, |it| &it.service);
            reference("v1", "Service", service.as_str())
        }
        MetricObject::Route(name) => {
            let expose = resolved.stack.services.get(name).and_then(|it| it.fields.expose.as_ref());
            let (api_version, kind) = expose.and_then(route::kind).unwrap_or_default();
            let called = resolved.components.get(name).map_or(name, |it| &it.called);
            reference(api_version, kind, called.as_str())
        }
        MetricObject::Object(it) => reference(&it.api_version, &it.kind, &it.name),
    }
}
