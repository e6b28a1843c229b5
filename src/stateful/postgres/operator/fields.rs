//! Fields that only the operator can follow.

use indexmap::IndexMap;

use crate::k8s::crd::cnpg::pooler::PoolMode;
use crate::model::Resources;
use crate::model::macros::{model, words};
use crate::stateful::fields::SecretKey;
use crate::stateful::setting::{Setting, SettingName};

words! {
    /// When a server's connection is free for another client.
    pub enum PostgresPoolMode {
        /// When its client disconnects: everything of PostgreSQL works.
        "session" Session,
        /// When its transaction ends: more clients a connection, but nothing that a session keeps.
        "transaction" Transaction,
    }
}

impl From<PostgresPoolMode> for PoolMode {
    fn from(mode: PostgresPoolMode) -> Self {
        match mode {
            PostgresPoolMode::Session => Self::Session,
            PostgresPoolMode::Transaction => Self::Transaction,
        }
    }
}

model! {
    /// PgBouncer in front of the primary.
    pub struct PostgresPooler {
        /// When a server's connection is free for another client: `session` or `transaction`.
        "mode" mode: PostgresPoolMode = PostgresPoolMode::Session,
        /// How many pods.
        "instances" instances: u32 = 2,
        /// Settings of PgBouncer, such as `max_client_conn` and `default_pool_size`.
        "config" config: IndexMap<SettingName, Setting>,
        /// What each pod asks for and may use.
        "resources" resources: Option<Resources>,
    }

    /// A bucket of an S3 server.
    pub struct PostgresBackupStore {
        /// `s3://BUCKET/PATH`; the cluster's name follows it.
        "path" path: String,
        /// The server's URL, where it is not Amazon's.
        "endpoint" endpoint: Option<String>,
        /// The CA of the server's certificate, where it is not a public one.
        "endpointCA" endpoint_ca: Option<SecretKey>,
        /// The id of the access key.
        "accessKeyId" access_key_id: SecretKey,
        /// The secret of the access key.
        "secretAccessKey" secret_access_key: SecretKey,
    }

    /// Base backups by the clock and all WAL, by the Barman Cloud plugin.
    pub struct PostgresBackup {
        /// When base backups are made: six fields of cron, seconds first.
        "schedule" schedule: String,
        /// How long backups are kept: a number and `d`, `w` or `m` (months); for ever unless given.
        "retention" retention: Option<String>,
        /// Where.
        "store" store: PostgresBackupStore,
        /// What the plugin's container beside each server asks for and may use.
        "resources" resources: Option<Resources>,
    }
}

impl PostgresBackupStore {
    /// The keys of secrets with the words that name them.
    pub(in super::super) fn keys(&self) -> impl Iterator<Item = (&SecretKey, &'static str)> {
        let login = [(&self.access_key_id, "accessKeyId"), (&self.secret_access_key, "secretAccessKey")];
        login.into_iter().chain(self.endpoint_ca.as_ref().map(|it| (it, "endpointCA")))
    }
}
