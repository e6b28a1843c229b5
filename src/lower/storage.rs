//! Storage of the stack's own: classes, shared claims, and volumes that exist before their claims.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::storage::v1 as storage;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Amount;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{Unit, folder};
use crate::diag::Route;
use crate::k8s::Object;
use crate::model::{AccessMode, BindingMode, Name, Quantity, StaticVolume, StorageClass, Text, VolumeSource};
use crate::resolve::{Component, Phase, Resolved, metadata};
use crate::workload::{ClaimTemplate, Controller, Reserved, Workload};

/// A volume that exists before its claim.
#[derive(Clone, Debug)]
pub struct Bound {
    /// What it is, as a person says it: what no two volumes should share.
    pub identity: String,
    /// The claim that it is kept for.
    pub claim: String,
    /// Where the stack describes it.
    pub at: Route,
    /// The keys below, of the value that tells it from others.
    pub told_by: [&'static str; 2],
    /// Whether nobody may write.
    pub read_only: bool,
}

/// The folders of what no component owns: one, or one a phase where pods that mount claims come in several.
pub(super) fn units(resolved: &Resolved, text: &mut dyn FnMut(&Text, &Route) -> String) -> Vec<Unit> {
    let new = |phase| Unit { folder: folder::storage(phase), phase, ..Unit::default() };
    let mut units = BTreeMap::from([(Phase::Base, new(Phase::Base))]);
    let stack = &resolved.stack;
    let classes = stack.storage_classes.iter().map(|(name, it)| class(resolved, name, it, text).into());
    units.entry(Phase::Base).or_default().objects.extend(classes);
    for (name, it) in &stack.claims {
        let phase = resolved.phase_of_claim(name.as_str());
        let unit = units.entry(phase).or_insert_with(|| new(phase));
        let namespace = resolved.namespace(&resolved.namespace_or_only(it.namespace.as_ref())).to_owned();
        let size = &it.size;
        let mut own = claim(size, &it.access_modes, it.class.as_ref().map(ToString::to_string));
        if let Some(volume) = &it.volume {
            let (name, at) = (name.to_string(), Route::of(&["claims", name.as_str(), "volume"]));
            let kept = Kept { namespace: &namespace, claim: name, modes: &it.access_modes, size };
            let spec = own.spec.get_or_insert_default();
            spec.storage_class_name.get_or_insert_default();
            spec.volume_name = Some(kept.name());
            let class = spec.storage_class_name.clone();
            unit.volumes.push(kept.bound(volume, at));
            unit.objects.push(kept.volume(volume, class, metadata(resolved, None, &kept.name())).into());
        }
        own.metadata = ObjectMeta { namespace: Some(namespace), ..metadata(resolved, None, name.as_str()) };
        unit.objects.push(own.into());
    }
    units.into_values().collect()
}

fn class(
    resolved: &Resolved,
    name: &Name,
    class: &StorageClass,
    text: &mut dyn FnMut(&Text, &Route) -> String,
) -> storage::StorageClass {
    let standard =
        if class.on_network() { BindingMode::Immediate } else { BindingMode::WaitForFirstConsumer };
    let at = Route::of(&["storageClasses", name.as_str(), "parameters"]);
    let parameters = class.parameters.iter().map(|(key, it)| (key.clone(), text(it, &at.join(key))));
    storage::StorageClass {
        allow_volume_expansion: class.allow_expansion,
        metadata: metadata(resolved, None, name.as_str()),
        mount_options: listed(&class.mount_options),
        parameters: (!class.parameters.is_empty()).then(|| parameters.collect()),
        provisioner: class.provisioner.clone(),
        reclaim_policy: Some(class.reclaim_policy.as_str().to_owned()),
        volume_binding_mode: Some(class.binding_mode.unwrap_or(standard).as_str().to_owned()),
        ..Default::default()
    }
}

/// A claim without a name.
fn claim(size: &Quantity, modes: &[AccessMode], class: Option<String>) -> core::PersistentVolumeClaim {
    core::PersistentVolumeClaim {
        metadata: ObjectMeta::default(),
        spec: Some(core::PersistentVolumeClaimSpec {
            access_modes: Some(words(modes)),
            resources: Some(core::VolumeResourceRequirements {
                requests: Some([("storage".to_owned(), Amount(size.to_string()))].into()),
                limits: None,
            }),
            storage_class_name: class,
            ..Default::default()
        }),
        status: None,
    }
}

/// The modes of the claim of each pod.
const OF_A_POD: [AccessMode; 1] = [AccessMode::ReadWriteOnce];

/// A claim template carries no label of stackgen: it can never change. It cannot name its volumes, which name the claims.
pub(super) fn template(template: &ClaimTemplate) -> core::PersistentVolumeClaim {
    let mut own = claim(&template.size, &OF_A_POD, class_of(template));
    let (labels, annotations) = (&template.labels, &template.annotations);
    own.metadata.labels = (!labels.is_empty()).then(|| labels.clone());
    own.metadata.annotations = (!annotations.is_empty()).then(|| annotations.clone());
    own.metadata.name = Some(template.name.clone());
    own
}

/// The class of a template's claims. An empty one keeps the cluster from making a volume of its own for a claim whose
/// volume is there already.
fn class_of(template: &ClaimTemplate) -> Option<String> {
    template.class.clone().or_else(|| template.volume.as_ref().map(|_| String::new()))
}

/// The volumes of the pods of a workload that exist already, one for each claim of each pod.
pub(super) fn volumes(
    resolved: &Resolved,
    component: &Component,
    workload: &Workload,
) -> (Vec<Object>, Vec<Bound>) {
    let (mut objects, mut found) = (Vec::new(), Vec::new());
    let Controller::StatefulSet { replicas, claims, .. } = &workload.controller else {
        return (objects, found);
    };
    let namespace = resolved.namespace(&component.namespace);
    for template in claims {
        let Some(Reserved { volume, at }) = &template.volume else { continue };
        let at = at.steps().fold(component.route().clone(), |route, step| route.join(&step));
        for ordinal in 0..*replicas {
            let pod = format!("{}-{ordinal}", workload.name);
            // Kubernetes' name for it.
            let claim = format!("{}-{pod}", template.name);
            let volume = volume.of_pod(&pod, ordinal);
            let kept = Kept { namespace, claim, modes: &OF_A_POD, size: &template.size };
            let metadata =
                ObjectMeta { namespace: None, ..metadata(resolved, Some(component), &kept.name()) };
            objects.push(kept.volume(&volume, class_of(template), metadata).into());
            found.push(kept.bound(&volume, at.clone()));
        }
    }
    (objects, found)
}

/// The claim that a volume is kept for.
struct Kept<'a> {
    namespace: &'a str,
    claim: String,
    modes: &'a [AccessMode],
    size: &'a Quantity,
}

impl Kept<'_> {
    /// The volume's name. Volumes have no namespace, and neither a namespace nor a claim's name here has a dot.
    fn name(&self) -> String {
        format!("{}.{}", self.namespace, self.claim)
    }

    fn bound(&self, volume: &StaticVolume, at: Route) -> Bound {
        Bound {
            identity: volume.identity(),
            claim: format!("{}/{}", self.namespace, self.claim),
            at,
            told_by: volume.identity_at(),
            read_only: volume.read_only(),
        }
    }

    fn volume(
        &self,
        volume: &StaticVolume,
        class: Option<String>,
        metadata: ObjectMeta,
    ) -> core::PersistentVolume {
        let mut spec = core::PersistentVolumeSpec {
            access_modes: Some(words(self.modes)),
            capacity: Some([("storage".to_owned(), Amount(self.size.to_string()))].into()),
            claim_ref: Some(core::ObjectReference {
                api_version: Some("v1".to_owned()),
                kind: Some("PersistentVolumeClaim".to_owned()),
                name: Some(self.claim.clone()),
                namespace: Some(self.namespace.to_owned()),
                ..Default::default()
            }),
            mount_options: listed(&volume.mount_options),
            // What was there before the claim is there after it.
            persistent_volume_reclaim_policy: Some("Retain".to_owned()),
            storage_class_name: class,
            ..Default::default()
        };
        match &volume.source {
            VolumeSource::Nfs(it) => {
                spec.nfs = Some(core::NFSVolumeSource {
                    path: it.path.to_string(),
                    read_only: it.read_only.then_some(true),
                    server: it.server.to_string(),
                });
            }
            VolumeSource::Csi(it) => {
                let attributes = it.attributes.iter().map(|(key, it)| (key.clone(), it.clone()));
                spec.csi = Some(core::CSIPersistentVolumeSource {
                    driver: it.driver.clone(),
                    fs_type: it.fs_type.clone(),
                    read_only: it.read_only.then_some(true),
                    volume_attributes: (!it.attributes.is_empty()).then(|| attributes.collect()),
                    volume_handle: it.handle.clone(),
                    ..Default::default()
                });
            }
        }
        core::PersistentVolume { metadata, spec: Some(spec), status: None }
    }
}

fn words(modes: &[AccessMode]) -> Vec<String> {
    modes.iter().map(|it| it.as_str().to_owned()).collect()
}

fn listed(options: &[String]) -> Option<Vec<String>> {
    (!options.is_empty()).then(|| options.to_vec())
}
