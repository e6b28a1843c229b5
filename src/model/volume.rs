//! Writable places of a container.

use schemars::JsonSchema;

use super::decode::{Cx, Decode, Fields, Place, chosen};
use super::macros::model;
use super::{Name, Quantity};

model! {
    /// A writable place: one of `emptyDir` and `claim`.
    pub struct VolumeFields {
        /// Scratch space of this size, gone with the pod.
        "emptyDir" empty_dir: Option<Quantity>,
        /// Whether the scratch space is in memory.
        "memory" memory: bool = false,
        /// A PersistentVolumeClaim of this size for each pod.
        "claim" claim: Option<Quantity>,
        /// The StorageClass of the claim; the cluster's default unless given.
        "storageClass" storage_class: Option<Name>,
    }
}

/// A claim on persistent storage.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Its size.
    pub size: Quantity,
    /// Its StorageClass.
    pub storage_class: Option<Name>,
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
    /// Persistent storage.
    Claim(Claim),
}

impl Decode for Volume {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let fields = Fields::open(at, VolumeFields::KEYS, cx)?;
        let read = VolumeFields::decode_fields(&fields, cx)?;
        Some(match chosen(at, &["emptyDir", "claim"], cx)? {
            "emptyDir" => Self::EmptyDir { limit: read.empty_dir?, memory: read.memory },
            _ => Self::Claim(Claim { size: read.claim?, storage_class: read.storage_class }),
        })
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
