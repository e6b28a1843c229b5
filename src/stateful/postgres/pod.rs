//! The pod of a tier: what `docs/engines/postgres.md` says of it.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Capabilities, ConfigMapVolumeSource, Container, ContainerPort, EmptyDirVolumeSource, EnvVar,
    EnvVarSource, ExecAction, KeyToPath, ObjectFieldSelector, PodSecurityContext, Probe,
    ProjectedVolumeSource, ResourceRequirements, SeccompProfile, SecretProjection, SecurityContext, Volume,
    VolumeMount, VolumeProjection,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::{PORT, PORT_NAME, PasswordKey, PostgresTier};
use crate::model::Resources;
use crate::workload::Pod;

/// The pod of a tier; `config` is the name of the `ConfigMap` with its files.
pub(super) fn pod(tier: &PostgresTier, name: &str, config: &str) -> Pod {
    let uid = tier.fields.version.uid();
    let main = container(tier, name);
    // Copying takes as long as the data is large, and no probe limits an init container.
    let init = if tier.replicated() { vec![prepare(&main)] } else { Vec::new() };
    Pod {
        security: PodSecurityContext {
            fs_group: Some(uid),
            // A walk over all files at each start would take minutes on a large volume.
            fs_group_change_policy: Some("OnRootMismatch".to_owned()),
            seccomp_profile: Some(SeccompProfile {
                type_: "RuntimeDefault".to_owned(),
                ..SeccompProfile::default()
            }),
            ..PodSecurityContext::default()
        },
        grace: tier.fields.grace,
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
        image: Some(tier.image()),
        command: Some(vec!["/etc/postgres/start.sh".to_owned()]),
        env: Some(env(tier)),
        ports: Some(vec![ContainerPort {
            container_port: i32::from(PORT),
            name: Some(PORT_NAME.to_owned()),
            protocol: Some("TCP".to_owned()),
            ..ContainerPort::default()
        }]),
        startup_probe: Some(probe(&ready(), 5, 240)),
        readiness_probe: Some(probe(&ready(), 5, 3)),
        liveness_probe: Some(probe(&["sh", "-c", &alive], 10, 6)),
        resources: tier.common.resources.as_ref().map(resources),
        security_context: Some(security(tier.fields.version.uid())),
        volume_mounts: Some(mounts(tier)),
        ..Container::default()
    }
}

fn prepare(main: &Container) -> Container {
    Container {
        name: "prepare".to_owned(),
        args: Some(vec!["prepare".to_owned()]),
        ports: None,
        startup_probe: None,
        readiness_probe: None,
        liveness_probe: None,
        ..main.clone()
    }
}

fn env(tier: &PostgresTier) -> Vec<EnvVar> {
    let literal = |name: &str, value: &str| EnvVar {
        name: name.to_owned(),
        value: Some(value.to_owned()),
        ..EnvVar::default()
    };
    let pod_name = EnvVar {
        name: "POD_NAME".to_owned(),
        value_from: Some(EnvVarSource {
            field_ref: Some(ObjectFieldSelector {
                field_path: "metadata.name".to_owned(),
                ..ObjectFieldSelector::default()
            }),
            ..EnvVarSource::default()
        }),
        ..EnvVar::default()
    };
    let major = tier.fields.version.major();
    let mut env = vec![
        pod_name,
        literal("PGDATA", major.pgdata),
        literal("POSTGRES_USER", &tier.fields.owner),
        literal("POSTGRES_DB", &tier.fields.database),
        literal("POSTGRES_PASSWORD_FILE", "/etc/postgres/secrets/password"),
    ];
    env.extend(major.initdb_args.map(|it| literal("POSTGRES_INITDB_ARGS", it)));
    env
}

fn probe(command: &[&str], period: i32, failures: i32) -> Probe {
    Probe {
        exec: Some(ExecAction { command: Some(command.iter().map(|it| (*it).to_owned()).collect()) }),
        period_seconds: Some(period),
        timeout_seconds: Some(5),
        failure_threshold: Some(failures),
        ..Probe::default()
    }
}

fn resources(resources: &Resources) -> ResourceRequirements {
    let amounts = |amounts: &indexmap::IndexMap<String, crate::model::Quantity>| {
        let amounts: BTreeMap<String, Quantity> =
            amounts.iter().map(|(name, it)| (name.clone(), Quantity(it.as_str().to_owned()))).collect();
        (!amounts.is_empty()).then_some(amounts)
    };
    ResourceRequirements {
        requests: amounts(&resources.requests),
        limits: amounts(&resources.limits),
        ..ResourceRequirements::default()
    }
}

fn security(uid: i64) -> SecurityContext {
    SecurityContext {
        allow_privilege_escalation: Some(false),
        capabilities: Some(Capabilities { drop: Some(vec!["ALL".to_owned()]), ..Capabilities::default() }),
        read_only_root_filesystem: Some(true),
        run_as_non_root: Some(true),
        run_as_user: Some(uid),
        run_as_group: Some(uid),
        ..SecurityContext::default()
    }
}

fn mounts(tier: &PostgresTier) -> Vec<VolumeMount> {
    let mount = |name: &str, path: &str, read_only: bool| VolumeMount {
        name: name.to_owned(),
        mount_path: path.to_owned(),
        read_only: read_only.then_some(true),
        ..VolumeMount::default()
    };
    vec![
        mount("data", tier.fields.version.major().mount, false),
        mount("config", "/etc/postgres", true),
        mount("secrets", "/etc/postgres/secrets", true),
        mount("init", "/docker-entrypoint-initdb.d", true),
        mount("run", "/var/run/postgresql", false),
        mount("tmp", "/tmp", false),
        mount("shm", "/dev/shm", false),
    ]
}

fn volumes(tier: &PostgresTier, config: &str) -> Vec<Volume> {
    let item = |key: String, path: String| KeyToPath { key, path, ..KeyToPath::default() };
    let config_map = |items, mode| ConfigMapVolumeSource {
        name: config.to_owned(),
        items: Some(items),
        default_mode: mode,
        ..ConfigMapVolumeSource::default()
    };
    let server = ["start.sh", "postgresql.conf", "pg_hba.conf"];
    let server = server.iter().map(|it| item((*it).to_owned(), (*it).to_owned())).collect();
    let mut init = vec![item("init.sh".to_owned(), "00-stackgen.sh".to_owned())];
    init.extend(tier.init_files().map(|it| item(it.config_key, it.mounted)));
    let empty = |name: &str, medium: Option<&str>, mebibytes: u64| Volume {
        name: name.to_owned(),
        empty_dir: Some(EmptyDirVolumeSource {
            medium: medium.map(str::to_owned),
            size_limit: Some(Quantity(format!("{mebibytes}Mi"))),
            ..EmptyDirVolumeSource::default()
        }),
        ..Volume::default()
    };
    vec![
        Volume {
            name: "config".to_owned(),
            config_map: Some(config_map(server, Some(0o555))),
            ..Volume::default()
        },
        Volume { name: "init".to_owned(), config_map: Some(config_map(init, None)), ..Volume::default() },
        secrets(tier),
        empty("run", None, 16),
        empty("tmp", None, 128),
        empty("shm", Some("Memory"), (tier.memory() / 4).max(64)),
    ]
}

/// The passwords as files: they are in no environment variable, so in no crash report or `kubectl describe`.
fn secrets(tier: &PostgresTier) -> Volume {
    let source = |it: &PasswordKey, path: &str| VolumeProjection {
        secret: Some(SecretProjection {
            name: it.secret.to_string(),
            items: Some(vec![KeyToPath {
                key: it.key.to_string(),
                path: path.to_owned(),
                ..KeyToPath::default()
            }]),
            ..SecretProjection::default()
        }),
        ..VolumeProjection::default()
    };
    let mut sources = vec![source(&tier.fields.password, "password")];
    sources.extend(tier.fields.replication_password.as_ref().map(|it| source(it, "replication-password")));
    Volume {
        name: "secrets".to_owned(),
        projected: Some(ProjectedVolumeSource {
            // The group is the pod's fsGroup.
            default_mode: Some(0o440),
            sources: Some(sources),
            ..ProjectedVolumeSource::default()
        }),
        ..Volume::default()
    }
}
