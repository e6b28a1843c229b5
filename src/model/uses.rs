//! What a component calls.

use schemars::JsonSchema;

use super::codes;
use super::decode::{Cx, Decode, Key as _, OneOrMany, Place};
use super::{Name, Named};
use crate::diag::Diagnostic;

/// What a component calls: targets, and the ports of each (none: all that the target serves).
#[derive(Clone, Debug, Default)]
pub struct Uses(pub Named<Vec<Name>>);

impl Decode for Uses {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        if at.node.as_map().is_some() {
            let ports: Named<OneOrMany<Name>> = Named::decode(at, cx)?;
            return Some(Self(ports.into_iter().map(|(target, ports)| (target, ports.0)).collect()));
        }
        let Some(items) = at.node.as_seq() else {
            cx.wrong_type(at.node, "a list of `target` or `target:port`, or a mapping `target: port`");
            return None;
        };
        let mut found: Named<Vec<Name>> = Named::default();
        for item in items {
            let Some(text) = cx.text(item, "`target` or `target:port`") else { continue };
            let (target, port) = match text.text.split_once(':') {
                Some((target, port)) => (target, Some(port)),
                None => (&*text.text, None),
            };
            let target = if port.is_some() { Name::parse(target) } else { Name::shared(&text.text) };
            match (target, port.map(Name::parse).transpose()) {
                (Ok(target), Ok(port)) => found.entry(target).or_default().extend(port),
                (Err(why), _) | (_, Err(why)) => {
                    cx.push(Diagnostic::at_span(&codes::BAD_NAME, item.span, why));
                }
            }
        }
        Some(Self(found))
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }
}

impl JsonSchema for Uses {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Uses".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let ports = generator.subschema_for::<Named<OneOrMany<Name>>>();
        schemars::json_schema!({
            "anyOf": [
                { "type": "array", "items": { "type": "string", "pattern": "^[a-z0-9-]+(:[a-z0-9-]+)?$" } },
                ports,
            ]
        })
    }
}
