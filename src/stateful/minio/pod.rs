//! The pods of a tier: what `docs/engines/minio.md` says of them.

use k8s_openapi::api::core::v1::{Container, EnvVar};

use super::{API, API_PORT, CONSOLE, CONSOLE_PORT, MinioTier};
use crate::stateful::TierContext;
use crate::stateful::pieces::{self, env, http_probe, mount, read_only};
use crate::workload::{Pod, resources};

/// Where the root user's name and password are.
const SECRETS: &str = "/etc/minio/secrets";

/// A server.
pub(super) fn server(tier: &MinioTier, cx: &TierContext<'_>) -> Pod {
    let fields = &tier.fields;
    let user = fields.version.user();
    let mount_path = fields.version.line().mount;
    // The server itself spells the names out: they are the same in each pod, which finds its own among them.
    let drives = if tier.clustered() {
        let domain = cx.pods_domain();
        format!("http://{}-{{0...{}}}.{domain}:{API_PORT}{mount_path}", cx.name, fields.replicas - 1)
    } else {
        mount_path.to_owned()
    };
    let address = |option: &str, port: u16| format!("--{option}=:{port}");
    let container = Container {
        name: cx.name.to_owned(),
        image: Some(tier.image()),
        command: Some(vec!["minio".to_owned()]),
        args: Some(vec![
            "server".to_owned(),
            address("address", API_PORT),
            address("console-address", CONSOLE_PORT),
            "--certs-dir=/tmp/certs".to_owned(),
            drives,
        ]),
        env: Some(variables(tier)),
        ports: Some(vec![pieces::port(API, API_PORT), pieces::port(CONSOLE, CONSOLE_PORT)]),
        startup_probe: Some(http_probe("/minio/health/live", API, 5, 120)),
        readiness_probe: Some(http_probe("/minio/health/ready", API, 5, 3)),
        liveness_probe: Some(http_probe("/minio/health/live", API, 10, 6)),
        resources: tier.common.resources.as_deref().map(resources),
        security_context: Some(pieces::security(user)),
        volume_mounts: Some(vec![
            mount(pieces::DATA, mount_path),
            read_only("secrets", SECRETS),
            mount("tmp", "/tmp"),
        ]),
        ..Container::default()
    };
    Pod {
        security: pieces::pod_security(user),
        grace: fields.grace,
        volumes: vec![secrets(tier), pieces::scratch("tmp", 64)],
        containers: vec![container],
        ..Pod::default()
    }
}

fn variables(tier: &MinioTier) -> Vec<EnvVar> {
    let mut found = vec![
        env("HOME", "/tmp"),
        env("MINIO_ROOT_USER_FILE", format!("{SECRETS}/user")),
        env("MINIO_ROOT_PASSWORD_FILE", format!("{SECRETS}/password")),
        // The image cannot be replaced from within.
        env("MINIO_UPDATE", "off"),
    ];
    if let Some(limit) = pieces::memory_limit(tier.common.resources.as_deref()) {
        // Go then collects before the kernel kills.
        found.push(env("GOMEMLIMIT", (limit / 5 * 4).to_string()));
    }
    for (name, value) in &tier.fields.config {
        let value = match value.text() {
            "true" => "on",
            "false" => "off",
            text => text,
        };
        // `$(X)` would be a variable to Kubernetes.
        found.push(env(name.as_str(), value.replace("$(", "$$(")));
    }
    found
}

fn secrets(tier: &MinioTier) -> k8s_openapi::api::core::v1::Volume {
    pieces::secrets("secrets", &[(&tier.fields.root_user, "user"), (&tier.fields.root_password, "password")])
}

/// The Job that makes the buckets, with the image's own `mc`; `files` is the name of the `ConfigMap` with its script.
pub(super) fn setup(tier: &MinioTier, name: &str, files: &str) -> Pod {
    let user = tier.fields.version.user();
    let container = Container {
        name: "setup".to_owned(),
        image: Some(tier.image()),
        command: Some(["sh", "/etc/minio/setup/setup.sh"].map(str::to_owned).to_vec()),
        env: Some(vec![
            env("HOME", "/tmp"),
            env("MC_CONFIG_DIR", "/tmp/mc"),
            env("MINIO_URL", format!("http://{name}:{API_PORT}")),
        ]),
        resources: Some(pieces::small()),
        security_context: Some(pieces::security(user)),
        volume_mounts: Some(vec![
            read_only("setup", "/etc/minio/setup"),
            read_only("secrets", SECRETS),
            mount("tmp", "/tmp"),
        ]),
        ..Container::default()
    };
    Pod {
        security: pieces::pod_security(user),
        grace: 30,
        volumes: vec![pieces::config("setup", files, &[], None), secrets(tier), pieces::in_memory("tmp", 16)],
        containers: vec![container],
        ..Pod::default()
    }
}
