//! Fields that several engines have.

use super::Credential;
use crate::model::macros::model;
use crate::model::{FileKey, Name, Quantity};

model! {
    /// A key of a secret.
    pub struct SecretKey {
        /// The secret.
        "secret" secret: Name,
        /// The key.
        "key" key: FileKey,
    }

    /// The storage of each pod.
    pub struct Storage {
        /// Storage of each pod.
        "storage" size: Quantity,
        /// The `StorageClass`; the cluster's default unless given.
        "storageClass" class: Option<Name>,
    }
}

impl SecretKey {
    /// The need for it, named by the tier's field `at`.
    #[must_use]
    pub fn credential(&self, at: &'static str) -> Credential {
        Credential { secret: self.secret.clone(), key: self.key.clone(), at: vec![at] }
    }
}
