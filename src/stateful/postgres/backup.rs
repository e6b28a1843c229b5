//! Backups of a plain tier: a `CronJob` that dumps it, and one that never runs by itself and restores it.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Amount;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::plain::version;
use super::{PORT, PostgresTier};
use crate::k8s::Object;
use crate::model::TimeZone;
use crate::stateful::backup::{Backup, BackupStore, BackupTarget, Keep};
use crate::stateful::{TierContext, pieces, render};
use crate::workload::{
    Budget, Concurrency, ConfigFiles, Controller, Part, Pod, Restart, Run, Schedule, Workload, resources,
};

/// The image of rclone, which the stack may replace (<https://hub.docker.com/r/rclone/rclone/tags>). It runs as the
/// user of the database here, whose files it reads.
const RCLONE: &str = "rclone/rclone:1.75.1";
/// How many backups are kept unless the stack says it.
const KEPT: u32 = 7;
const ETC: &str = "/etc/postgres";
/// What never runs by itself needs a schedule, too, as every `CronJob` does.
const NEVER: &str = "0 0 1 1 *";
/// The volume with backups.
const VOLUME: &str = "backup";

/// What backups are made of.
pub(super) struct Plan {
    /// The Jobs.
    pub(super) parts: Vec<Part>,
    /// Their scripts.
    pub(super) files: ConfigFiles,
    /// The claim for backups, where they go to one.
    pub(super) claim: Option<Object>,
}

#[derive(Serialize)]
struct Context<'a> {
    keep_count: Option<u32>,
    keep_days: Option<u32>,
    deadline: u32,
    bucket: &'a str,
}

/// What runs.
pub(super) fn plan(tier: &PostgresTier, backup: &Backup, cx: &TierContext<'_>) -> Plan {
    let of = Of { tier, backup, cx };
    let schedule = Schedule {
        cron: backup.schedule.to_string(),
        time_zone: backup.time_zone.clone().unwrap_or_else(TimeZone::utc).to_string(),
        concurrency: Concurrency::Forbid,
        starting_deadline: None,
        suspend: false,
        succeeded: 3,
        failed: 3,
    };
    let never = Schedule { cron: NEVER.to_owned(), suspend: true, ..schedule.clone() };
    let deadline = Some(backup.deadline());
    let dump = Run { retries: 2, deadline, restart: Restart::Never };
    // A restore that failed is looked at by a person, and a large one takes as long as it takes.
    let restore = Run { retries: 0, deadline: None, restart: Restart::Never };
    let claim = of.claim();
    let mut parts = vec![of.part("backup", schedule, dump), of.part("restore", never, restore)];
    parts.extend(claim.is_some().then(|| of.check()));
    Plan { parts, files: of.files(), claim }
}

/// The name of the claim, of the `CronJob`, and of the scripts.
fn name(cx: &TierContext<'_>) -> String {
    format!("{}-backup", cx.name)
}

struct Of<'a> {
    tier: &'a PostgresTier,
    backup: &'a Backup,
    cx: &'a TierContext<'a>,
}

impl Of<'_> {
    fn part(&self, what: &'static str, schedule: Schedule, run: Run) -> Part {
        let workload = Workload {
            name: format!("{}-{what}", self.cx.name),
            part: Some(what),
            controller: Controller::CronJob { schedule, run },
            pod: self.pod(what == "backup"),
        };
        Part { workload, services: Vec::new(), budget: Budget::None }
    }

    /// A claim that waits for its first pod would wait for the first backup, and who applies the stack with it: this pod
    /// takes it at once, and shows that it can be written to.
    fn check(&self) -> Part {
        const NAME: &str = "backup-check";
        let mut pod = self.pod(true);
        for container in &mut pod.containers {
            container.command.get_or_insert_default().push("check".to_owned());
        }
        let workload = Workload {
            name: format!("{}-{NAME}", self.cx.name),
            part: Some(NAME),
            controller: Controller::Job(Run { retries: 6, deadline: None, restart: Restart::Never }),
            pod,
        };
        Part { workload, services: Vec::new(), budget: Budget::None }
    }

    /// What reads comes before what writes: an init container must end well for the other to run.
    fn pod(&self, dumps: bool) -> Pod {
        let (name, script) = if dumps { ("pg-dump", "pg_dump.sh") } else { ("pg-restore", "pg_restore.sh") };
        let database = self.database(name, script);
        let (init, containers) = match (self.backup.store(), dumps) {
            (None, _) => (Vec::new(), vec![database]),
            (Some(store), true) => (vec![database], vec![self.store(store, "put")]),
            (Some(store), false) => (vec![self.store(store, "get")], vec![database]),
        };
        Pod {
            security: pieces::pod_security(version(self.tier).user()),
            grace: 30,
            volumes: self.volumes(),
            init,
            containers,
            ..Pod::default()
        }
    }

    fn database(&self, name: &str, script: &str) -> core::Container {
        let fields = &self.tier.fields;
        let env = [
            ("PGHOST", self.cx.service().to_owned()),
            ("PGPORT", PORT.to_string()),
            ("PGUSER", fields.owner.clone()),
            ("PGDATABASE", fields.database.clone()),
        ];
        core::Container {
            name: name.to_owned(),
            image: Some(version(self.tier).image(fields.image.as_ref())),
            command: Some(vec![format!("{ETC}/{script}")]),
            env: Some(env.into_iter().map(|(name, it)| pieces::env(name, it)).collect()),
            volume_mounts: Some(vec![
                pieces::read_only("config", ETC),
                pieces::read_only("secrets", &format!("{ETC}/secrets")),
                pieces::mount(VOLUME, "/backup"),
                pieces::mount("tmp", "/tmp"),
            ]),
            ..self.container()
        }
    }

    /// rclone takes its remotes from variables (<https://rclone.org/docs/#config-file>, "Environment Variables").
    fn store(&self, store: &BackupStore, action: &str) -> core::Container {
        let provider = if store.endpoint.is_some() { "Other" } else { "AWS" };
        let mut env = vec![
            pieces::env("RCLONE_CONFIG", "/tmp/rclone.conf"),
            pieces::env("RCLONE_CONFIG_STORE_TYPE", "s3"),
            pieces::env("RCLONE_CONFIG_STORE_PROVIDER", provider),
            // The key need not be allowed to make buckets.
            pieces::env("RCLONE_CONFIG_STORE_NO_CHECK_BUCKET", "true"),
        ];
        let optional = [
            ("RCLONE_CONFIG_STORE_ENDPOINT", store.endpoint.clone()),
            ("RCLONE_CONFIG_STORE_REGION", store.region.as_ref().map(ToString::to_string)),
            ("RCLONE_CA_CERT", store.endpoint_ca.as_ref().map(|_| format!("{ETC}/store/ca.crt"))),
        ];
        env.extend(optional.into_iter().filter_map(|(name, it)| Some(pieces::env(name, it?))));
        core::Container {
            name: format!("store-{action}"),
            image: Some(store.image.as_ref().map_or_else(|| RCLONE.to_owned(), ToString::to_string)),
            command: Some(vec![format!("{ETC}/store.sh"), action.to_owned()]),
            env: Some(env),
            volume_mounts: Some(vec![
                pieces::read_only("config", ETC),
                pieces::read_only("store", &format!("{ETC}/store")),
                pieces::mount(VOLUME, "/backup"),
                pieces::mount("tmp", "/tmp"),
            ]),
            ..self.container()
        }
    }

    fn container(&self) -> core::Container {
        let asked = self.backup.resources.as_deref().map(resources);
        core::Container {
            resources: Some(asked.unwrap_or_else(|| pieces::amounts("100m", "128Mi", "512Mi"))),
            security_context: Some(pieces::security(version(self.tier).user())),
            ..core::Container::default()
        }
    }

    fn volumes(&self) -> Vec<core::Volume> {
        let mut found = vec![
            pieces::config("config", &name(self.cx), &[], Some(0o555)),
            pieces::secrets("secrets", &[(&self.tier.fields.password, "password")]),
            // In memory: the password passes through it.
            pieces::in_memory("tmp", 16),
        ];
        let Some(store) = self.backup.store() else {
            let claim =
                core::PersistentVolumeClaimVolumeSource { claim_name: name(self.cx), read_only: None };
            found.push(core::Volume {
                name: VOLUME.to_owned(),
                persistent_volume_claim: Some(claim),
                ..core::Volume::default()
            });
            return found;
        };
        let mut keys =
            vec![(&store.access_key_id, "access-key-id"), (&store.secret_access_key, "secret-access-key")];
        keys.extend(store.endpoint_ca.as_ref().map(|it| (it, "ca.crt")));
        found.push(pieces::secrets("store", &keys));
        found.push(self.on_the_way());
        found
    }

    /// What is on its way to or from the store: a claim of the pod's own, that goes with it. The node's disk is not for as
    /// much as a database may have.
    fn on_the_way(&self) -> core::Volume {
        let storage = &self.tier.storage;
        let spec = claim_spec(&storage.size.to_string(), storage.class.as_ref().map(ToString::to_string));
        let template = core::PersistentVolumeClaimTemplate { metadata: None, spec };
        core::Volume {
            name: VOLUME.to_owned(),
            ephemeral: Some(core::EphemeralVolumeSource { volume_claim_template: Some(template) }),
            ..core::Volume::default()
        }
    }

    fn claim(&self) -> Option<Object> {
        let BackupTarget::Claim(it) = &self.backup.to else { return None };
        let claim = core::PersistentVolumeClaim {
            metadata: ObjectMeta { name: Some(name(self.cx)), ..ObjectMeta::default() },
            spec: Some(claim_spec(&it.size.to_string(), it.class.as_ref().map(ToString::to_string))),
            status: None,
        };
        Some(claim.into())
    }

    fn files(&self) -> ConfigFiles {
        let store = self.backup.store();
        let bucket = store.map(|it| format!("{}/{}", it.bucket(), self.cx.name)).unwrap_or_default();
        let keep = self.backup.keep.clone().unwrap_or(Keep::Count(KEPT));
        let context = Context {
            keep_count: keep.count(),
            keep_days: keep.days(),
            deadline: self.backup.deadline(),
            bucket: &bucket,
        };
        macro_rules! own {
            ($name:literal) => {{
                let source = include_str!(concat!("../../../templates/postgres/", $name, ".j2"));
                ($name.to_owned(), render(concat!("postgres/", $name, ".j2"), source, &context))
            }};
        }
        let mut files = vec![own!("pg_dump.sh"), own!("pg_restore.sh")];
        files.extend(store.map(|_| own!("store.sh")));
        ConfigFiles { name: name(self.cx), files: files.into_iter().collect() }
    }
}

fn claim_spec(size: &str, class: Option<String>) -> core::PersistentVolumeClaimSpec {
    core::PersistentVolumeClaimSpec {
        access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
        resources: Some(core::VolumeResourceRequirements {
            requests: Some([("storage".to_owned(), Amount(size.to_owned()))].into()),
            limits: None,
        }),
        storage_class_name: class,
        ..core::PersistentVolumeClaimSpec::default()
    }
}
