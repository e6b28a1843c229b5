//! The controls of `baseline`. Each names what changed in it since Kubernetes 1.0; the rest holds for every version.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1 as core;

use super::{Cause, Finding, Pod, Setters, named, plural, quoted};

/// `check_appArmorProfile.go`. The field is heeded in every version, beside the annotations that clusters before 1.30
/// are told by (KEP-24).
pub(super) fn app_armor_profile(pod: &Pod<'_>) -> Option<Finding> {
    let bad = |it: &core::AppArmorProfile| !matches!(it.type_.as_str(), "RuntimeDefault" | "Localhost");
    let mut values = BTreeSet::new();
    let mut seen = |profile: Option<&core::AppArmorProfile>| {
        let found = profile.filter(|it| bad(it));
        values.extend(found.map(|it| it.type_.clone()));
        found.is_some()
    };
    let on_pod = seen(pod.security().and_then(|it| it.app_armor_profile.as_ref()));
    let mut containers = Vec::new();
    for one in &pod.containers {
        if seen(one.security.and_then(|it| it.app_armor_profile.as_ref())) {
            containers.push(one.name);
        }
    }
    let setters = Setters { pod: on_pod, containers };
    let allowed = |it: &str| it.is_empty() || it == "runtime/default" || it.starts_with("localhost/");
    let annotations: Vec<_> = (pod.annotations.into_iter().flatten())
        .filter(|(key, it)| {
            key.starts_with("container.apparmor.security.beta.kubernetes.io/") && !allowed(it)
        })
        .collect();
    let mut who = Vec::from_iter((!setters.is_empty()).then(|| setters.words()));
    if !annotations.is_empty() {
        who.push(if annotations.len() == 1 { "annotation" } else { "annotations" }.to_owned());
    }
    if who.is_empty() {
        return None;
    }
    let mut causes = setters.causes();
    causes.extend(annotations.iter().map(|(key, _)| Cause::Annotation((*key).clone())));
    let values: Vec<String> = (values.into_iter())
        .chain(annotations.iter().map(|(key, it)| format!("{key}={it:?}")))
        .map(|it| format!("\"{it}\""))
        .collect();
    Some(Finding {
        reason: format!("forbidden AppArmor profile{}", if values.len() == 1 { "" } else { "s" }),
        detail: format!("{} must not set AppArmor profile type to {}", who.join(" and "), values.join(", ")),
        causes,
    })
}

/// `check_capabilities_baseline.go`: those that container runtimes give by default, without `NET_RAW`.
pub(super) fn capabilities(pod: &Pod<'_>) -> Option<Finding> {
    const ALLOWED: [&str; 13] = [
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
    let (containers, added) = adding(pod, &ALLOWED);
    Setters { pod: false, containers }.finding("non-default capabilities", || {
        format!("must not include {} in securityContext.capabilities.add", quoted(&added))
    })
}

/// The containers that add capabilities beside the allowed ones, and what they add.
pub(super) fn adding<'a>(pod: &Pod<'a>, allowed: &[&str]) -> (Vec<&'a str>, BTreeSet<&'a str>) {
    let mut bad = BTreeSet::new();
    let mut containers = Vec::new();
    for one in &pod.containers {
        let capabilities = one.security.and_then(|it| it.capabilities.as_ref());
        let added = capabilities.and_then(|it| it.add.as_ref()).into_iter().flatten().map(String::as_str);
        let forbidden: Vec<&str> = added.filter(|it| !allowed.contains(it)).collect();
        if !forbidden.is_empty() {
            containers.push(one.name);
        }
        bad.extend(forbidden);
    }
    (containers, bad)
}

/// `check_hostNamespaces.go`.
pub(super) fn host_namespaces(pod: &Pod<'_>) -> Option<Finding> {
    let spec = pod.spec;
    let shared: Vec<&str> = [
        (spec.host_ipc, "hostIPC=true"),
        (spec.host_network, "hostNetwork=true"),
        (spec.host_pid, "hostPID=true"),
    ]
    .into_iter()
    .filter_map(|(shared, words)| (shared == Some(true)).then_some(words))
    .collect();
    (!shared.is_empty()).then(|| Finding {
        reason: "host namespaces".to_owned(),
        detail: shared.join(", "),
        causes: vec![Cause::Pod],
    })
}

/// `check_hostPathVolumes.go`.
pub(super) fn host_path_volumes(pod: &Pod<'_>) -> Option<Finding> {
    let volumes = pod.spec.volumes.iter().flatten().filter(|it| it.host_path.is_some());
    let names: Vec<&str> = volumes.map(|it| it.name.as_str()).collect();
    (!names.is_empty()).then(|| Finding {
        reason: "hostPath volumes".to_owned(),
        detail: named("volume", &names),
        causes: vec![Cause::Pod],
    })
}

/// `check_hostPorts.go`.
pub(super) fn host_ports(pod: &Pod<'_>) -> Option<Finding> {
    fn taken(ports: &[core::ContainerPort]) -> impl Iterator<Item = i32> {
        ports.iter().filter_map(|it| it.host_port.filter(|it| *it != 0))
    }
    let containers = pod.containers_that(|it| taken(it.ports).next().is_some());
    // As text, as the API server sorts them.
    let ports: BTreeSet<String> =
        pod.containers.iter().flat_map(|it| taken(it.ports)).map(|it| it.to_string()).collect();
    let verb = if containers.len() == 1 { "uses" } else { "use" };
    let list = || ports.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    Setters { pod: false, containers }
        .finding("hostPort", || format!("{verb} {} {}", plural(&ports, "hostPort", "hostPorts"), list()))
}

/// `check_hostProbesAndhostLifecycle.go`, since 1.34: a probe of another host lets the kubelet look around for the pod.
pub(super) fn host_probes_and_host_lifecycle(pod: &Pod<'_>) -> Option<Finding> {
    let mut hosts = BTreeSet::new();
    let mut containers = Vec::new();
    for one in &pod.containers {
        let probes = one.probes.iter().flatten().map(|it| (&it.http_get, &it.tcp_socket));
        let hooks = one.lifecycle.into_iter().flat_map(|it| [&it.post_start, &it.pre_stop]).flatten();
        let asked = probes.chain(hooks.map(|it| (&it.http_get, &it.tcp_socket)));
        let named: Vec<&str> = asked
            .flat_map(|(http, tcp)| {
                [
                    http.as_ref().and_then(|it| it.host.as_deref()),
                    tcp.as_ref().and_then(|it| it.host.as_deref()),
                ]
            })
            .flatten()
            .filter(|it| !it.is_empty())
            .collect();
        if !named.is_empty() {
            containers.push(one.name);
        }
        hosts.extend(named);
    }
    let verb = if containers.len() == 1 { "uses" } else { "use" };
    let noun = plural(&hosts, "probe or lifecycle host", "probe or lifecycle hosts");
    Setters { pod: false, containers }
        .finding("probe or lifecycle host", || format!("{verb} {noun} {}", quoted(&hosts)))
}

/// `check_privileged.go`.
pub(super) fn privileged(pod: &Pod<'_>) -> Option<Finding> {
    let containers = pod.containers_with(|it| it.privileged == Some(true));
    Setters { pod: false, containers }
        .finding("privileged", || "must not set securityContext.privileged=true".to_owned())
}

/// `check_procMount_baseline.go`. Since 1.35 pods with a user namespace may.
pub(super) fn proc_mount(pod: &Pod<'_>) -> Option<Finding> {
    if pod.has_user_namespace() { None } else { unmasked(pod) }
}

/// Containers that see more of `/proc` than usual.
pub(super) fn unmasked(pod: &Pod<'_>) -> Option<Finding> {
    fn other(security: &core::SecurityContext) -> Option<&str> {
        security.proc_mount.as_deref().filter(|it| *it != "Default")
    }
    let containers = pod.containers_with(|it| other(it).is_some());
    let values: BTreeSet<&str> = pod.containers.iter().filter_map(|it| other(it.security?)).collect();
    Setters { pod: false, containers }
        .finding("procMount", || format!("must not set securityContext.procMount to {}", quoted(&values)))
}

/// `check_seLinuxOptions.go`. `container_engine_t` is allowed since 1.31.
pub(super) fn se_linux_options(pod: &Pod<'_>) -> Option<Finding> {
    let allowed = |it: &str| {
        matches!(it, "" | "container_t" | "container_init_t" | "container_kvm_t")
            || (it == "container_engine_t" && pod.minor >= 31)
    };
    let set = |it: &Option<String>| it.as_deref().is_some_and(|it| !it.is_empty());
    let (mut types, mut user, mut role) = (BTreeSet::new(), false, false);
    let mut seen = |options: Option<&core::SELinuxOptions>| {
        let Some(options) = options else { return false };
        let forbidden = options.type_.as_deref().filter(|it| !allowed(it));
        types.extend(forbidden.map(str::to_owned));
        user |= set(&options.user);
        role |= set(&options.role);
        forbidden.is_some() || set(&options.user) || set(&options.role)
    };
    let on_pod = seen(pod.security().and_then(|it| it.se_linux_options.as_ref()));
    let mut containers = Vec::new();
    for one in &pod.containers {
        if seen(one.security.and_then(|it| it.se_linux_options.as_ref())) {
            containers.push(one.name);
        }
    }
    Setters { pod: on_pod, containers }.finding("seLinuxOptions", || {
        let mut what = Vec::new();
        if !types.is_empty() {
            what.push(named("type", &types.iter().map(String::as_str).collect::<Vec<_>>()));
        }
        what.extend(user.then(|| "user may not be set".to_owned()));
        what.extend(role.then(|| "role may not be set".to_owned()));
        format!("set forbidden securityContext.seLinuxOptions: {}", what.join("; "))
    })
}

/// `check_seccompProfile_baseline.go`: annotations before 1.19, the field since then.
pub(super) fn seccomp_profile(pod: &Pod<'_>) -> Option<Finding> {
    if pod.minor < 19 { seccomp_annotations(pod) } else { unconfined(pod) }
}

fn seccomp_annotations(pod: &Pod<'_>) -> Option<Finding> {
    let allowed =
        |it: &str| matches!(it, "runtime/default" | "docker/default") || it.starts_with("localhost/");
    let of_containers =
        pod.containers.iter().map(|it| format!("container.seccomp.security.alpha.kubernetes.io/{}", it.name));
    let keys = of_containers.chain(["seccomp.security.alpha.kubernetes.io/pod".to_owned()]);
    let found = keys.filter_map(|key| pod.annotation(&key).filter(|it| !allowed(it)).map(|it| (key, it)));
    let found: BTreeSet<(String, &str)> = found.collect();
    (!found.is_empty()).then(|| Finding {
        reason: "seccompProfile".to_owned(),
        detail: format!(
            "forbidden {} {}",
            plural(&found, "annotation", "annotations"),
            found.iter().map(|(key, it)| format!("{key}={it:?}")).collect::<Vec<_>>().join(", ")
        ),
        causes: found.into_iter().map(|(key, _)| Cause::Annotation(key)).collect(),
    })
}

/// Whether a seccomp profile is one that both levels allow.
pub(super) fn confines(profile: &core::SeccompProfile) -> bool {
    matches!(profile.type_.as_str(), "RuntimeDefault" | "Localhost")
}

/// The pod and containers that ask for another seccomp profile than the levels allow.
pub(super) fn unconfined(pod: &Pod<'_>) -> Option<Finding> {
    fn other(profile: Option<&core::SeccompProfile>) -> Option<&str> {
        profile.filter(|it| !confines(it)).map(|it| it.type_.as_str())
    }
    let of_pod = other(pod.security().and_then(|it| it.seccomp_profile.as_ref()));
    let containers = pod.containers_with(|it| other(it.seccomp_profile.as_ref()).is_some());
    let own = pod.containers.iter().filter_map(|it| other(it.security?.seccomp_profile.as_ref()));
    let values: BTreeSet<&str> = of_pod.into_iter().chain(own).collect();
    Setters { pod: of_pod.is_some(), containers }.finding("seccompProfile", || {
        format!("must not set securityContext.seccompProfile.type to {}", quoted(&values))
    })
}

/// Sysctls that cannot leave the pod, with the version that allows them first.
const SAFE_SYSCTLS: [(&str, u16); 14] = [
    ("kernel.shm_rmid_forced", 0),
    ("net.ipv4.ip_local_port_range", 0),
    ("net.ipv4.ip_unprivileged_port_start", 0),
    ("net.ipv4.ping_group_range", 0),
    ("net.ipv4.tcp_syncookies", 0),
    ("net.ipv4.ip_local_reserved_ports", 27),
    ("net.ipv4.tcp_fin_timeout", 29),
    ("net.ipv4.tcp_keepalive_intvl", 29),
    ("net.ipv4.tcp_keepalive_probes", 29),
    ("net.ipv4.tcp_keepalive_time", 29),
    ("net.ipv4.tcp_rmem", 32),
    ("net.ipv4.tcp_wmem", 32),
    ("net.ipv4.tcp_notsent_lowat", 37),
    ("net.ipv4.tcp_slow_start_after_idle", 37),
];

/// `check_sysctls.go`. The list grew in 1.27, 1.29, 1.32 and 1.37.
pub(super) fn sysctls(pod: &Pod<'_>) -> Option<Finding> {
    let safe = |name: &str| SAFE_SYSCTLS.iter().any(|(it, since)| *it == name && *since <= pod.minor);
    let set = pod.security().and_then(|it| it.sysctls.as_ref()).into_iter().flatten();
    let bad: Vec<&str> = set.map(|it| it.name.as_str()).filter(|it| !safe(it)).collect();
    (!bad.is_empty()).then(|| Finding {
        reason: "forbidden sysctls".to_owned(),
        detail: bad.join(", "),
        causes: vec![Cause::Pod],
    })
}

/// `check_windowsHostProcess.go`.
pub(super) fn windows_host_process(pod: &Pod<'_>) -> Option<Finding> {
    let on_host =
        |it: Option<&core::WindowsSecurityContextOptions>| it.is_some_and(|it| it.host_process == Some(true));
    let containers = pod.containers_with(|it| on_host(it.windows_options.as_ref()));
    let of_pod = on_host(pod.security().and_then(|it| it.windows_options.as_ref()));
    Setters { pod: of_pod, containers }
        .finding("hostProcess", || "must not set securityContext.windowsOptions.hostProcess=true".to_owned())
}
