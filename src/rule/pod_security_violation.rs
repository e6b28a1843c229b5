//! Pods that PodSecurity admission refuses. Controls: kubernetes.io/docs/concepts/security/pod-security-standards.

use k8s_openapi::api::core::v1::{Container, PodSpec};

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink};
use crate::k8s::Object;
use crate::model::{PodSecurityLevel, Role};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Object(check) };

static CODE: Code = Code {
    id: "SG402",
    name: "pod-security-violation",
    severity: Error,
    docs: "\
## What it finds
A pod below the Pod Security level that its namespace enforces: for `baseline` privilege, the node's namespaces, `hostPath`, host ports, capabilities, seccomp and AppArmor; for `restricted` also volume types, escalation, root, a missing seccomp profile and capabilities that are not dropped.

## Why it matters
Admission refuses the pods. The Deployment is there, has no pods, and says so in its events only.

## Example
```yaml
namespaces: { app: { podSecurity: restricted } }
services: { web: { namespace: app, securityContext: { runAsUser: 0, reason: \"…\" } } }
```

## What to do
Bring the pod up to the level; or move the component to a namespace of its own with a lower level.
",
};

/// Capabilities that `baseline` lets containers add.
const BASELINE: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

const UNCONFINED: &str = "it runs without an AppArmor profile";

/// What a pod does: the container, empty for the pod as a whole, the field of `securityContext` that says so, and the
/// words for it.
type Violation = (String, &'static str, String);

fn check(facts: &Facts<'_>, component: Option<&Component>, object: &Object, sink: &mut Sink) {
    let Some(component) = component else { return };
    let Some(template) = object.pod_template() else { return };
    let Some(pod) = template.spec.as_ref() else { return };
    let Some(namespace) = facts.resolved.stack.namespaces.get(&component.namespace) else { return };
    let place = || Route::of(&["namespaces", component.namespace.as_str(), "podSecurity"]);
    // Of a namespace that someone else makes, only what is written is known.
    if namespace.existing && !facts.is_written(&place()) {
        return;
    }
    let level = namespace.pod_security.enforce;
    let mut found = Vec::new();
    if level != PodSecurityLevel::Privileged {
        baseline(pod, &mut found);
        let annotations = template.metadata.iter().filter_map(|it| it.annotations.as_ref()).flatten();
        // How clusters that have no field for it are told.
        for (key, _) in annotations.filter(|(_, it)| *it == "unconfined") {
            if let Some(container) = key.strip_prefix("container.apparmor.security.beta.kubernetes.io/") {
                found.push((container.to_owned(), "appArmorProfile", UNCONFINED.to_owned()));
            }
        }
    }
    if level == PodSecurityLevel::Restricted {
        restricted(pod, &mut found);
    }
    found.sort();
    found.dedup_by(|a, b| (&a.0, a.1) == (&b.0, b.1));
    let described = facts.resolved.containers(component);
    let mut told: Vec<Route> = Vec::new();
    for (container, field, what) in found {
        let side = described.iter().find(|it| it.role != Role::Main && it.name.as_str() == container);
        let at = side.map_or(component.route(), |it| &it.at).join("securityContext").join(field);
        // The pod says what its main container says.
        if told.contains(&at) {
            continue;
        }
        let message = format!(
            "namespace `{}` enforces `{}` and refuses `{}`: {what}",
            component.namespace,
            level.as_str(),
            side.map_or(&component.name, |it| it.name),
        );
        sink.push(
            Diagnostic::at_key(&CODE, &at, message)
                .also(At::Node(place(), Part::Key), "the level is enforced here")
                .note("the controller is created, but none of its pods")
                .help("bring the pod up to the level, or give the component a namespace with a lower one"),
        );
        told.push(at);
    }
}

fn containers(pod: &PodSpec) -> impl Iterator<Item = &Container> {
    pod.init_containers.iter().flatten().chain(&pod.containers)
}

fn baseline(pod: &PodSpec, found: &mut Vec<Violation>) {
    for (shared, name) in [(pod.host_network, "network"), (pod.host_pid, "PID"), (pod.host_ipc, "IPC")] {
        if shared == Some(true) {
            found.push((String::new(), "hostNamespaces", format!("it shares the node's {name} namespace")));
        }
    }
    if pod.volumes.iter().flatten().any(|it| it.host_path.is_some()) {
        found.push((String::new(), "hostPath", "it mounts a folder of the node".to_owned()));
    }
    if unconfined(pod.security_context.as_ref().and_then(|it| it.seccomp_profile.as_ref())) {
        found.push((String::new(), "seccompProfile", "it runs without a seccomp profile".to_owned()));
    }
    for container in containers(pod) {
        let mut add = |field, what: String| found.push((container.name.clone(), field, what));
        if container.ports.iter().flatten().any(|it| it.host_port.is_some_and(|it| it != 0)) {
            add("hostPort", "it takes a port of the node".to_owned());
        }
        let Some(security) = &container.security_context else { continue };
        if security.privileged == Some(true) {
            add("privileged", "it is privileged".to_owned());
        }
        if unconfined(security.seccomp_profile.as_ref()) {
            add("seccompProfile", "it runs without a seccomp profile".to_owned());
        }
        if security.app_armor_profile.as_ref().is_some_and(|it| it.type_ == "Unconfined") {
            add("appArmorProfile", UNCONFINED.to_owned());
        }
        for capability in added(container).filter(|it| !BASELINE.contains(it)) {
            add("capabilities", format!("it adds the capability `{capability}`"));
        }
    }
}

fn restricted(pod: &PodSpec, found: &mut Vec<Violation>) {
    for volume in pod.volumes.iter().flatten() {
        let allowed = volume.config_map.is_some()
            || volume.csi.is_some()
            || volume.downward_api.is_some()
            || volume.empty_dir.is_some()
            || volume.ephemeral.is_some()
            || volume.persistent_volume_claim.is_some()
            || volume.projected.is_some()
            || volume.secret.is_some();
        if !allowed && volume.host_path.is_none() {
            let what = format!("the volume `{}` is of another type than it allows", volume.name);
            found.push((String::new(), "volumes", what));
        }
    }
    let shared = pod.security_context.as_ref();
    if shared.and_then(|it| it.run_as_user) == Some(0) {
        found.push((String::new(), "runAsUser", "it runs as root".to_owned()));
    }
    for container in containers(pod) {
        let mut add = |field, what: String| found.push((container.name.clone(), field, what));
        let own = container.security_context.as_ref();
        let privileged = own.and_then(|it| it.privileged) == Some(true);
        if own.and_then(|it| it.allow_privilege_escalation) != Some(false) && !privileged {
            add("allowPrivilegeEscalation", "its processes may gain privileges".to_owned());
        }
        let non_root = own.and_then(|it| it.run_as_non_root).or(shared.and_then(|it| it.run_as_non_root));
        if non_root != Some(true) {
            add("runAsNonRoot", "it may run as root".to_owned());
        }
        if own.and_then(|it| it.run_as_user) == Some(0) {
            add("runAsUser", "it runs as root".to_owned());
        }
        let seccomp = own
            .and_then(|it| it.seccomp_profile.as_ref())
            .or(shared.and_then(|it| it.seccomp_profile.as_ref()));
        if !seccomp.is_some_and(|it| matches!(it.type_.as_str(), "RuntimeDefault" | "Localhost")) {
            add("seccompProfile", "it runs without a seccomp profile".to_owned());
        }
        let dropped = own.and_then(|it| it.capabilities.as_ref()).and_then(|it| it.drop.as_ref());
        if !dropped.is_some_and(|it| it.iter().any(|it| it == "ALL")) {
            add("capabilities", "it does not drop all capabilities".to_owned());
        }
        for capability in added(container).filter(|it| *it != "NET_BIND_SERVICE") {
            add("capabilities", format!("it adds the capability `{capability}`"));
        }
    }
}

fn added(container: &Container) -> impl Iterator<Item = &str> {
    let capabilities = container.security_context.as_ref().and_then(|it| it.capabilities.as_ref());
    capabilities.and_then(|it| it.add.as_ref()).into_iter().flatten().map(String::as_str)
}

fn unconfined(profile: Option<&k8s_openapi::api::core::v1::SeccompProfile>) -> bool {
    profile.is_some_and(|it| it.type_ == "Unconfined")
}
