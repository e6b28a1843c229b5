//! `postgres`: plain Postgres from the official image, one server or a primary and one standby, or a cluster that
//! CloudNativePG runs. What it does and why is in `docs/engines/postgres.md` and `docs/engines/postgres-operator.md`.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::backup::Backup;
use super::fields::{SecretKey, Storage, Stored};
use super::setting::Setting;
use super::upgrade::{Fixed, Members, OWN, Running, Standing};
use super::{
    Asked, Credential, Declared, Development, Gauge, Monitor, Node, Plan, Reading, SecretForm, Target, Tier,
    TierContext, engine, pieces,
};
use crate::diag::{Route, Sink};
use crate::model::macros::{model, parts, words};
use crate::model::{Cluster, Common, FileKey, Image, RelativePath, Trigger};
use crate::workload::{Alternative, Endpoints, Login};

mod backup;
mod check;
mod development;
mod operator;
mod plain;
mod pod;
mod release;
mod settings;
#[cfg(test)]
mod tests;

pub use operator::PostgresPooler;
pub use release::Release;
pub use settings::SettingName;

const PORT: u16 = 5432;
const PORT_NAME: &str = "postgres";
const SCHEME: &str = "postgresql";
/// What memory is derived from where no limit is written, in MiB.
const ASSUMED_MEMORY: u64 = 512;

words! {
    /// Who runs the servers.
    pub enum Backend {
        /// A StatefulSet, with a procedure for a person where a primary is lost.
        "plain" Plain,
        /// CloudNativePG, which replaces a lost primary by itself.
        "operator" Operator,
    }
}

model! {
    /// What only a Postgres tier has.
    pub struct PostgresFields {
        /// The kind: `postgres`.
        "kind" kind: String,
        /// Who runs the servers: `plain` or `operator`.
        "backend" backend: Backend = Backend::Plain,
        /// The version, as the tags of the backend's image write it; `17-alpine`, with the operator
        /// `17.11-standard-trixie`, unless given.
        "version" version: Option<Release>,
        /// The image, where another than the official one of the version: a mirror, or one built on it.
        "image" image: Option<Image>,
        /// 1: a single server; 2: a primary and a standby that can be read from; with the operator any number.
        "replicas" replicas: u32 = 1,
        /// The database that is made at the first start.
        "database" database: String = "postgres".to_owned(),
        /// The role that is made at the first start and owns the databases: a superuser, but not with the operator.
        "owner" owner: String = "postgres".to_owned(),
        /// The owner's password. The operator wants the keys `username`, with the owner's name, and `password`.
        "password" password: SecretKey,
        /// The password with which a standby copies the primary; needed for two replicas without the operator.
        "replicationPassword" replication_password: Option<SecretKey>,
        /// Further databases.
        "databases" databases: Vec<String>,
        /// How many clients may be connected at once.
        "maxConnections" max_connections: u32 = 100,
        /// Settings of the server; they win over those that are derived.
        "config" config: IndexMap<SettingName, Setting>,
        /// Scripts of the stack's folder (`.sql`, without the operator also `.sh`) that run once, at the first start, in the order of their keys.
        "init" init: IndexMap<FileKey, RelativePath>,
        /// Seconds from the request to stop until the kill; 120, with the operator 1800, unless given.
        "terminationGracePeriodSeconds" grace: Option<u32>,
        /// A pool of connections, with an address of its own. Needs the operator.
        "pooler" pooler: Option<PostgresPooler>,
        /// Backups: dumps of all databases; with the operator base backups and WAL, or snapshots.
        "backup" backup: Option<Backup>,
        /// Who collects the metrics of servers and poolers. Needs the operator.
        "monitor" monitor: Option<Monitor>,
    }
}

parts! {
    /// A tier of Postgres.
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

    fn endpoints(&self, _: &str, cluster: &Cluster) -> Endpoints {
        let fields = &self.fields;
        let port = |name| vec![pieces::endpoint(name, PORT)];
        let address =
            |word, suffix, name| Alternative { word, suffix, ports: port(name), scheme: Some(SCHEME) };
        let read_only = self.replicated().then(|| address("readOnly", "-ro", PORT_NAME));
        let pooler = fields.pooler.as_ref().filter(|_| self.operated());
        let pooler = pooler.map(|_| address("pooler", operator::POOLER, operator::POOLER_PORT));
        Endpoints {
            ports: port(PORT_NAME),
            scheme: Some(SCHEME),
            login: Some(Login {
                user: fields.owner.clone(),
                secret: fields.password.secret.clone(),
                key: fields.password.key.clone(),
            }),
            path: format!("/{}", fields.database),
            peers: match fields.backend {
                Backend::Operator if self.replicated() => operator::PORTS.to_vec(),
                Backend::Operator if pooler.is_some() => vec![PORT],
                Backend::Plain if self.replicated() || fields.backup.is_some() => vec![PORT],
                _ => Vec::new(),
            },
            alternatives: read_only.into_iter().chain(pooler).collect(),
            properties: vec![("database", fields.database.clone()), ("user", fields.owner.clone())],
            callers: if self.operated() { vec![operator::caller(cluster)] } else { Vec::new() },
            ..Endpoints::default()
        }
    }

    fn storages(&self) -> Vec<Stored> {
        Stored::own(&self.storage)
    }

    fn backup(&self) -> Option<&Backup> {
        self.fields.backup.as_ref()
    }

    fn credentials(&self) -> Vec<Credential> {
        let fields = &self.fields;
        let mut found = vec![fields.password.credential("password")];
        // The operator's standbys have certificates.
        let replication = fields.replication_password.as_ref().filter(|_| !self.operated());
        found.extend(replication.map(|it| it.credential("replicationPassword")));
        found.extend(fields.backup.iter().flat_map(Backup::credentials));
        found
    }

    fn files(&self) -> Vec<(Route, String)> {
        let files = self.fields.init.iter();
        files.map(|(key, path)| (Route::of(&["init", key.as_str()]), path.to_string())).collect()
    }

    fn check(&self, at: &Route, cluster: &Cluster, sink: &mut Sink) {
        check::check(&self.fields, at, sink);
        if self.operated() {
            operator::check(self, at, cluster, sink);
        }
    }

    fn secret_forms(&self) -> Vec<SecretForm> {
        if self.operated() { vec![operator::secret_form(self)] } else { Vec::new() }
    }

    fn calls_api(&self) -> bool {
        self.operated()
    }

    fn own_tls_ports(&self) -> &'static [u16] {
        if self.operated() { &[operator::STATUS] } else { &[] }
    }

    fn operator_objects(&self, name: &str) -> Vec<(&'static str, String)> {
        if self.operated() { operator::objects(self, name) } else { Vec::new() }
    }

    fn gauge(&self, asked: &Asked<'_>) -> Option<Gauge> {
        let Trigger::Postgres(it) = asked.trigger else { return None };
        let fields = &self.fields;
        let has = |given: bool, key, value: &str| (!given).then(|| (key, value.to_owned()));
        let databases = std::iter::once(&fields.database).chain(&fields.databases);
        let parameters = [
            Some(("host", asked.host(asked.service))),
            Some(("port", PORT.to_string())),
            has(it.database.is_some(), "dbName", &fields.database),
            has(it.user.is_some(), "userName", &fields.owner),
            // The operator's servers have certificates, which nobody outside knows.
            has(it.ssl.is_some(), "sslmode", if self.operated() { "require" } else { "prefer" }),
        ];
        Some(Gauge {
            kind: "postgresql",
            ports: vec![PORT],
            parameters: parameters.into_iter().flatten().collect(),
            // The password of another user is not the tier's to know.
            logins: vec![("password", it.user.is_none().then(|| fields.password.clone()))],
            declared: vec![Declared {
                key: "dbName",
                under: vec!["databases".to_owned()],
                names: databases.cloned().collect(),
            }],
        })
    }

    fn monitor(&self) -> Option<&Monitor> {
        self.fields.monitor.as_ref()
    }

    fn targets(&self, name: &str) -> Vec<Target> {
        if self.operated() { operator::targets(self, name) } else { Vec::new() }
    }

    fn readings(&self) -> &'static [Reading] {
        if self.operated() && self.replicated() { &[Reading::Lag(operator::LAG)] } else { &[] }
    }

    fn operator_labels(&self, name: &str) -> Option<BTreeMap<String, String>> {
        self.operated().then(|| operator::labels(name))
    }

    fn standing(&self) -> Standing {
        let fields = &self.fields;
        let fixed = |at, value: &str, why| Fixed { at, value: value.to_owned(), why };
        let release =
            if self.operated() { operator::running(fields) } else { Running::of(&plain::version(self)) };
        let fewer = if self.operated() {
            "the operator deletes the claims of the standbys that it takes away"
        } else {
            "drop the slot of the standby on the primary, or it keeps WAL for ever: `select pg_drop_replication_slot('standby_1')`"
        };
        let base = if plain::version(self).alpine() { "alpine" } else { "debian" };
        let mut found = vec![
            fixed(
                &["database"],
                &fields.database,
                "the database was made at the first start: rename it there",
            ),
            fixed(&["owner"], &fields.owner, "the role was made at the first start: rename it there"),
        ];
        if !self.operated() {
            let why = "the files belong to another user (70 on Alpine, 999 on Debian), and texts are sorted by another library: dump, and restore into a new tier";
            found.push(fixed(&["version"], base, why));
        }
        Standing {
            backend: Some(fields.backend.as_str()),
            release: Some(release),
            members: vec![Members {
                at: &["replicas"],
                what: "servers",
                parts: OWN,
                number: fields.replicas,
                fewer,
                more: None,
            }],
            fixed: found,
        }
    }

    fn procedures(&self) -> &'static crate::stateful::procedure::Procedures {
        if self.operated() { &operator::PROCEDURES } else { &release::PROCEDURES }
    }

    fn development(&self, cx: &Development<'_>) -> Option<Node> {
        Some(development::node(self, cx))
    }

    fn lower(&self, cx: &TierContext<'_>) -> Plan {
        match self.fields.backend {
            Backend::Plain => plain::plan(self, cx),
            Backend::Operator => operator::plan(self, cx),
        }
    }
}

impl PostgresTier {
    fn replicated(&self) -> bool {
        self.fields.replicas > 1
    }

    /// Whether the operator runs the servers.
    fn operated(&self) -> bool {
        self.fields.backend == Backend::Operator
    }

    /// The stack's own scripts by key, in the order in which they run.
    fn scripts(&self) -> Vec<(&FileKey, &RelativePath)> {
        let mut files: Vec<_> = self.fields.init.iter().collect();
        files.sort();
        files
    }

    /// What the container may use at most, in MiB.
    fn memory(&self) -> u64 {
        let limit = self.common.resources.as_deref().and_then(|it| it.limits.get("memory"));
        limit.map_or(ASSUMED_MEMORY, settings::mebibytes)
    }

    /// The settings of the server.
    fn settings(&self) -> settings::Settings<'_> {
        let storage = settings::mebibytes(&self.storage.size);
        let fields = &self.fields;
        let memory = self.memory();
        let settings = settings::Settings::new(memory, storage, fields.max_connections, &fields.config);
        let resources = self.common.resources.as_deref().filter(|_| self.operated());
        match resources.and_then(|it| it.requests.get("memory")) {
            // The operator refuses buffers beyond what is requested.
            Some(request) => settings.buffers_at_most(memory, settings::mebibytes(request)),
            None => settings,
        }
    }
}
