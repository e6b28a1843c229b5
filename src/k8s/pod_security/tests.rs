//! The verdicts are those of `tests/pod_security.rs`; here are the words, and what the fixtures there do not have.

use super::*;
use serde_json::{Value, json};

fn said(pods: Value, level: Level, minor: u16) -> Vec<String> {
    let pods: core::PodTemplateSpec = serde_json::from_value(pods).unwrap();
    let found = evaluate(&pods, level, minor);
    found.iter().map(|it| format!("{}: {} ({})", it.control.id, it.reason, it.detail)).collect()
}

/// A pod of two containers, each with a security context of its own, and more in its `spec`.
fn pod(first: &Value, second: &Value, more: &Value) -> Value {
    let container = |name: &str, security: &Value| json!({ "name": name, "securityContext": security });
    let mut spec = json!({ "containers": [container("a", first), container("b", second)] });
    for (key, it) in more.as_object().unwrap() {
        spec[key] = it.clone();
    }
    json!({ "spec": spec })
}

#[test]
fn the_words_are_those_of_the_api_server() {
    let (none, all) = (json!({}), pod(&json!({}), &json!({}), &json!({})));
    assert_eq!(said(all.clone(), Level::Baseline, 37), [""; 0]);
    assert_eq!(
        said(all, Level::Restricted, 37),
        [
            "allowPrivilegeEscalation: allowPrivilegeEscalation != false (containers \"a\", \"b\" must set securityContext.allowPrivilegeEscalation=false)",
            "capabilities_restricted: unrestricted capabilities (containers \"a\", \"b\" must set securityContext.capabilities.drop=[\"ALL\"])",
            "runAsNonRoot: runAsNonRoot != true (pod or containers \"a\", \"b\" must set securityContext.runAsNonRoot=true)",
            "seccompProfile_restricted: seccompProfile (pod or containers \"a\", \"b\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")",
        ]
    );
    let more = json!({
        "hostPID": true,
        "hostNetwork": true,
        "securityContext": {
            "sysctls": [{ "name": "kernel.msgmax", "value": "1" }],
            "seLinuxOptions": { "user": "u", "type": "spc_t" },
            "windowsOptions": { "hostProcess": true },
            "seccompProfile": { "type": "Unconfined" },
        },
        "volumes": [{ "name": "log", "hostPath": { "path": "/var/log" } }],
    });
    let first =
        json!({ "privileged": true, "procMount": "Unmasked", "capabilities": { "add": ["NET_RAW", "BPF"] } });
    assert_eq!(
        said(pod(&first, &none, &more), Level::Baseline, 37),
        [
            "capabilities_baseline: non-default capabilities (container \"a\" must not include \"BPF\", \"NET_RAW\" in securityContext.capabilities.add)",
            "hostNamespaces: host namespaces (hostNetwork=true, hostPID=true)",
            "hostPathVolumes: hostPath volumes (volume \"log\")",
            "privileged: privileged (container \"a\" must not set securityContext.privileged=true)",
            "procMount: procMount (container \"a\" must not set securityContext.procMount to \"Unmasked\")",
            "seLinuxOptions: seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type \"spc_t\"; user may not be set)",
            "seccompProfile_baseline: seccompProfile (pod must not set securityContext.seccompProfile.type to \"Unconfined\")",
            "sysctls: forbidden sysctls (kernel.msgmax)",
            "windowsHostProcess: hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
        ]
    );
}

#[test]
fn restricted_names_the_types_of_volumes_instead_of_host_paths() {
    let volumes = json!({ "volumes": [
        { "name": "log", "hostPath": { "path": "/var/log" } },
        { "name": "share", "nfs": { "server": "nas", "path": "/" } },
        { "name": "model", "image": { "reference": "registry.example/model:1" } },
        { "name": "empty" },
    ] });
    let found = said(pod(&json!({}), &json!({}), &volumes), Level::Restricted, 37);
    let volumes: Vec<&String> = found.iter().filter(|it| it.contains("olume")).collect();
    assert_eq!(
        volumes,
        [
            "restrictedVolumes: restricted volume types (volumes \"log\", \"share\" use restricted volume types \"hostPath\", \"nfs\")"
        ]
    );
}

/// Of all three lists, with ports and hosts that probes and hooks ask.
#[test]
fn containers_of_every_kind_count() {
    let pods = json!({ "spec": {
        "initContainers": [{ "name": "side", "restartPolicy": "Always", "ports": [{ "containerPort": 1, "hostPort": 99 }] }],
        "containers": [{
            "name": "main",
            "livenessProbe": { "httpGet": { "port": 1, "host": "10.0.0.9" } },
            "lifecycle": { "preStop": { "tcpSocket": { "port": 1, "host": "10.0.0.8" } } },
        }],
        "ephemeralContainers": [{ "name": "debug", "ports": [{ "containerPort": 2, "hostPort": 100 }] }],
    } });
    let ports = "hostPorts: hostPort (containers \"side\", \"debug\" use hostPorts 100, 99)";
    let hosts = "hostProbesAndHostLifecycle: probe or lifecycle host (container \"main\" uses probe or lifecycle hosts \"10.0.0.8\", \"10.0.0.9\")";
    assert_eq!(said(pods.clone(), Level::Baseline, 34), [ports, hosts]);
    assert_eq!(said(pods, Level::Baseline, 33), [ports]);
}

/// Each in the last version that refuses it and the first that does not.
#[test]
fn what_a_version_first_allows() {
    let sysctl = |name: &str| json!({ "securityContext": { "sysctls": [{ "name": name, "value": "1" }] } });
    let engine = json!({ "securityContext": { "seLinuxOptions": { "type": "container_engine_t" } } });
    let cases = [
        (sysctl("net.ipv4.ip_local_reserved_ports"), 27),
        (sysctl("net.ipv4.tcp_keepalive_time"), 29),
        (sysctl("net.ipv4.tcp_rmem"), 32),
        (sysctl("net.ipv4.tcp_notsent_lowat"), 37),
        (engine, 31),
    ];
    for (more, first) in cases {
        let pod = pod(&json!({}), &json!({}), &more);
        assert_eq!(said(pod.clone(), Level::Baseline, first - 1).len(), 1, "{more}");
        assert_eq!(said(pod, Level::Baseline, first), [""; 0], "{more}");
    }
}

/// Root of a user namespace is nobody on the node; `restricted` lets it see no more of `/proc` for that.
#[test]
fn a_user_namespace_relaxes_since_1_35() {
    let hardened = json!({
        "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] }, "procMount": "Unmasked",
        "runAsUser": 0, "seccompProfile": { "type": "RuntimeDefault" },
    });
    let pod = pod(&hardened, &hardened, &json!({ "hostUsers": false }));
    let ids = |level, minor| {
        let found = said(pod.clone(), level, minor);
        found.iter().map(|it| it.split(':').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(Level::Baseline, 34), ["procMount"]);
    assert_eq!(ids(Level::Baseline, 35), [""; 0]);
    assert_eq!(ids(Level::Restricted, 34), ["procMount", "runAsNonRoot", "runAsUser"]);
    assert_eq!(ids(Level::Restricted, 35), ["procMount_restricted"]);
}

#[test]
fn controls_are_sorted_and_stand_only_for_others_that_are() {
    let keys: Vec<_> = CONTROLS.iter().map(|it| (it.level, it.id)).collect();
    assert!(keys.is_sorted(), "{keys:?}");
    for it in CONTROLS.iter().filter_map(|it| it.overrides) {
        assert!(CONTROLS.iter().any(|other| other.id == it && other.level == Level::Baseline), "{it}");
    }
}
