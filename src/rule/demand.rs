//! What pods ask of their namespace, for the rules on quotas and ranges.

use k8s_openapi::api::apps::v1::DeploymentStrategy;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::k8s::Object;
use crate::k8s::crd::argo_rollouts::rollout::Strategy;
use crate::k8s::usage::{self, Amounts, Usage};
use crate::model::{ContainerRange, LimitRange, Name, Namespace, Quantity};
use crate::resolve::{Component, Resolved};

/// Pods of one kind.
#[derive(Debug)]
pub(super) struct Demand {
    /// Their component.
    pub(super) component: Name,
    /// How many there are at the most; those of one node where the nodes decide.
    pub(super) pods: u32,
    /// How many more there are while a new version comes.
    pub(super) surge: u32,
    /// What each of them asks for.
    pub(super) each: Usage,
}

/// An amount in thousandths.
pub(super) fn parse(text: &str) -> Option<i128> {
    Quantity::parse(text).ok().map(|it| it.milli())
}

/// Amounts of the stack in thousandths.
pub(super) fn amounts(written: &indexmap::IndexMap<String, Quantity>) -> Amounts {
    written.iter().map(|(name, it)| (name.clone(), it.milli())).collect()
}

/// What a namespace gives containers that say nothing: `max` is a default limit, a default limit a default request, and
/// so is `min` (the defaults of the API server, `pkg/apis/core/v1/defaults.go`).
pub(super) fn defaults(namespace: &Namespace) -> Usage {
    let Some(LimitRange { container: Some(range), .. }) = &namespace.limit_range else {
        return Usage::default();
    };
    let ContainerRange { default, default_request, min, max, .. } = range;
    let (mut limits, mut requests) = (amounts(default), amounts(default_request));
    for (name, amount) in amounts(max) {
        limits.entry(name).or_insert(amount);
    }
    for (name, amount) in limits.clone().into_iter().chain(amounts(min)) {
        requests.entry(name).or_insert(amount);
    }
    Usage { requests, limits }
}

impl Demand {
    /// Of an object that makes pods.
    pub(super) fn of(resolved: &Resolved, component: &Component, object: &Object) -> Option<Self> {
        let namespace = resolved.stack.namespaces.get(&component.namespace)?;
        if namespace.quota.is_empty() {
            return None;
        }
        let spec = object.pod_template()?.spec.as_ref()?;
        let defaults = defaults(namespace);
        let each = usage::pod(spec, &defaults, parse);
        let count = |it: Option<i32>| it.and_then(|it| u32::try_from(it).ok());
        let most = || resolved.service(component).and_then(|it| it.fields.scale.ceiling());
        let (pods, surge) = match object {
            Object::Deployment(it) => {
                let pods = count(it.spec.replicas).or_else(most).unwrap_or(1);
                (pods, surge(it.spec.strategy.as_ref(), pods))
            }
            Object::Rollout(it) => {
                let pods = count(it.spec.replicas).or_else(most).unwrap_or(1);
                (pods, stepped_surge(&it.spec.strategy, pods))
            }
            Object::StatefulSet(it) => (count(it.spec.replicas).unwrap_or(1), 0),
            // A Job may still run when the next one starts.
            Object::CronJob(it) => (1, u32::from(it.spec.concurrency_policy.as_deref() == Some("Allow"))),
            _ => (1, 0),
        };
        Some(Self { component: component.name.clone(), pods, surge, each })
    }

    /// Of pods that an operator makes: those of the tier's own.
    pub(super) fn operated(resolved: &Resolved, component: &Component) -> Option<Self> {
        let tier = resolved.tier(component)?;
        tier.operator_labels(component.name.as_str())?;
        let mut each = Usage::default();
        if let Some(resources) = &resolved.common(component).resources {
            (each.requests, each.limits) = (amounts(&resources.requests), amounts(&resources.limits));
        }
        Some(Self { component: component.name.clone(), pods: tier.replicas(), surge: 0, each })
    }
}

fn surge(strategy: Option<&DeploymentStrategy>, pods: u32) -> u32 {
    let rolling = strategy.and_then(|it| it.rolling_update.as_ref());
    rolling.and_then(|it| it.max_surge.as_ref()).map_or(0, |it| share(it, pods))
}

/// The same where Argo Rollouts brings them: where requests are shared out, the old pods stay until the new ones have all of
/// them (argo-rollouts.readthedocs.io/en/stable/features/canary, `dynamicStableScale`).
fn stepped_surge(strategy: &Strategy, pods: u32) -> u32 {
    match strategy {
        Strategy::Canary(it) if it.traffic_routing.is_none() => share(&it.max_surge, pods),
        Strategy::Canary(_) | Strategy::BlueGreen(_) => pods,
    }
}

/// Rounded up.
fn share(amount: &IntOrString, of: u32) -> u32 {
    u32::try_from(hundredths(amount, of.into()).div_ceil(100)).unwrap_or(u32::MAX)
}

/// A number of pods, or a share of that many, in hundredths of a pod.
pub(super) fn hundredths(amount: &IntOrString, of: u64) -> u64 {
    match amount {
        IntOrString::Int(it) => u64::try_from(*it).unwrap_or(0).saturating_mul(100),
        IntOrString::String(it) => it.trim_end_matches('%').parse::<u64>().unwrap_or(0).saturating_mul(of),
    }
}

/// An amount as a person writes it.
pub(super) fn shown(resource: &str, milli: i128) -> String {
    const UNITS: [(&str, i128); 4] = [("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)];
    let bytes = matches!(resource, "memory" | "ephemeral-storage" | "storage");
    if milli % 1000 != 0 {
        return format!("{milli}m");
    }
    let whole = milli / 1000;
    let unit = UNITS.into_iter().find(|(_, size)| bytes && whole != 0 && whole % size == 0);
    unit.map_or_else(|| whole.to_string(), |(unit, size)| format!("{}{unit}", whole / size))
}
