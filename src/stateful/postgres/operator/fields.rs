//! Fields that only the operator can follow.

use indexmap::IndexMap;

use crate::k8s::crd::cnpg::pooler::PoolMode;
use crate::model::Resources;
use crate::model::macros::{model, words};
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
}
