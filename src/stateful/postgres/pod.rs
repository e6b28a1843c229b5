//! The pod of a tier: what `docs/engines/postgres.md` says of it.

use k8s_openapi::api::core::v1::{ConfigMapVolumeSource, Container, EnvVar, Volume, VolumeMount};

use super::plain::{grace, init_files, version};
use super::{PORT, PORT_NAME, PostgresTier, settings};
use crate::stateful::pieces::{self, env, exec_probe, field_env, mount, read_only};
use crate::workload::{Pod, resources};

/// The init container, and what it tells `start.sh`.
const PREPARE: &str = "prepare";

/// The pod of a tier; `config` is the name of the `ConfigMap` with its files. `late_proxy`: init containers are off the
/// network.
pub(super) fn pod(tier: &PostgresTier, name: &str, config: &str, late_proxy: bool) -> Pod {
    let mut main = container(tier, name);
    let mut init = Vec::new();
    if tier.replicated() && !late_proxy {
        // Copying takes as long as the data is large, and no probe limits an init container.
        init.push(prepare(&main));
    } else if tier.replicated()
        && let Some(probe) = &mut main.startup_probe
    {
        // 20 MiB a second, looked at every five.
        let copy = settings::mebibytes(&tier.storage.size) / 100;
        let longer = probe
            .failure_threshold
            .unwrap_or_default()
            .saturating_add_unsigned(copy.try_into().unwrap_or(u32::MAX));
        probe.failure_threshold = Some(longer);
    }
    Pod {
        security: pieces::pod_security(version(tier).user()),
        grace: grace(tier),
        volumes: volumes(tier, config),
        init,
        containers: vec![main],
        ..Pod::default()
    }
}

fn container(tier: &PostgresTier, name: &str) -> Container {
    let ready =
        || vec!["pg_isready", "-q", "-h", "127.0.0.1", "-U", &tier.fields.owner, "-d", &tier.fields.database];
    // 1 means that the server rejects connections because it recovers or stops: no reason to kill it.
    let alive = format!("{} || [ $? -eq 1 ]", ready().join(" "));
    Container {
        name: name.to_owned(),
        image: Some(version(tier).image(tier.fields.image.as_ref())),
        command: Some(vec!["/etc/postgres/start.sh".to_owned()]),
        env: Some(variables(tier)),
        ports: Some(vec![pieces::port(PORT_NAME, PORT)]),
        startup_probe: Some(exec_probe(&ready(), 5, 240)),
        readiness_probe: Some(exec_probe(&ready(), 5, 3)),
        liveness_probe: Some(exec_probe(&["sh", "-c", &alive], 10, 6)),
        resources: tier.common.resources.as_deref().map(resources),
        security_context: Some(pieces::security(version(tier).user())),
        volume_mounts: Some(mounts(tier)),
        ..Container::default()
    }
}

fn prepare(main: &Container) -> Container {
    Container {
        // A tier may have the name itself.
        name: if main.name == PREPARE { format!("{PREPARE}-data") } else { PREPARE.to_owned() },
        args: Some(vec![PREPARE.to_owned()]),
        ports: None,
        startup_probe: None,
        readiness_probe: None,
        liveness_probe: None,
        ..main.clone()
    }
}

fn variables(tier: &PostgresTier) -> Vec<EnvVar> {
    let version = version(tier);
    let mut found = vec![
        field_env("POD_NAME", "metadata.name"),
        env("PGDATA", version.pgdata()),
        env("POSTGRES_USER", &tier.fields.owner),
        env("POSTGRES_DB", &tier.fields.database),
        env("POSTGRES_PASSWORD_FILE", "/etc/postgres/secrets/password"),
    ];
    found.extend(version.initdb_args().map(|it| env("POSTGRES_INITDB_ARGS", it)));
    found
}

fn mounts(tier: &PostgresTier) -> Vec<VolumeMount> {
    vec![
        mount(pieces::DATA, version(tier).line().mount),
        read_only("config", "/etc/postgres"),
        read_only("secrets", "/etc/postgres/secrets"),
        read_only("init", "/docker-entrypoint-initdb.d"),
        mount("run", "/var/run/postgresql"),
        mount("tmp", "/tmp"),
        mount("shm", "/dev/shm"),
    ]
}

fn volumes(tier: &PostgresTier, config: &str) -> Vec<Volume> {
    let mut init = vec![pieces::key_to_path("init.sh", "00-stackgen.sh")];
    init.extend(init_files(tier).map(|it| pieces::key_to_path(&it.config_key, &it.mounted)));
    let init = ConfigMapVolumeSource {
        name: config.to_owned(),
        items: Some(init),
        ..ConfigMapVolumeSource::default()
    };
    let mut passwords = vec![(&tier.fields.password, "password")];
    passwords.extend(tier.fields.replication_password.as_ref().map(|it| (it, "replication-password")));
    vec![
        pieces::config("config", config, &["start.sh", "postgresql.conf", "pg_hba.conf"], Some(0o555)),
        Volume { name: "init".to_owned(), config_map: Some(init), ..Volume::default() },
        pieces::secrets("secrets", &passwords),
        pieces::scratch("run", 16),
        pieces::scratch("tmp", 128),
        pieces::in_memory("shm", (tier.memory() / 4).max(64)),
    ]
}
