//! Writable places of a container.

use schemars::JsonSchema;

use super::decode::{Cx, Decode, Fields, Place};
use super::macros::model;
use super::{Name, Quantity, StaticVolume, codes};
use crate::diag::{At, Diagnostic};

model! {
    /// A writable place: one of `emptyDir`, `claim` and `shared`.
    pub struct VolumeFields {
        /// Scratch space of this size, gone with the pod.
        "emptyDir" empty_dir: Option<Quantity>,
        /// Whether the scratch space is in memory.
        "memory" memory: bool = false,
        /// A PersistentVolumeClaim of this size for each pod.
        "claim" claim: Option<Quantity>,
        /// The StorageClass of the claim; the cluster's default unless given.
        "storageClass" storage_class: Option<Name>,
        /// The volume of the claim, where it exists already.
        "volume" volume: Option<StaticVolume>,
        /// A claim under `claims`, which all pods and other components share.
        "shared" shared: Option<Name>,
        /// Whether the container only reads what is shared.
        "readOnly" read_only: bool = false,
    }
}

/// The alternatives, each with the keys that belong to it.
const ALTERNATIVES: [(&str, &[&str]); 3] =
    [("emptyDir", &["memory"]), ("claim", &["storageClass", "volume"]), ("shared", &["readOnly"])];

/// A claim on persistent storage.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Its size.
    pub size: Quantity,
    /// Its StorageClass.
    pub storage_class: Option<Name>,
    /// Its volume, where it exists already.
    pub volume: Option<StaticVolume>,
}

/// A claim of the stack in a container.
#[derive(Clone, Debug)]
pub struct SharedMount {
    /// The claim, by its name under `claims`.
    pub claim: Name,
    /// Whether the container only reads.
    pub read_only: bool,
}

/// A writable place.
#[derive(Clone, Debug)]
pub enum Volume {
    /// Scratch space.
    EmptyDir {
        /// Its size at most.
        limit: Quantity,
        /// Whether it is in memory.
        memory: bool,
    },
    /// Persistent storage of each pod.
    Claim(Box<Claim>),
    /// Persistent storage that several share.
    Shared(SharedMount),
}

impl Decode for Volume {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let (fields, chosen) =
            Fields::open_choice(at, VolumeFields::KEYS, &ALTERNATIVES.map(|(it, _)| it), cx)?;
        let read = VolumeFields::decode_fields(&fields, cx)?;
        let chosen = chosen?;
        strangers(at, chosen, cx);
        Some(match chosen {
            "emptyDir" => Self::EmptyDir { limit: read.empty_dir?, memory: read.memory },
            "claim" => Self::Claim(Box::new(Claim {
                size: read.claim?,
                storage_class: read.storage_class,
                volume: read.volume,
            })),
            _ => Self::Shared(SharedMount { claim: read.shared?, read_only: read.read_only }),
        })
    }
}

/// Reports keys that belong to another alternative than the chosen one.
fn strangers(at: Place<'_>, chosen: &str, cx: &Cx<'_>) {
    let Some(map) = at.node.as_map() else { return };
    for (alternative, keys) in ALTERNATIVES.iter().filter(|(it, _)| *it != chosen) {
        for (key, entry) in keys.iter().filter_map(|key| Some((key, map.get(*key)?))) {
            let message = format!("`{key}` says nothing of `{chosen}`");
            let place = map.get(chosen).map_or(at.key, |it| it.key);
            cx.push(
                Diagnostic::at_span(&codes::NOT_ONE_OF, entry.key, message)
                    .also(At::Span(place), "this was chosen")
                    .help(format!("remove `{key}`; it belongs to `{alternative}`")),
            );
        }
    }
}

impl JsonSchema for Volume {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Volume".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        VolumeFields::json_schema(generator)
    }
}
