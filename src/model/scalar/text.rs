//! Text that may hold references to the rest of the stack.

use std::sync::Arc;

use crate::model::decode::{Cx, Decode, Place};
use crate::model::schema;
use crate::syntax::reference::{self, Piece};

/// Free text with `${…}` references, resolved once services and tiers are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    raw: Arc<str>,
    pieces: Option<Vec<Piece>>,
}

impl Text {
    /// Text without references.
    #[must_use]
    pub fn literal(text: &str) -> Self {
        Self { raw: text.into(), pieces: None }
    }

    /// As written.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The text when it holds no reference.
    #[must_use]
    pub fn as_literal(&self) -> Option<&str> {
        self.pieces.is_none().then_some(&*self.raw)
    }

    /// The pieces; empty for a text without references.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        self.pieces.as_deref().unwrap_or_default()
    }
}

impl Decode for Text {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        // Numbers and booleans are taken as written: an environment variable is text whatever it looks like.
        let Some(scalar) = at.node.as_scalar().filter(|_| !at.node.is_null()) else {
            cx.wrong_type(at.node, "text");
            return None;
        };
        let pieces = if reference::has_reference(&scalar.text) {
            Some(reference::pieces(&scalar.text).ok()?)
        } else {
            None
        };
        Some(Self { raw: Arc::clone(&scalar.text), pieces })
    }
}

impl schemars::JsonSchema for Text {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schema::described(schemars::json_schema!({ "type": ["string", "number", "boolean"] }), "")
    }
}
