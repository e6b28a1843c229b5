//! Namespaces, with the network's default deny.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Amount;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{Unit, folder, network, shared_unit};
use crate::k8s::labels::POD_SECURITY;
use crate::mesh;
use crate::model::{self, Duration, Name, Policies, Quantity, Range};
use crate::resolve::{Resolved, metadata};

/// kube-janitor deletes the namespace when this time has passed since its creation (codeberg.org/hjacobs/kube-janitor).
const TTL: &str = "janitor/ttl";

/// The namespaces' own folder.
pub(super) fn unit(resolved: &Resolved) -> Unit {
    let mut objects: Vec<crate::k8s::Object> = namespaces(resolved).into_iter().map(Into::into).collect();
    for (key, namespace) in resolved.stack.namespaces.iter().filter(|(_, it)| !it.existing) {
        objects.extend(quota(resolved, key, namespace).map(Into::into));
        objects.extend(limit_range(resolved, key, namespace).map(Into::into));
    }
    if resolved.stack.network.policies == Policies::FromUses {
        for key in used(resolved) {
            objects.extend(network::defaults(resolved, key).into_iter().map(Into::into));
        }
    }
    shared_unit(folder::NAMESPACES, objects)
}

/// The namespaces that the stack makes.
#[must_use]
pub(super) fn namespaces(resolved: &Resolved) -> Vec<Namespace> {
    let mut found = Vec::new();
    for (key, namespace) in resolved.stack.namespaces.iter().filter(|(_, it)| !it.existing) {
        let security = &namespace.pod_security;
        let mut labels = BTreeMap::new();
        let mut add =
            |key: &str, value: &str| labels.insert(format!("{POD_SECURITY}{key}"), value.to_owned());
        for (action, level) in
            [("enforce", security.enforce), ("warn", security.warn), ("audit", security.audit)]
        {
            add(action, level.as_str());
            add(&format!("{action}-version"), &security.version.to_string());
        }
        labels.extend(mesh::namespace_labels(resolved, key));
        labels.extend(namespace.labels.iter().map(|(key, value)| (key.to_string(), value.clone())));
        let mut metadata = metadata(resolved, None, resolved.namespace(key));
        metadata.labels.get_or_insert_default().extend(labels);
        let mut annotations = mesh::namespace_annotations(resolved, key);
        annotations.extend(namespace.annotations.iter().map(|(key, it)| (key.to_string(), it.clone())));
        if let Some(ttl) = resolved.stack.instance.as_ref().and_then(|it| it.ttl.as_ref()) {
            annotations.entry(TTL.to_owned()).or_insert_with(|| time_to_live(ttl));
        }
        metadata.annotations = (!annotations.is_empty()).then_some(annotations);
        found.push(Namespace { metadata, ..Default::default() });
    }
    found
}

/// What the pods and objects of a namespace together may use.
fn quota(resolved: &Resolved, key: &Name, namespace: &model::Namespace) -> Option<core::ResourceQuota> {
    let hard = namespace.quota.iter().map(|(name, it)| (name.as_str().to_owned(), amount(it))).collect();
    let spec = core::ResourceQuotaSpec { hard: Some(hard), ..Default::default() };
    let made =
        || core::ResourceQuota { metadata: within(resolved, key, "quota"), spec: Some(spec), status: None };
    (!namespace.quota.is_empty()).then(made)
}

/// What one container, pod or claim of a namespace may ask for.
fn limit_range(resolved: &Resolved, key: &Name, namespace: &model::Namespace) -> Option<core::LimitRange> {
    let range = namespace.limit_range.as_ref()?;
    let some = |list: &IndexMap<String, Quantity>| -> Option<BTreeMap<String, Amount>> {
        (!list.is_empty()).then(|| list.iter().map(|(name, it)| (name.clone(), amount(it))).collect())
    };
    let bounds = |kind: &str, it: &Range| core::LimitRangeItem {
        type_: kind.to_owned(),
        min: some(&it.min),
        max: some(&it.max),
        ..Default::default()
    };
    let container = range.container.as_ref().map(|it| core::LimitRangeItem {
        type_: "Container".to_owned(),
        default: some(&it.default),
        default_request: some(&it.default_request),
        min: some(&it.min),
        max: some(&it.max),
        max_limit_request_ratio: some(&it.ratio),
    });
    let pod = range.pod.as_ref().map(|it| bounds("Pod", it));
    let claim = range.claim.as_ref().map(|it| bounds("PersistentVolumeClaim", it));
    let limits: Vec<_> = [container, pod, claim].into_iter().flatten().collect();
    Some(core::LimitRange {
        metadata: within(resolved, key, "limits"),
        spec: Some(core::LimitRangeSpec { limits }),
    })
}

fn amount(quantity: &Quantity) -> Amount {
    Amount(quantity.to_string())
}

fn within(resolved: &Resolved, key: &Name, name: &str) -> ObjectMeta {
    ObjectMeta { namespace: Some(resolved.namespace(key).to_owned()), ..metadata(resolved, None, name) }
}

/// As kube-janitor reads it: one number, and one of `s`, `m` and `h`.
fn time_to_live(ttl: &Duration) -> String {
    let seconds = ttl.seconds();
    match seconds {
        _ if seconds.is_multiple_of(3600) => format!("{}h", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

/// Namespaces with components.
pub(super) fn used(resolved: &Resolved) -> impl Iterator<Item = &Name> {
    let lives = |key: &&Name| resolved.components.values().any(|it| it.namespace == **key);
    resolved.stack.namespaces.keys().filter(lives)
}
