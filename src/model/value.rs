//! Values of environment variables.

use schemars::JsonSchema;

use super::decode::{Cx, Decode, Fields, Place};
use super::macros::model;
use super::{FileKey, Name, Text};

model! {
    /// Where a variable's value comes from: one of `value`, `secret` and `key`, `config` and `key`, `field`, `resource`, `bind`.
    pub struct ValueFields {
        /// The text itself.
        "value" value: Option<Text>,
        /// A secret under `secrets` or `certificates`.
        "secret" secret: Option<Name>,
        /// A config under `configs`.
        "config" config: Option<Name>,
        /// The key of the secret or config.
        "key" key: Option<FileKey>,
        /// A field of the pod, such as `metadata.name` or `status.podIP`.
        "field" field: Option<String>,
        /// A resource of the container, such as `limits.memory`.
        "resource" resource: Option<String>,
        /// A role: the password with which one logs in to what it is bound to.
        "bind" bind: Option<Name>,
    }
}

/// A variable's value.
#[derive(Clone, Debug)]
pub enum Value {
    /// Text.
    Text(Text),
    /// A key of a secret.
    Secret(Name, FileKey),
    /// A key of a config.
    Config(Name, FileKey),
    /// A field of the pod.
    Field(String),
    /// A resource of the container.
    Resource(String),
    /// The password of what a role is bound to.
    Bound(Name),
}

impl Decode for Value {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        if at.node.as_map().is_none() {
            return Text::decode(at, cx).map(Self::Text);
        }
        let (fields, chosen) = Fields::open_choice(
            at,
            ValueFields::KEYS,
            &["value", "secret", "config", "field", "resource", "bind"],
            cx,
        )?;
        let read = ValueFields::decode_fields(&fields, cx)?;
        Some(match chosen? {
            "value" => Self::Text(read.value?),
            "secret" => Self::Secret(read.secret?, read.key.or_else(|| fields.get("key", cx, || None))?),
            "config" => Self::Config(read.config?, read.key.or_else(|| fields.get("key", cx, || None))?),
            "field" => Self::Field(read.field?),
            "bind" => Self::Bound(read.bind?),
            _ => Self::Resource(read.resource?),
        })
    }
}

impl JsonSchema for Value {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let (text, fields) = (generator.subschema_for::<Text>(), generator.subschema_for::<ValueFields>());
        schemars::json_schema!({ "anyOf": [text, fields] })
    }
}
