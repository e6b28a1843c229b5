//! Roles of a component, and what each is bound to.

use std::collections::BTreeSet;

use schemars::JsonSchema;

use super::decode::{Cx, Decode, Fields, Key as _, Place};
use super::{Name, Named, Service, codes};
use crate::diag::Diagnostic;

/// What a role is bound to: a service, tier or external, and one port of it where not all are meant.
#[derive(Clone, Debug)]
pub struct Binding {
    /// The target.
    pub target: Name,
    /// The port.
    pub port: Option<Name>,
}

impl Decode for Binding {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let text = cx.text(at.node, "`target` or `target:port`")?;
        let (target, port) = match text.text.split_once(':') {
            Some((target, port)) => (Name::parse(target), Some(Name::parse(port))),
            None => (Name::shared(&text.text), None),
        };
        match (target, port.transpose()) {
            (Ok(target), Ok(port)) => Some(Self { target, port }),
            (Err(why), _) | (_, Err(why)) => {
                cx.push(Diagnostic::at_span(&codes::BAD_NAME, at.node.span, why));
                None
            }
        }
    }
}

impl JsonSchema for Binding {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Binding".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[a-z0-9-]+(:[a-z0-9-]+)?$|\\$\\{" })
    }
}

/// What a component has for each kind that a role may be bound to: fields of a component, merged over its profiles and under
/// itself before anything is decoded. Only the roles and kinds are kept.
#[derive(Clone, Debug, Default)]
pub struct WhenBound(pub Named<BTreeSet<String>>);

/// The fields of a component that decide what it is before its roles are looked at.
const BEFORE: [&str; 4] = ["profile", "bind", "whenBound", "onDemand"];

/// What one kind gives.
struct Form;

impl Form {
    fn keys() -> Vec<&'static str> {
        Service::keys().iter().copied().filter(|it| !BEFORE.contains(it)).collect()
    }
}

impl Decode for Form {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        Fields::open(at, &Self::keys(), cx).map(|_| Self)
    }
}

impl JsonSchema for Form {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Form".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        generator.subschema_for::<Service>()
    }
}

impl Decode for WhenBound {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let roles: Named<indexmap::IndexMap<String, Form>> = Named::decode(at, cx)?;
        let kinds = |it: indexmap::IndexMap<String, Form>| it.into_keys().collect();
        Some(Self(roles.into_iter().map(|(role, it)| (role, kinds(it))).collect()))
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }
}

impl JsonSchema for WhenBound {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "WhenBound".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        generator.subschema_for::<Named<indexmap::IndexMap<String, Form>>>()
    }
}
