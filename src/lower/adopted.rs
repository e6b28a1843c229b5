//! What of a StatefulSet in the cluster never changes.

use crate::model::{Adopt, AdoptedClaim, LabelKey, Name, PodManagement};
use crate::workload::{Controller, Workload};

/// Keeps what the StatefulSet that is there has.
pub(super) fn keep(adopt: &Adopt, workload: &mut Workload) {
    let Controller::StatefulSet { claims, parallel, .. } = &mut workload.controller else { return };
    if let Some(it) = adopt.pod_management {
        *parallel = it == PodManagement::Parallel;
    }
    let mut renamed = Vec::new();
    for claim in claims {
        let Some(AdoptedClaim { name, labels, annotations }) = adopt.claims.get(claim.name.as_str()) else {
            continue;
        };
        let all = |map: &indexmap::IndexMap<LabelKey, String>| {
            map.iter().map(|(key, it)| (key.to_string(), it.clone())).collect()
        };
        (claim.labels, claim.annotations) = (all(labels), all(annotations));
        if let Some(name) = name {
            let old = std::mem::replace(&mut claim.name, name.to_string());
            renamed.push((old, name));
        }
    }
    // A claim's volume has the name of its template.
    let pod = &mut workload.pod;
    let mounts = pod.containers.iter_mut().chain(&mut pod.init).filter_map(|it| it.volume_mounts.as_mut());
    for mount in mounts.flatten() {
        let named = |it: &&(String, &Name)| it.0 == mount.name;
        if let Some((_, name)) = renamed.iter().find(named) {
            mount.name = name.to_string();
        }
    }
}
