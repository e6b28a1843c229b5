//! Changes of what the stack becomes.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::codes;
use super::decode::{Cx, Decode, Fields, Place};
use super::macros::{model, words};
use super::{LabelKey, Name};
use crate::diag::{At, Diagnostic};
use crate::syntax::reference::{Piece, has_reference, pieces};
use crate::syntax::{Kind, Node, scalar};

model! {
    /// Which objects: those that all of it fits.
    pub struct ObjectTarget {
        /// Their kind, such as `Deployment`.
        "kind" kind: Option<String>,
        /// Their name.
        "name" name: Option<String>,
        /// Their namespace, by its name in the stack.
        "namespace" namespace: Option<Name>,
        /// The service, tier or job that they are made for.
        "component" component: Option<Name>,
        /// Labels that they have.
        "labels" labels: IndexMap<LabelKey, String>,
    }

    /// A change of objects, after everything else: `target`, and one of `merge` and `json`.
    pub struct PatchFields {
        /// Which objects.
        "target" target: ObjectTarget,
        /// What goes over them as a strategic merge: mappings by key, lists of Kubernetes by their merge key, `null` removes.
        "merge" merge: Option<Free>,
        /// Steps of a JSON patch (RFC 6902), one after the other.
        "json" json: Vec<Operation>,
        /// How many objects there are; any number but none unless given.
        "matches" matches: Option<u32>,
    }

    /// A step of a JSON patch.
    pub struct Operation {
        /// What it does.
        "op" op: Op,
        /// Where, as a JSON pointer: `/spec/template/spec/containers/0/image`.
        "path" path: String,
        /// Where `move` and `copy` take from.
        "from" from: Option<String>,
        /// What `add`, `replace` and `test` take.
        "value" value: Option<Free>,
    }
}

words! {
    /// What a step of a JSON patch does.
    pub enum Op {
        /// Puts a value there.
        "add" Add,
        /// Takes away what is there.
        "remove" Remove,
        /// Puts a value in place of what is there.
        "replace" Replace,
        /// Takes what is elsewhere.
        "move" Move,
        /// The same, and leaves it where it is.
        "copy" Copy,
        /// Fails unless the value is there.
        "test" Test,
    }
}

/// A change of objects.
#[derive(Clone, Debug)]
pub struct Patch {
    /// Which objects.
    pub target: ObjectTarget,
    /// What it does to them.
    pub change: Change,
    /// How many there are; at least one where it does not say.
    pub matches: Option<u32>,
}

/// What a patch does.
#[derive(Clone, Debug)]
pub enum Change {
    /// Goes over them.
    Merge(Value),
    /// Step by step.
    Json(Vec<Operation>),
}

impl Decode for Patch {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let (fields, chosen) = Fields::open_choice(at, PatchFields::KEYS, &["merge", "json"], cx)?;
        let PatchFields { target, merge, json, matches } = PatchFields::decode_fields(&fields, cx)?;
        let change = match chosen? {
            "merge" => {
                let Free(merge) = merge?;
                if !merge.is_object() {
                    let node = at.node.get("merge").unwrap_or(at.node);
                    cx.wrong_type(node, "a mapping with the fields to change");
                    return None;
                }
                Change::Merge(merge)
            }
            _ => Change::Json(json),
        };
        let ObjectTarget { kind, name, namespace, component, labels } = &target;
        if [kind, name].iter().all(|it| it.is_none())
            && [namespace, component].iter().all(|it| it.is_none())
            && labels.is_empty()
        {
            let message = "a `target` that says nothing means every object";
            cx.push(
                Diagnostic::at_span(
                    &codes::MISSING_FIELD,
                    at.node.get("target").map_or(at.key, |it| it.span),
                    message,
                )
                .help("say which objects by `kind`, `name`, `namespace`, `component` or `labels`"),
            );
            return None;
        }
        Some(Self { target, change, matches })
    }
}

impl JsonSchema for Patch {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Patch".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        PatchFields::json_schema(generator)
    }
}

/// Any value, typed as YAML 1.2 types it. A null is a null: it removes nothing of the stack.
#[derive(Clone, Debug, PartialEq)]
pub struct Free(pub Value);

impl Decode for Free {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        free(at.node, cx).map(Self)
    }
}

/// A node as a value; none after a report, where a reference is left in it, or a number that is another one to Kubernetes' tools.
fn free(node: &Node, cx: &Cx<'_>) -> Option<Value> {
    Some(match &node.kind {
        Kind::Map(map) => {
            let mut found = Map::with_capacity(map.len());
            for (key, entry) in &**map {
                found.insert(key.to_string(), free(&entry.value, cx)?);
            }
            Value::Object(found)
        }
        Kind::Seq(items) => Value::Array(items.iter().map(|it| free(it, cx)).collect::<Option<_>>()?),
        Kind::Scalar(it) if has_reference(&it.text) => {
            let mut whole = String::new();
            for piece in pieces(&it.text).ok()? {
                match piece {
                    Piece::Text(part) => whole.push_str(&part),
                    Piece::Reference(..) => {
                        cx.text(node, "a value");
                        return None;
                    }
                }
            }
            Value::String(whole)
        }
        Kind::Scalar(it) => {
            let value = scalar::value(it);
            if let Some(octal) = scalar::octal_of_yaml_1_1(it).filter(|octal| value != *octal) {
                let message =
                    format!("`{}` is {value} here, and {octal} to the tools of Kubernetes", it.text);
                let at = At::Span(node.span);
                cx.push(
                    Diagnostic::new(&codes::BAD_VALUE, at.clone(), message)
                        .note("a leading zero makes a number octal in YAML 1.1, and nothing in YAML 1.2")
                        .fix(format!("write `{octal}` where it is a file mode"), at, octal.to_string()),
                );
                return None;
            }
            value
        }
    })
}

impl JsonSchema for Free {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Any".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "description": "Any value." })
    }
}
