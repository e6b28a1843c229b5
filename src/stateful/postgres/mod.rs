//! `postgres`: plain Postgres from the official image, one server or a primary and one standby.
//! What it does and why is in `docs/engines/postgres.md`.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;

use super::fields::{SecretKey, Storage};
use super::setting::Setting;
use super::{Credential, Plan, Tier, TierContext, engine, pieces, render};
use crate::diag::{Route, Sink};
use crate::model::macros::{model, parts};
use crate::model::{Cluster, Common, FileKey, Image, RelativePath};
use crate::workload::{
    Alternative, ConfigFiles, Controller, Endpoints, Login, Part, ServiceKind, ServiceSpec, Update, Workload,
};

mod check;
mod pod;
mod release;
mod settings;
#[cfg(test)]
mod tests;

pub use release::Release;
pub use settings::SettingName;

const PORT: u16 = 5432;
const PORT_NAME: &str = "postgres";
const SCHEME: &str = "postgresql";
/// What memory is derived from where no limit is written, in MiB.
const ASSUMED_MEMORY: u64 = 512;

model! {
    /// What only a Postgres tier has.
    pub struct PostgresFields {
        /// The kind: `postgres`.
        "kind" kind: String,
        /// The version, as the official image's tags write it; decides paths and users.
        "version" version: Release = Release::standard(),
        /// The image, where another than the official one of the version: a mirror, or one built on it.
        "image" image: Option<Image>,
        /// 1: a single server; 2: a primary and a standby that can be read from.
        "replicas" replicas: u32 = 1,
        /// The database that is made at the first start.
        "database" database: String = "postgres".to_owned(),
        /// The superuser that is made at the first start and owns the databases.
        "owner" owner: String = "postgres".to_owned(),
        /// The owner's password.
        "password" password: SecretKey,
        /// The password with which a standby copies the primary; needed for two replicas.
        "replicationPassword" replication_password: Option<SecretKey>,
        /// Further databases.
        "databases" databases: Vec<String>,
        /// How many clients may be connected at once.
        "maxConnections" max_connections: u32 = 100,
        /// Settings of the server; they win over those that are derived.
        "config" config: IndexMap<SettingName, Setting>,
        /// Scripts of the stack's folder (`.sh`, `.sql`) that run once, at the first start, in the order of their keys.
        "init" init: IndexMap<FileKey, RelativePath>,
        /// Seconds from the request to stop until the kill.
        "terminationGracePeriodSeconds" grace: u32 = 120,
    }
}

parts! {
    /// A tier of plain Postgres.
    pub struct PostgresTier {
        /// What every component has.
        common: Common,
        /// The storage of each server.
        storage: Storage,
        /// What only a Postgres tier has.
        fields: PostgresFields,
    }
}

engine!(
    /// The engine.
    Postgres, "postgres", PostgresTier, Some(&release::TABLE)
);

impl Tier for PostgresTier {
    fn common(&self) -> &Common {
        &self.common
    }

    fn replicas(&self) -> u32 {
        self.fields.replicas
    }

    fn endpoints(&self, _: &str, _: &Cluster) -> Endpoints {
        let fields = &self.fields;
        let port = || vec![pieces::endpoint(PORT_NAME, PORT)];
        let read_only = Alternative { word: "readOnly", suffix: "-ro", ports: port(), scheme: Some(SCHEME) };
        Endpoints {
            ports: port(),
            scheme: Some(SCHEME),
            login: Some(Login {
                user: fields.owner.clone(),
                secret: fields.password.secret.clone(),
                key: fields.password.key.clone(),
            }),
            path: format!("/{}", fields.database),
            peers: if self.replicated() { vec![PORT] } else { Vec::new() },
            alternatives: if self.replicated() { vec![read_only] } else { Vec::new() },
            properties: vec![("database", fields.database.clone()), ("user", fields.owner.clone())],
            ..Endpoints::default()
        }
    }

    fn credentials(&self) -> Vec<Credential> {
        let mut found = vec![self.fields.password.credential("password")];
        let replication = self.fields.replication_password.as_ref();
        found.extend(replication.map(|it| it.credential("replicationPassword")));
        found
    }

    fn files(&self) -> Vec<(Route, String)> {
        let files = self.fields.init.iter();
        files.map(|(key, path)| (Route::of(&["init", key.as_str()]), path.to_string())).collect()
    }

    fn check(&self, at: &Route, _: &Cluster, sink: &mut Sink) {
        check::check(&self.fields, at, sink);
    }

    fn lower(&self, cx: &TierContext<'_>) -> Plan {
        let config = format!("{}-config", cx.name);
        let headless = pieces::headless(cx.name);
        let service = |name: String, kind, pod: Option<String>| {
            let selector = pod.map(|it| ("statefulset.kubernetes.io/pod-name".to_owned(), it));
            ServiceSpec {
                selector: selector.into_iter().collect(),
                ..pieces::service(name, kind, &[(PORT_NAME, PORT)])
            }
        };
        let primary = Some(format!("{}-0", cx.name));
        let mut services = vec![service(cx.name.to_owned(), ServiceKind::ClusterIp, primary)];
        if self.replicated() {
            let standby = Some(format!("{}-1", cx.name));
            services.push(service(format!("{}-ro", cx.name), ServiceKind::ClusterIp, standby));
        }
        services.push(service(headless.clone(), ServiceKind::Headless, None));
        let workload = Workload {
            name: cx.name.to_owned(),
            part: Some("server"),
            controller: Controller::StatefulSet {
                replicas: self.fields.replicas,
                headless,
                // A standby waits for its primary by itself, and a broken primary must not keep it from starting.
                parallel: true,
                claims: vec![pieces::claim(&self.storage)],
                update: Update::Rolling,
            },
            pod: pod::pod(self, cx.name, &config),
        };
        Plan {
            parts: vec![Part { workload, services, budget: pieces::replica_budget(self.fields.replicas) }],
            files: vec![ConfigFiles { name: config, files: self.config_files(cx) }],
            objects: Vec::new(),
        }
    }
}

/// A script of the stack that runs at the first start.
struct InitFile<'a> {
    /// Its key in the `ConfigMap`, apart from those of the tier's own files.
    config_key: String,
    /// Its name in the container. The image runs scripts in the order of their names, `00-stackgen.sh` first.
    mounted: String,
    /// Its path in the stack's folder.
    path: &'a str,
}

#[derive(Serialize)]
struct StartContext<'a> {
    hosts: Vec<String>,
    volume: &'a str,
}

#[derive(Serialize)]
struct InitContext<'a> {
    replicas: u32,
    databases: &'a [String],
}

impl PostgresTier {
    fn replicated(&self) -> bool {
        self.fields.replicas > 1
    }

    fn image(&self) -> String {
        self.fields.version.image(self.fields.image.as_ref())
    }

    /// What the container may use at most, in MiB.
    fn memory(&self) -> u64 {
        let limit = self.common.resources.as_ref().and_then(|it| it.limits.get("memory"));
        limit.map_or(ASSUMED_MEMORY, settings::mebibytes)
    }

    fn init_files(&self) -> impl Iterator<Item = InitFile<'_>> {
        let mut files: Vec<_> = self.fields.init.iter().collect();
        files.sort();
        files.into_iter().map(|(key, path)| InitFile {
            config_key: format!("initdb.{key}"),
            mounted: format!("10-{key}"),
            path: path.as_str(),
        })
    }

    fn config_files(&self, cx: &TierContext<'_>) -> BTreeMap<String, String> {
        let fields = &self.fields;
        let host = |ordinal: u32| {
            format!("{}:{PORT}", pieces::pod_host(cx.name, ordinal, cx.namespace, &cx.cluster.domain))
        };
        let start = StartContext {
            hosts: (0..fields.replicas).map(host).collect(),
            volume: fields.version.line().mount,
        };
        let init = InitContext { replicas: fields.replicas, databases: &fields.databases };
        let storage = settings::mebibytes(&self.storage.size);
        let settings =
            settings::Settings::new(self.memory(), storage, fields.max_connections, &fields.config);
        let mut files = BTreeMap::new();
        macro_rules! own {
            ($name:literal, $context:expr) => {
                let source = include_str!(concat!("../../../templates/postgres/", $name, ".j2"));
                files.insert($name.to_owned(), render(concat!("postgres/", $name, ".j2"), source, $context));
            };
        }
        own!("start.sh", &start);
        own!("postgresql.conf", &settings);
        own!("pg_hba.conf", &());
        own!("init.sh", &init);
        for file in self.init_files() {
            // A file that cannot be read is reported where it is read, and then nothing is lowered.
            let text = cx.files.get(file.path).cloned().unwrap_or_default();
            files.insert(file.config_key, text);
        }
        files
    }
}
