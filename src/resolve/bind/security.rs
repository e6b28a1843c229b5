//! What containers may do, in Kubernetes' terms: of the pod what the main container says, of each the rest.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;

use super::super::{Described, Resolved};
use crate::model::{Profile, Role, SecurityContext, UserId, Version};

/// Fields for AppArmor instead of annotations are on by default since Kubernetes 1.30 (KEP-24).
const APP_ARMOR_FIELD: Version = Version::new(1, 30);

/// Of the pod as a whole, taken from its main container.
pub(super) fn of_pod(security: &SecurityContext) -> core::PodSecurityContext {
    core::PodSecurityContext {
        run_as_non_root: Some(security.run_as_non_root),
        run_as_user: security.run_as_user.map(UserId::get),
        run_as_group: security.run_as_group.map(UserId::get),
        fs_group: security.fs_group.map(UserId::get),
        fs_group_change_policy: security.fs_group.map(|_| "OnRootMismatch".to_owned()),
        seccomp_profile: Some(seccomp(&security.seccomp)),
        ..Default::default()
    }
}

/// Of one container: what a pod cannot say, and of what it can, all that differs from it.
pub(super) fn of_container(
    resolved: &Resolved,
    one: &Described<'_>,
    main: &Described<'_>,
) -> core::SecurityContext {
    let (own, pod) = (one.security, main.security);
    let kept = own.capabilities.as_ref().map(|it| it.add.clone()).filter(|it| !it.is_empty());
    let mut out = core::SecurityContext {
        allow_privilege_escalation: Some(own.allow_escalation || own.privileged),
        // Set for each container: what the pod said, a profile of the runtime could not be asked for without AppArmor.
        app_armor_profile: own.app_armor.as_ref().filter(|_| has_field(resolved)).map(app_armor),
        capabilities: Some(core::Capabilities { add: kept, drop: Some(vec!["ALL".to_owned()]) }),
        privileged: own.privileged.then_some(true),
        read_only_root_filesystem: Some(own.read_only_root),
        ..Default::default()
    };
    if one.role != Role::Main {
        out.run_as_user = own.run_as_user.filter(|it| Some(*it) != pod.run_as_user).map(UserId::get);
        out.run_as_group = own.run_as_group.filter(|it| Some(*it) != pod.run_as_group).map(UserId::get);
        out.run_as_non_root = (own.run_as_non_root != pod.run_as_non_root).then_some(own.run_as_non_root);
        out.seccomp_profile = (own.seccomp != pod.seccomp).then(|| seccomp(&own.seccomp));
    }
    out
}

/// The annotation for AppArmor, where the cluster has no field for it.
pub(super) fn annotate(resolved: &Resolved, one: &Described<'_>, annotations: &mut BTreeMap<String, String>) {
    let Some(profile) = one.security.app_armor.as_ref().filter(|_| !has_field(resolved)) else { return };
    let value = match profile {
        Profile::RuntimeDefault => "runtime/default".to_owned(),
        Profile::Unconfined => "unconfined".to_owned(),
        Profile::Localhost(name) => format!("localhost/{name}"),
    };
    annotations.insert(format!("container.apparmor.security.beta.kubernetes.io/{}", one.name), value);
}

fn has_field(resolved: &Resolved) -> bool {
    resolved.stack.cluster.kubernetes >= APP_ARMOR_FIELD
}

fn seccomp(profile: &Profile) -> core::SeccompProfile {
    core::SeccompProfile {
        type_: profile.kind().to_owned(),
        localhost_profile: profile.local().map(str::to_owned),
    }
}

fn app_armor(profile: &Profile) -> core::AppArmorProfile {
    core::AppArmorProfile {
        type_: profile.kind().to_owned(),
        localhost_profile: profile.local().map(str::to_owned),
    }
}
