//! The controls that only `restricted` has.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1 as core;

use super::baseline::{adding, confines, unconfined, unmasked};
use super::{Cause, Finding, Pod, Setters, causes, named, quoted};

/// `check_allowPrivilegeEscalation.go`, since 1.8; since 1.25 not of pods for Windows.
pub(super) fn allow_privilege_escalation(pod: &Pod<'_>) -> Option<Finding> {
    if pod.is_windows() {
        return None;
    }
    let may =
        |it: Option<&core::SecurityContext>| it.and_then(|it| it.allow_privilege_escalation) != Some(false);
    let containers = pod.containers_that(|it| may(it.security));
    Setters { pod: false, containers }.finding("allowPrivilegeEscalation != false", || {
        "must set securityContext.allowPrivilegeEscalation=false".to_owned()
    })
}

/// `check_capabilities_restricted.go`, since 1.22; since 1.25 not of pods for Windows.
pub(super) fn capabilities(pod: &Pod<'_>) -> Option<Finding> {
    if pod.is_windows() {
        return None;
    }
    let dropped = |it: &core::Capabilities| it.drop.iter().flatten().any(|it| it == "ALL");
    let keeping =
        pod.containers_that(|it| !it.security.and_then(|it| it.capabilities.as_ref()).is_some_and(dropped));
    let (adding, added) = adding(pod, &["NET_BIND_SERVICE"]);
    let mut details = Vec::new();
    if !keeping.is_empty() {
        details.push(format!(
            "{} must set securityContext.capabilities.drop=[\"ALL\"]",
            named("container", &keeping)
        ));
    }
    if !adding.is_empty() {
        details.push(format!(
            "{} must not include {} in securityContext.capabilities.add",
            named("container", &adding),
            quoted(&added)
        ));
    }
    let who: BTreeSet<&str> = keeping.into_iter().chain(adding).collect();
    (!details.is_empty()).then(|| Finding {
        reason: "unrestricted capabilities".to_owned(),
        detail: details.join("; "),
        causes: causes(&Vec::from_iter(who)),
    })
}

/// `check_procMount_restricted.go`, since 1.35: whatever user namespace the pod has.
pub(super) fn proc_mount(pod: &Pod<'_>) -> Option<Finding> {
    unmasked(pod)
}

/// `check_restrictedVolumes.go`. `image` is among the allowed ones of every version in API servers since 1.33
/// (kubernetes/kubernetes#130394).
pub(super) fn volumes(pod: &Pod<'_>) -> Option<Finding> {
    let bad: Vec<(&str, &str)> = (pod.spec.volumes.iter().flatten())
        .filter_map(|it| Some((it.name.as_str(), restricted_type(it)?)))
        .collect();
    let names: Vec<&str> = bad.iter().map(|it| it.0).collect();
    let types: BTreeSet<&str> = bad.iter().map(|it| it.1).collect();
    let verb = if names.len() == 1 { "uses" } else { "use" };
    (!bad.is_empty()).then(|| Finding {
        reason: "restricted volume types".to_owned(),
        detail: format!(
            "{} {verb} restricted volume {}",
            named("volume", &names),
            named("type", &Vec::from_iter(types))
        ),
        causes: vec![Cause::Pod],
    })
}

/// The type of a volume that the level does not allow: all but `configMap`, `csi`, `downwardAPI`, `emptyDir`, `ephemeral`,
/// `image`, `persistentVolumeClaim`, `projected` and `secret`. One without a type is an `emptyDir` by default.
fn restricted_type(volume: &core::Volume) -> Option<&'static str> {
    let types = [
        (volume.host_path.is_some(), "hostPath"),
        (volume.gce_persistent_disk.is_some(), "gcePersistentDisk"),
        (volume.aws_elastic_block_store.is_some(), "awsElasticBlockStore"),
        (volume.git_repo.is_some(), "gitRepo"),
        (volume.nfs.is_some(), "nfs"),
        (volume.iscsi.is_some(), "iscsi"),
        (volume.glusterfs.is_some(), "glusterfs"),
        (volume.rbd.is_some(), "rbd"),
        (volume.flex_volume.is_some(), "flexVolume"),
        (volume.cinder.is_some(), "cinder"),
        (volume.cephfs.is_some(), "cephfs"),
        (volume.flocker.is_some(), "flocker"),
        (volume.fc.is_some(), "fc"),
        (volume.azure_file.is_some(), "azureFile"),
        (volume.vsphere_volume.is_some(), "vsphereVolume"),
        (volume.quobyte.is_some(), "quobyte"),
        (volume.azure_disk.is_some(), "azureDisk"),
        (volume.photon_persistent_disk.is_some(), "photonPersistentDisk"),
        (volume.portworx_volume.is_some(), "portworxVolume"),
        (volume.scale_io.is_some(), "scaleIO"),
        (volume.storageos.is_some(), "storageos"),
    ];
    types.iter().find(|it| it.0).map(|it| it.1)
}

/// `check_runAsNonRoot.go`. Since 1.35 not of pods with a user namespace.
pub(super) fn run_as_non_root(pod: &Pod<'_>) -> Option<Finding> {
    const REASON: &str = "runAsNonRoot != true";
    if pod.has_user_namespace() {
        return None;
    }
    let of_pod = pod.security().and_then(|it| it.run_as_non_root);
    let containers = pod.containers_with(|it| it.run_as_non_root == Some(false));
    let explicit = Setters { pod: of_pod == Some(false), containers };
    if let Some(found) =
        explicit.finding(REASON, || "must not set securityContext.runAsNonRoot=false".to_owned())
    {
        return Some(found);
    }
    let silent = pod.containers_that(|it| it.security.and_then(|it| it.run_as_non_root).is_none());
    (of_pod != Some(true) && !silent.is_empty()).then(|| Finding {
        reason: REASON.to_owned(),
        detail: format!("pod or {} must set securityContext.runAsNonRoot=true", named("container", &silent)),
        causes: causes(&silent),
    })
}

/// `check_runAsUser.go`, since 1.23; since 1.35 not of pods with a user namespace.
pub(super) fn run_as_user(pod: &Pod<'_>) -> Option<Finding> {
    if pod.has_user_namespace() {
        return None;
    }
    let of_pod = pod.security().and_then(|it| it.run_as_user) == Some(0);
    let containers = pod.containers_with(|it| it.run_as_user == Some(0));
    Setters { pod: of_pod, containers }.finding("runAsUser=0", || "must not set runAsUser=0".to_owned())
}

/// `check_seccompProfile_restricted.go`, since 1.19; since 1.25 not of pods for Windows.
pub(super) fn seccomp_profile(pod: &Pod<'_>) -> Option<Finding> {
    if pod.is_windows() {
        return None;
    }
    if let Some(found) = unconfined(pod) {
        return Some(found);
    }
    let of_pod = pod.security().and_then(|it| it.seccomp_profile.as_ref());
    let silent = pod.containers_that(|it| it.security.and_then(|it| it.seccomp_profile.as_ref()).is_none());
    (!of_pod.is_some_and(confines) && !silent.is_empty()).then(|| Finding {
        reason: "seccompProfile".to_owned(),
        detail: format!(
            "pod or {} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"",
            named("container", &silent)
        ),
        causes: causes(&silent),
    })
}
