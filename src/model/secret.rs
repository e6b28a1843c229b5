//! Secrets: where they come from, and which keys they have. Never their values.

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::decode::{Cx, Decode, Place};
use super::macros::model;
use super::{FileKey, Name};

model! {
    /// Credentials that a store makes on request and takes back.
    pub struct Dynamic {
        /// The secrets engine's mount.
        "mount" mount: String,
        /// The path of the role, such as `creds/app`.
        "path" path: String,
    }

    /// A key of a secret.
    pub struct SecretKey {
        /// The secret.
        "secret" secret: Name,
        /// The key.
        "key" key: FileKey,
    }

    /// A Secret that a store fills.
    pub struct Secret {
        /// The namespace, by its name in the stack.
        "namespace" namespace: Option<Name>,
        /// The store.
        "from" from: Name,
        /// The name of the object that fetches it, where another than the secret's.
        "object" object: Option<Name>,
        /// The path in the store.
        "path" path: Option<String>,
        /// Credentials made on request, instead of a path.
        "dynamic" dynamic: Option<Dynamic>,
        /// The keys it has: a list, or `key: name in the store`.
        "keys" keys: Keys,
    }
}

/// The keys of a secret, each with its name in the store.
#[derive(Clone, Debug, Default)]
pub struct Keys(pub IndexMap<FileKey, String>);

impl Keys {
    /// Whether the secret has a key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// Whether some key has another name in the store.
    #[must_use]
    pub fn renamed(&self) -> bool {
        self.0.iter().any(|(key, remote)| key.as_str() != remote)
    }
}

impl Decode for Keys {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        if at.node.as_map().is_some() {
            return IndexMap::decode(at, cx).map(Self);
        }
        let keys: Vec<FileKey> = Vec::decode(at, cx)?;
        Some(Self(keys.into_iter().map(|it| (it.clone(), it.to_string())).collect()))
    }
}

impl JsonSchema for Keys {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Keys".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let (list, map) = (
            generator.subschema_for::<Vec<FileKey>>(),
            generator.subschema_for::<IndexMap<FileKey, String>>(),
        );
        schemars::json_schema!({ "anyOf": [list, map] })
    }
}
