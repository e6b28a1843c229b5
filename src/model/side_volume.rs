//! Writable places of a container beside the main one.

use schemars::JsonSchema;

use super::decode::{Cx, Decode, Fields, Place};
use super::macros::model;
use super::{AbsolutePath, Quantity};

model! {
    /// A writable place: one of `emptyDir` and `from`.
    pub struct SideVolumeFields {
        /// Scratch space of this size, gone with the pod.
        "emptyDir" empty_dir: Option<Quantity>,
        /// Whether the scratch space is in memory.
        "memory" memory: bool = false,
        /// A path of the main container: what it has there under `volumes`, or as its storage.
        "from" from: Option<AbsolutePath>,
        /// Whether it is only read here.
        "readOnly" read_only: bool = false,
    }
}

/// A writable place of a container beside the main one.
#[derive(Clone, Debug)]
pub enum SideVolume {
    /// Scratch space.
    EmptyDir {
        /// Its size at most.
        limit: Quantity,
        /// Whether it is in memory.
        memory: bool,
    },
    /// A volume of the main container.
    From {
        /// The path at which the main container has it.
        path: AbsolutePath,
        /// Whether it is only read here.
        read_only: bool,
    },
}

impl Decode for SideVolume {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let (fields, chosen) = Fields::open_choice(at, SideVolumeFields::KEYS, &["emptyDir", "from"], cx)?;
        let read = SideVolumeFields::decode_fields(&fields, cx)?;
        Some(match chosen? {
            "emptyDir" => Self::EmptyDir { limit: read.empty_dir?, memory: read.memory },
            _ => Self::From { path: read.from?, read_only: read.read_only },
        })
    }
}

impl JsonSchema for SideVolume {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SideVolume".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        SideVolumeFields::json_schema(generator)
    }
}
