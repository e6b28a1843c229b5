//! The pods of a tier: what `docs/engines/vault.md` says of them.

use k8s_openapi::api::core::v1::{Container, EnvVar, ResourceRequirements, VolumeMount};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::{API, API_PORT, CLUSTER, CLUSTER_PORT, Nodes};
use crate::stateful::pieces::{self, env, field_env, http_probe, mount, read_only};
use crate::stateful::{TierContext, fields::SecretKey};
use crate::workload::{Pod, resources};

/// Unsealed, active or standby: what a client may be sent to. A standby hands requests on to the active node.
const READY: &str = "/v1/sys/health?standbyok=true&perfstandbyok=true";
/// Seconds until every Service and proxy has taken the pod out.
pub(super) const LEAVE: u32 = 5;

/// The pod of a node; `config` is the name of the `ConfigMap` with its files.
pub(super) fn server(tier: &Nodes<'_>, cx: &TierContext<'_>, config: &str) -> Pod {
    let (brand, user) = (tier.brand, tier.user);
    let mut ready = http_probe(READY, API, 5, 2);
    if let Some(get) = &mut ready.http_get {
        // The kubelet does not check the certificate.
        get.scheme = Some("HTTPS".to_owned());
    }
    let mut mounts = vec![
        mount(pieces::DATA, tier.data),
        read_only("config", &brand.path("config")),
        read_only("tls", &brand.path("tls")),
        mount("tmp", "/tmp"),
    ];
    let keys = tier.tls_keys();
    let keys: Vec<(&SecretKey, &str)> = keys.iter().map(|(key, file)| (key, *file)).collect();
    let mut volumes = vec![
        pieces::config("config", config, &[], Some(0o555)),
        pieces::secrets("tls", &keys),
        pieces::scratch("tmp", 256),
    ];
    let unseal = tier.fields.unseal.files();
    if !unseal.is_empty() {
        mounts.push(read_only("unseal", &brand.path("unseal")));
        volumes.push(pieces::secrets("unseal", &unseal));
    }
    let container = Container {
        ports: Some(vec![pieces::port(API, API_PORT), pieces::port(CLUSTER, CLUSTER_PORT)]),
        env: Some(variables(tier, cx)),
        readiness_probe: Some(ready),
        // No liveness: a sealed node is alive, and one that hangs gives up its lock by itself.
        lifecycle: Some(pieces::pre_stop(&["sleep", &LEAVE.to_string()])),
        resources: tier.common.resources.as_deref().map(resources),
        ..container(tier, cx.name, "config/start.sh", mounts)
    };
    Pod {
        automount_token: tier.calls_api(),
        security: pieces::pod_security(user),
        grace: tier.fields.grace,
        volumes,
        containers: vec![container],
        ..Pod::default()
    }
}

/// The pod that sets up what the tier declares; `setup` is the name of the `ConfigMap` with its script.
pub(super) fn setup(tier: &Nodes<'_>, cx: &TierContext<'_>, setup: &str) -> Pod {
    let brand = tier.brand;
    let mut volumes = vec![pieces::config("setup", setup, &[], Some(0o555)), pieces::scratch("tmp", 16)];
    let mut mounts = vec![
        read_only("setup", &brand.path("setup")),
        read_only("tls", &brand.path("tls")),
        mount("tmp", "/tmp"),
    ];
    // The CA alone: a client has no business with the listener's key.
    let [.., (authority, file)] = tier.tls_keys();
    volumes.push(pieces::secrets("tls", &[(&authority, file)]));
    if let Some(token) = &tier.fields.setup_token {
        mounts.push(read_only("token", &brand.path("token")));
        volumes.push(pieces::secrets("token", &[(token, "token")]));
    }
    let amounts = |pairs: &[(&str, &str)]| {
        let amount = |(key, it): &(&str, &str)| ((*key).to_owned(), Quantity((*it).to_owned()));
        Some(pairs.iter().map(amount).collect())
    };
    let container = Container {
        env: Some(vec![
            env(&brand.variable("ADDR"), format!("https://{}:{API_PORT}", super::host(cx))),
            env(&brand.variable("CACERT"), brand.path("tls/ca.crt")),
            env(&brand.variable("TOKEN_FILE"), brand.path("token/token")),
            env("HOME", "/tmp"),
        ]),
        resources: Some(ResourceRequirements {
            requests: amounts(&[("cpu", "50m"), ("memory", "128Mi")]),
            limits: amounts(&[("memory", "256Mi")]),
            ..ResourceRequirements::default()
        }),
        ..container(tier, "setup", "setup/setup.sh", mounts)
    };
    Pod {
        security: pieces::pod_security(tier.user),
        grace: 30,
        volumes,
        containers: vec![container],
        ..Pod::default()
    }
}

/// What the containers have in common. The image's entrypoint wants to be root; its program does not.
fn container(tier: &Nodes<'_>, name: &str, script: &str, mounts: Vec<VolumeMount>) -> Container {
    Container {
        name: name.to_owned(),
        image: Some(tier.image.clone()),
        command: Some(vec!["/bin/sh".to_owned(), tier.brand.path(script)]),
        security_context: Some(pieces::security(tier.user)),
        volume_mounts: Some(mounts),
        ..Container::default()
    }
}

fn variables(tier: &Nodes<'_>, cx: &TierContext<'_>) -> Vec<EnvVar> {
    let (brand, headless) = (tier.brand, cx.headless());
    let node = brand.variable("RAFT_NODE_ID");
    // Raft keeps the addresses of its nodes, and pods come back with other ones: names stay.
    let own = |port| {
        let domain = &cx.cluster.domain;
        format!("https://$({node}).{headless}.{}.svc.{domain}:{port}", cx.namespace)
    };
    let mut found = vec![
        field_env(&node, "metadata.name"),
        // For people and scripts in the pod, as the official chart has it.
        field_env("POD_IP", "status.podIP"),
        env(&brand.variable("API_ADDR"), own(API_PORT)),
        env(&brand.variable("CLUSTER_ADDR"), own(CLUSTER_PORT)),
        env("HOME", "/tmp"),
    ];
    let limits = tier.common.resources.as_deref();
    if let Some(bytes) = pieces::memory_limit(limits) {
        // The rest is for the mapped database and what is not Go's.
        found.push(env("GOMEMLIMIT", format!("{}MiB", bytes / 5 * 4 / (1024 * 1024))));
    }
    found.extend(pieces::cpu_limit(limits).map(|it| env("GOMAXPROCS", it.to_string())));
    if !tier.fields.unseal.is_client() {
        // For its program at a shell in the pod.
        found.push(env(&brand.variable("ADDR"), format!("https://127.0.0.1:{API_PORT}")));
        found.push(env(&brand.variable("CACERT"), brand.path("tls/ca.crt")));
        found.push(env(&brand.variable("TLS_SERVER_NAME"), super::host(cx)));
    }
    found.extend(tier.fields.unseal.variables(brand));
    found
}
