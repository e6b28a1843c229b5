//! Callers outside the stack, and address blocks.

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::decode::{Cx, Decode, OneOrMany, Place};
use super::macros::{choice, model};
use super::{LabelKey, Name};

model! {
    /// Pods outside the stack.
    pub struct ClientPods {
        /// Their namespace's name in the cluster.
        "namespace" namespace: Name,
        /// Their labels; every pod of the namespace unless given.
        "labels" labels: IndexMap<LabelKey, String>,
        /// Whether they are in the mesh.
        "mesh" mesh: bool = false,
        /// Their ServiceAccount, by which the mesh knows them; any of the namespace unless given.
        "serviceAccount" service_account: Option<Name>,
    }

    /// A network, and what of it is left out.
    pub struct Excepting {
        /// The network, such as `10.0.0.0/8`.
        "cidr" cidr: String,
        /// Networks in it that are left out.
        "except" except: OneOrMany<String>,
    }
}

choice! {
    /// Callers outside the stack: a scraper, an operator, an office. Components let them in with `usedBy`.
    pub enum Client {
        /// Pods.
        "pods" Pods(ClientPods),
        /// Addresses.
        "cidrs" Addresses(OneOrMany<AddressBlock>),
    }
}

impl Client {
    /// The pods, if it is those.
    #[must_use]
    pub fn pods(&self) -> Option<&ClientPods> {
        match self {
            Self::Pods(it) => Some(it),
            Self::Addresses(_) => None,
        }
    }
}

/// Addresses: a network, with exceptions or without.
#[derive(Clone, Debug)]
pub struct AddressBlock {
    /// The network.
    pub cidr: String,
    /// What of it is left out.
    pub except: Vec<String>,
}

impl Decode for AddressBlock {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        if at.node.as_map().is_none() {
            return String::decode(at, cx).map(|cidr| Self { cidr, except: Vec::new() });
        }
        Excepting::decode(at, cx).map(|it| Self { cidr: it.cidr, except: it.except.0 })
    }
}

impl JsonSchema for AddressBlock {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AddressBlock".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let (text, excepting) = (generator.subschema_for::<String>(), generator.subschema_for::<Excepting>());
        schemars::json_schema!({ "anyOf": [text, excepting] })
    }
}
