//! What PodSecurity admission says of a pod: the controls of the Pod Security Standards, each by its own version.
//!
//! Sources: kubernetes.io/docs/concepts/security/pod-security-standards, and of each control the file
//! `check_ID.go` of `k8s.io/pod-security-admission/policy`, which also gives the words.

mod baseline;
mod restricted;

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1 as core;

/// A level that refuses something. `privileged` refuses nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// No known privilege escalation.
    Baseline,
    /// Hardened: all of `baseline`, and more.
    Restricted,
}

/// One control of the standard.
#[derive(Debug)]
pub struct Control {
    /// Its name in `k8s.io/pod-security-admission/policy`.
    pub id: &'static str,
    /// The lowest level that has it.
    pub level: Level,
    /// The minor version of Kubernetes 1 that it begins in.
    pub since: u16,
    /// The control of `baseline` that it stands for where both would speak.
    overrides: Option<&'static str>,
    /// Where a container or the pod says it, by keys; the first that is written is meant. None: the whole of it.
    pub fields: &'static [&'static [&'static str]],
    /// What to change.
    pub remedy: &'static str,
    check: fn(&Pod<'_>) -> Option<Finding>,
}

/// A control that a pod violates.
#[derive(Debug)]
pub struct Violation {
    /// The control.
    pub control: &'static Control,
    /// What is forbidden, in the words of the API server: `host namespaces`.
    pub reason: String,
    /// Who does it, likewise: `hostNetwork=true`.
    pub detail: String,
    /// What in the pod violates it.
    pub causes: Vec<Cause>,
}

/// What in a pod violates a control.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// A field of the pod.
    Pod,
    /// A container of this name.
    Container(String),
    /// An annotation with this key.
    Annotation(String),
}

/// All controls: those of `baseline`, then those of `restricted`, each by name.
pub static CONTROLS: [Control; 19] = {
    use Level::{Baseline, Restricted};

    const fn control(
        id: &'static str,
        (level, since): (Level, u16),
        fields: &'static [&'static [&'static str]],
        remedy: &'static str,
        check: fn(&Pod<'_>) -> Option<Finding>,
    ) -> Control {
        Control { id, level, since, overrides: None, fields, remedy, check }
    }
    const fn instead(of: &'static str, mut it: Control) -> Control {
        it.overrides = Some(of);
        it
    }

    [
        control(
            "appArmorProfile",
            (Baseline, 0),
            &[&["securityContext", "appArmorProfile"]],
            "leave `appArmorProfile` out, or make it `RuntimeDefault` or a profile on the node",
            baseline::app_armor_profile,
        ),
        control(
            "capabilities_baseline",
            (Baseline, 0),
            &[&["securityContext", "capabilities"]],
            "add only capabilities that container runtimes give by default",
            baseline::capabilities,
        ),
        control(
            "hostNamespaces",
            (Baseline, 0),
            &[&["hostNetwork"], &["hostPID"], &["hostIPC"]],
            "leave `hostNetwork`, `hostPID` and `hostIPC` out",
            baseline::host_namespaces,
        ),
        control(
            "hostPathVolumes",
            (Baseline, 0),
            &[&["volumes"]],
            "use a claim, a config or an empty folder instead of a folder of the node",
            baseline::host_path_volumes,
        ),
        control("hostPorts", (Baseline, 0), &[&["ports"]], "leave `hostPort` out", baseline::host_ports),
        control(
            "hostProbesAndHostLifecycle",
            (Baseline, 34),
            &[],
            "leave `host` out: the kubelet asks the pod itself",
            baseline::host_probes_and_host_lifecycle,
        ),
        control(
            "privileged",
            (Baseline, 0),
            &[&["securityContext", "privileged"]],
            "leave `privileged` out",
            baseline::privileged,
        ),
        control(
            "procMount",
            (Baseline, 0),
            &[&["securityContext", "procMount"]],
            "leave `procMount` out; since 1.35 pods with `hostUsers: false` may set it",
            baseline::proc_mount,
        ),
        control(
            "seLinuxOptions",
            (Baseline, 0),
            &[&["securityContext", "seLinuxOptions"]],
            "leave `user` and `role` out, and make `type` one for containers, such as `container_t`",
            baseline::se_linux_options,
        ),
        control(
            "seccompProfile_baseline",
            (Baseline, 0),
            &[&["securityContext", "seccompProfile"]],
            "make `seccompProfile` `RuntimeDefault`, or a profile on the node",
            baseline::seccomp_profile,
        ),
        control(
            "sysctls",
            (Baseline, 0),
            &[&["securityContext", "sysctls"]],
            "set only sysctls that the standard calls safe",
            baseline::sysctls,
        ),
        control(
            "windowsHostProcess",
            (Baseline, 0),
            &[&["securityContext", "windowsOptions"]],
            "leave `hostProcess` out",
            baseline::windows_host_process,
        ),
        control(
            "allowPrivilegeEscalation",
            (Restricted, 8),
            &[&["securityContext", "allowPrivilegeEscalation"], &["securityContext", "privileged"]],
            "make `allowPrivilegeEscalation` `false`, without `privileged`, which implies it",
            restricted::allow_privilege_escalation,
        ),
        instead(
            "capabilities_baseline",
            control(
                "capabilities_restricted",
                (Restricted, 22),
                &[&["securityContext", "capabilities"]],
                "drop `ALL` and add none but `NET_BIND_SERVICE`",
                restricted::capabilities,
            ),
        ),
        instead(
            "procMount",
            control(
                "procMount_restricted",
                (Restricted, 35),
                &[&["securityContext", "procMount"]],
                "leave `procMount` out",
                restricted::proc_mount,
            ),
        ),
        instead(
            "hostPathVolumes",
            control(
                "restrictedVolumes",
                (Restricted, 0),
                &[&["volumes"]],
                "use a claim, a config, a secret or an empty folder",
                restricted::volumes,
            ),
        ),
        control(
            "runAsNonRoot",
            (Restricted, 0),
            &[&["securityContext", "runAsNonRoot"]],
            "make `runAsNonRoot` `true`, and run as another user than root",
            restricted::run_as_non_root,
        ),
        control(
            "runAsUser",
            (Restricted, 23),
            &[&["securityContext", "runAsUser"]],
            "run as another user than root",
            restricted::run_as_user,
        ),
        instead(
            "seccompProfile_baseline",
            control(
                "seccompProfile_restricted",
                (Restricted, 19),
                &[&["securityContext", "seccompProfile"]],
                "make `seccompProfile` `RuntimeDefault`, or a profile on the node",
                restricted::seccomp_profile,
            ),
        ),
    ]
};

/// What a pod violates at a level, by the standard of Kubernetes 1.`minor`. Its containers are those of all three
/// lists: init containers, which sidecars are as well, containers, and ephemeral ones.
#[must_use]
pub fn evaluate(pods: &core::PodTemplateSpec, level: Level, minor: u16) -> Vec<Violation> {
    let Some(spec) = &pods.spec else { return Vec::new() };
    let annotations = pods.metadata.as_ref().and_then(|it| it.annotations.as_ref());
    let pod = Pod { spec, annotations, containers: containers(spec), minor };
    let held = || CONTROLS.iter().filter(|it| it.level <= level && it.since <= minor);
    let violation = |control: &'static Control| {
        let Finding { reason, detail, causes } = (control.check)(&pod)?;
        // Few pods violate anything, so only then it is asked who speaks.
        let overridden = held().any(|it| it.overrides == Some(control.id));
        (!overridden).then_some(Violation { control, reason, detail, causes })
    };
    held().filter_map(violation).collect()
}

/// What a control says of a pod.
struct Finding {
    reason: String,
    detail: String,
    causes: Vec<Cause>,
}

/// A pod as the controls see it.
struct Pod<'a> {
    spec: &'a core::PodSpec,
    annotations: Option<&'a BTreeMap<String, String>>,
    containers: Vec<Container<'a>>,
    /// The minor version of the standard.
    minor: u16,
}

/// What containers of all kinds have.
struct Container<'a> {
    name: &'a str,
    security: Option<&'a core::SecurityContext>,
    ports: &'a [core::ContainerPort],
    probes: [Option<&'a core::Probe>; 3],
    lifecycle: Option<&'a core::Lifecycle>,
}

fn containers(spec: &core::PodSpec) -> Vec<Container<'_>> {
    macro_rules! seen {
        ($it:ident) => {
            Container {
                name: &$it.name,
                security: $it.security_context.as_ref(),
                ports: $it.ports.as_deref().unwrap_or_default(),
                probes: [&$it.liveness_probe, &$it.readiness_probe, &$it.startup_probe].map(Option::as_ref),
                lifecycle: $it.lifecycle.as_ref(),
            }
        };
    }
    let init = spec.init_containers.as_deref().unwrap_or_default();
    let ephemeral = spec.ephemeral_containers.as_deref().unwrap_or_default();
    let mut found = Vec::with_capacity(init.len() + spec.containers.len() + ephemeral.len());
    found.extend(init.iter().map(|it| seen!(it)));
    found.extend(spec.containers.iter().map(|it| seen!(it)));
    found.extend(ephemeral.iter().map(|it| seen!(it)));
    found
}

impl<'a> Pod<'a> {
    fn security(&self) -> Option<&'a core::PodSecurityContext> {
        self.spec.security_context.as_ref()
    }

    fn annotation(&self, key: &str) -> Option<&'a str> {
        self.annotations?.get(key).map(String::as_str)
    }

    /// Whether it says that it is for Windows, which has none of what some controls ask for. They heed it since 1.25.
    fn is_windows(&self) -> bool {
        self.minor >= 25 && self.spec.os.as_ref().is_some_and(|it| it.name == "windows")
    }

    /// Whether its root is another user on the node (KEP-127). The controls heed it since 1.35.
    fn has_user_namespace(&self) -> bool {
        self.minor >= 35 && self.spec.host_users == Some(false)
    }

    /// The names of the containers of which something holds.
    fn containers_that(&self, holds: impl Fn(&Container<'a>) -> bool) -> Vec<&'a str> {
        self.containers.iter().filter(|it| holds(it)).map(|it| it.name).collect()
    }

    /// Those whose own security context has something.
    fn containers_with(&self, has: impl Fn(&'a core::SecurityContext) -> bool) -> Vec<&'a str> {
        self.containers_that(|it| it.security.is_some_and(&has))
    }
}

/// Who violates a control, by fields.
struct Setters<'a> {
    pod: bool,
    containers: Vec<&'a str>,
}

impl Setters<'_> {
    fn is_empty(&self) -> bool {
        !self.pod && self.containers.is_empty()
    }

    /// `pod and containers "a", "b"`.
    fn words(&self) -> String {
        let containers = (!self.containers.is_empty()).then(|| named("container", &self.containers));
        self.pod.then(|| "pod".to_owned()).into_iter().chain(containers).collect::<Vec<_>>().join(" and ")
    }

    fn causes(&self) -> Vec<Cause> {
        let pod = self.pod.then_some(Cause::Pod);
        pod.into_iter().chain(causes(&self.containers)).collect()
    }

    /// The finding that says this of them; none, and nothing said, where there are none.
    fn finding(&self, reason: &str, rest: impl FnOnce() -> String) -> Option<Finding> {
        (!self.is_empty()).then(|| Finding {
            reason: reason.to_owned(),
            detail: format!("{} {}", self.words(), rest()),
            causes: self.causes(),
        })
    }
}

fn causes(containers: &[&str]) -> Vec<Cause> {
    containers.iter().map(|it| Cause::Container((*it).to_owned())).collect()
}

/// `container "a"`, `containers "a", "b"`.
fn named(noun: &str, names: &[&str]) -> String {
    format!("{noun}{} {}", if names.len() == 1 { "" } else { "s" }, quoted(names))
}

/// `"a", "b"`.
fn quoted<'a>(items: impl IntoIterator<Item = &'a &'a str>) -> String {
    items.into_iter().map(|it| format!("\"{it}\"")).collect::<Vec<_>>().join(", ")
}

/// One word for one, another for more.
fn plural<T>(items: &BTreeSet<T>, one: &'static str, more: &'static str) -> &'static str {
    if items.len() == 1 { one } else { more }
}

#[cfg(test)]
mod tests;
