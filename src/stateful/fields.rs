//! Fields that several engines have.

use super::Credential;
pub use crate::model::SecretKey;
use crate::model::macros::model;
use crate::model::{Name, Quantity, StaticVolume};

model! {
    /// The storage of each pod.
    pub struct Storage {
        /// Storage of each pod.
        "storage" size: Quantity,
        /// The `StorageClass`; the cluster's default unless given.
        "storageClass" class: Option<Name>,
        /// The volume of each pod, where it exists already.
        "volume" volume: Option<StaticVolume>,
    }
}

/// A place where a tier keeps data.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The keys below the tier under which `storageClass` and `volume` stand: none for the tier's own.
    pub below: &'static [&'static str],
    /// The storage.
    pub storage: Storage,
}

impl Stored {
    /// The storage of a tier with one.
    #[must_use]
    pub fn own(storage: &Storage) -> Vec<Self> {
        vec![Self { below: &[], storage: storage.clone() }]
    }
}

impl SecretKey {
    /// The need for it, named by the tier's field `at`.
    #[must_use]
    pub fn credential(&self, at: &'static str) -> Credential {
        Credential { secret: self.secret.clone(), key: self.key.clone(), at: vec![at.into()] }
    }
}
