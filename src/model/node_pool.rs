//! Nodes that a stack may rely on: what they have, what they keep away, and how many there are.

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::LabelKey;
use super::decode::{Cx, Decode, Place};
use super::macros::{model, words};
use super::pod::Amounts;

words! {
    /// What a taint does to pods that do not tolerate it.
    pub enum TaintEffect {
        /// They do not come.
        "NoSchedule" NoSchedule,
        /// They do not come, and go where they are there.
        "NoExecute" NoExecute,
        /// They come where there is no other place.
        "PreferNoSchedule" PreferNoSchedule,
    }
}

model! {
    /// Nodes that are alike, as whoever runs the cluster makes them.
    pub struct NodePool {
        /// Labels of the nodes. Those of Kubernetes' own (below `kubernetes.io` and `k8s.io`) count as unknown unless they are here.
        "labels" labels: IndexMap<LabelKey, String>,
        /// Taints of the nodes, by key, as `tolerations` has them: the value is the taint's value, or nothing for none;
        /// `{ value, effect }` where the effect is not `NoSchedule`.
        "taints" taints: IndexMap<LabelKey, Taint>,
        /// The zones that the nodes are in (`topology.kubernetes.io/zone`); unknown unless given.
        "zones" zones: Vec<String>,
        /// How many nodes there are; where an autoscaler makes them, the most. Unknown unless given.
        "nodes" nodes: Option<u32>,
        /// What pods may ask for on one node, after what the system takes, as the node's `status.allocatable` has it. What is not here
        /// is unknown; of a device that another pool has (`nvidia.com/gpu`), there is none.
        "allocatable" allocatable: Amounts,
    }

    /// A taint in full.
    pub struct TaintFields {
        /// The value; none unless given.
        "value" value: Option<String>,
        /// What it does.
        "effect" effect: TaintEffect = TaintEffect::NoSchedule,
    }
}

/// What keeps pods from a node that do not tolerate it.
#[derive(Clone, Debug)]
pub struct Taint {
    /// The value; may be empty.
    pub value: String,
    /// What it does.
    pub effect: TaintEffect,
}

impl Decode for Taint {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        if at.node.as_map().is_none() {
            let scalar = cx.text(at.node, "the taint's value, or a mapping with `value` and `effect`")?;
            return Some(Self { value: scalar.text.to_string(), effect: TaintEffect::NoSchedule });
        }
        let read = TaintFields::decode(at, cx)?;
        Some(Self { value: read.value.unwrap_or_default(), effect: read.effect })
    }
}

impl JsonSchema for Taint {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Taint".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let (value, fields) = (generator.subschema_for::<String>(), generator.subschema_for::<TaintFields>());
        schemars::json_schema!({ "anyOf": [value, fields] })
    }
}
