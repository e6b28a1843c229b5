//! Declarations of parameters.

use schemars::JsonSchema;

use super::decode::{Cx, Decode, Place};
use super::macros::{model, words};

words! {
    /// What a parameter may hold.
    pub enum ParameterType {
        /// Any text.
        "string" String,
        /// A whole number.
        "integer" Integer,
        /// `true` or `false`.
        "boolean" Boolean,
    }
}

model! {
    /// A typed input of the stack.
    pub struct Declaration {
        /// What it may hold.
        "type" kind: ParameterType = ParameterType::String,
        /// The value where nobody gives one.
        "default" default: Option<super::Text>,
        /// A regular expression that the whole value must match.
        "pattern" pattern: Option<String>,
        /// The least number, of an integer.
        "minimum" minimum: Option<i64>,
        /// The greatest number, of an integer.
        "maximum" maximum: Option<i64>,
        /// The only values allowed.
        "enum" allowed: Vec<super::Text>,
        /// For a person.
        "description" description: Option<String>,
    }
}

/// A declaration, or the value that an environment gives.
#[derive(Clone, Debug)]
pub enum ParameterEntry {
    /// A declaration.
    Declaration(Declaration),
    /// A value.
    Value(super::Text),
}

impl Decode for ParameterEntry {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        if at.node.as_map().is_some() {
            return Declaration::decode(at, cx).map(Self::Declaration);
        }
        // The declaration that the value stands for is the beaten layer, and is read for its mistakes.
        let layers = std::iter::successors(at.node.beat.as_deref(), |it| it.beat.as_deref());
        if let Some(node) = layers.into_iter().find(|it| it.as_map().is_some()) {
            Declaration::decode(Place { node, ..at }, cx);
        }
        super::Text::decode(at, cx).map(Self::Value)
    }
}

impl JsonSchema for ParameterEntry {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ParameterEntry".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let declaration = generator.subschema_for::<Declaration>();
        schemars::json_schema!({ "anyOf": [declaration, { "type": ["string", "number", "boolean"] }] })
    }
}
