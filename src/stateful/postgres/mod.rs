//! `postgres`: plain Postgres from the official image, one server or a primary and one standby.
//! What it does and why is in `docs/engines/postgres.md`.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;

use super::{Credential, Engine, Plan, Tier, TierContext, render};
use crate::diag::{Route, Sink};
use crate::model::decode::{Cx, Decode, Place};
use crate::model::macros::{model, parts};
use crate::model::{Cluster, Common, FileKey, Image, Name, Protocol, Quantity, RelativePath};
use crate::workload::{
    Budget, ClaimTemplate, ConfigFiles, Controller, Endpoint, Endpoints, ServiceKind, ServicePort,
    ServiceSpec, Workload,
};

mod check;
mod pod;
mod release;
mod settings;
#[cfg(test)]
mod tests;

pub use release::{MAJORS, Major, Release};
pub use settings::{Setting, SettingName};

const PORT: u16 = 5432;
const PORT_NAME: &str = "postgres";
/// What memory is derived from where no limit is written, in MiB.
const ASSUMED_MEMORY: u64 = 512;

model! {
    /// A key of a secret that holds a password.
    pub struct PasswordKey {
        /// The secret.
        "secret" secret: Name,
        /// The key.
        "key" key: FileKey,
    }

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
        /// Storage of each server.
        "storage" storage: Quantity,
        /// The `StorageClass`; the cluster's default unless given.
        "storageClass" storage_class: Option<Name>,
        /// The database that is made at the first start.
        "database" database: String = "postgres".to_owned(),
        /// The superuser that is made at the first start and owns the databases.
        "owner" owner: String = "postgres".to_owned(),
        /// The owner's password.
        "password" password: PasswordKey,
        /// The password with which a standby copies the primary; needed for two replicas.
        "replicationPassword" replication_password: Option<PasswordKey>,
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
        /// What only a Postgres tier has.
        fields: PostgresFields,
    }
}

/// The engine.
#[derive(Debug)]
pub struct Postgres;

impl Engine for Postgres {
    fn kind(&self) -> &'static str {
        "postgres"
    }

    fn keys(&self) -> &'static [&'static str] {
        PostgresTier::keys()
    }

    fn decode(&self, at: Place<'_>, cx: &Cx<'_>) -> Option<Arc<dyn Tier>> {
        PostgresTier::decode(at, cx).map(|it| Arc::new(it) as Arc<dyn Tier>)
    }

    fn schema(&self, generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        generator.subschema_for::<PostgresTier>()
    }
}

impl Tier for PostgresTier {
    fn common(&self) -> &Common {
        &self.common
    }

    fn replicas(&self) -> u32 {
        self.fields.replicas
    }

    fn endpoints(&self) -> Endpoints {
        Endpoints {
            ports: vec![Endpoint {
                name: Name::parse(PORT_NAME).expect("a literal DNS label"),
                number: PORT,
                service: PORT,
                protocol: Protocol::Tcp,
                app_protocol: None,
            }],
            scheme: Some("postgresql"),
            peers: if self.replicated() { vec![PORT] } else { Vec::new() },
        }
    }

    fn credentials(&self) -> Vec<Credential> {
        let credential = |it: &PasswordKey, at| Credential {
            secret: it.secret.clone(),
            key: it.key.clone(),
            at: vec![at],
        };
        let mut found = vec![credential(&self.fields.password, "password")];
        let replication = self.fields.replication_password.as_ref();
        found.extend(replication.map(|it| credential(it, "replicationPassword")));
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
        let headless = format!("{}-headless", cx.name);
        let storage_class = self.fields.storage_class.as_ref().map(ToString::to_string);
        let workload = Workload {
            name: cx.name.to_owned(),
            controller: Controller::StatefulSet {
                replicas: self.fields.replicas,
                headless: headless.clone(),
                // A standby waits for its primary by itself, and a broken primary must not keep it from starting.
                parallel: true,
                claims: vec![ClaimTemplate {
                    name: "data".to_owned(),
                    size: self.fields.storage.clone(),
                    class: storage_class,
                }],
            },
            pod: pod::pod(self, cx.name, &config),
        };
        let mut services =
            vec![service(cx.name.to_owned(), ServiceKind::ClusterIp, Some(format!("{}-0", cx.name)))];
        if self.replicated() {
            let standby = Some(format!("{}-1", cx.name));
            services.push(service(format!("{}-ro", cx.name), ServiceKind::ClusterIp, standby));
        }
        services.push(service(headless, ServiceKind::Headless, None));
        Plan {
            workloads: vec![workload],
            services,
            files: vec![ConfigFiles { name: config, files: self.config_files(cx) }],
            budget: if self.replicated() { Budget::MaxUnavailable(1) } else { Budget::None },
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
        match &self.fields.image {
            Some(image) => image.to_string(),
            None => format!("postgres:{}", self.fields.version.as_str()),
        }
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
            let (name, namespace, domain) = (cx.name, cx.namespace, &cx.cluster.domain);
            format!("{name}-{ordinal}.{name}-headless.{namespace}.svc.{domain}:{PORT}")
        };
        let start = StartContext {
            hosts: (0..fields.replicas).map(host).collect(),
            volume: fields.version.major().mount,
        };
        let init = InitContext { replicas: fields.replicas, databases: &fields.databases };
        let storage = settings::mebibytes(&fields.storage);
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

/// A Service of all pods, or of one.
fn service(name: String, kind: ServiceKind, pod: Option<String>) -> ServiceSpec {
    ServiceSpec {
        name,
        kind,
        ports: vec![ServicePort {
            name: PORT_NAME.to_owned(),
            port: PORT,
            target: PORT_NAME.to_owned(),
            protocol: Protocol::Tcp,
            app_protocol: None,
        }],
        selector: pod.map(|it| ("statefulset.kubernetes.io/pod-name".to_owned(), it)).into_iter().collect(),
        annotations: BTreeMap::new(),
    }
}
