//! Fields that several engines have.

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
