//! Keyspaces that the tier makes.

use schemars::JsonSchema;

use crate::model::decode::Key;
use crate::model::macros::model;

model! {
    /// A keyspace.
    pub struct Keyspace {
        /// How many nodes hold a copy of each row; as many as the tier's keyspaces have otherwise.
        "replicationFactor" replication_factor: Option<u32>,
    }
}

/// A keyspace's name: at most 48 lower-case letters, digits and `_`, beginning with a letter. What CQL takes without quotes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyspaceName(String);

impl KeyspaceName {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Key for KeyspaceName {
    fn key(text: &str) -> Result<Self, String> {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !text.starts_with(|c: char| c.is_ascii_lowercase()) || text.len() > 48 || !text.chars().all(inner)
        {
            return Err(format!(
                "`{text}` is no keyspace's name: at most 48 lower-case letters, digits and `_`, beginning with a letter"
            ));
        }
        if text == "system" || text.starts_with("system_") {
            return Err(format!(
                "`{text}` is a name of Cassandra's own keyspaces, which begin with `system`"
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl JsonSchema for KeyspaceName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "KeyspaceName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[a-z][a-z0-9_]{0,47}$" })
    }
}
