//! Environment variables from all keys of a secret or config.

use schemars::JsonSchema;

use super::decode::{Cx, Decode, Fields, Place};
use super::macros::model;
use super::{Name, scalar};

model! {
    /// Variables from all keys: one of `secret` and `config`.
    pub struct EnvFromFields {
        /// A secret under `secrets` or `certificates`.
        "secret" secret: Option<Name>,
        /// A config under `configs`.
        "config" config: Option<Name>,
        /// What each variable's name has before the key.
        "prefix" prefix: Option<scalar::EnvName>,
    }
}

/// Variables from all keys of a secret or config.
#[derive(Clone, Debug)]
pub struct EnvFrom {
    /// Whose keys.
    pub source: KeySource,
    /// What each variable's name has before the key; may be empty.
    pub prefix: String,
}

/// Something with keys.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// A secret or certificate.
    Secret(Name),
    /// A config.
    Config(Name),
}

impl Decode for EnvFrom {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let (fields, chosen) = Fields::open_choice(at, EnvFromFields::KEYS, &["secret", "config"], cx)?;
        let read = EnvFromFields::decode_fields(&fields, cx)?;
        let source = match chosen? {
            "secret" => KeySource::Secret(read.secret?),
            _ => KeySource::Config(read.config?),
        };
        Some(Self { source, prefix: read.prefix.map(|it| it.to_string()).unwrap_or_default() })
    }
}

impl JsonSchema for EnvFrom {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "EnvFrom".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        EnvFromFields::json_schema(generator)
    }
}
