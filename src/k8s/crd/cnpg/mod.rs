//! The kinds of CloudNativePG (`postgresql.cnpg.io/v1`), and the object store of its Barman Cloud plugin
//! (`barmancloud.cnpg.io/v1`). Fields: <https://cloudnative-pg.io/docs/current/cloudnative-pg.v1/>,
//! <https://cloudnative-pg.io/plugin-barman-cloud/docs/plugin-barman-cloud.v1/>.

pub mod cluster;
pub mod database;
pub mod object_store;
pub mod pooler;
pub mod scheduled_backup;

use serde::Serialize;

/// The API group.
pub const GROUP: &str = "postgresql.cnpg.io";
const VERSION: &str = "v1";

/// The name under which the Barman Cloud plugin is known to the operator.
pub const BARMAN_CLOUD: &str = "barman-cloud.cloudnative-pg.io";

/// The label that says to which `Cluster` a pod belongs (cloudnative-pg.io/docs/current/labels_annotations).
pub const CLUSTER: &str = "cnpg.io/cluster";
/// The label that tells servers, poolers and the pods of Jobs apart.
pub const POD_ROLE: &str = "cnpg.io/podRole";
/// The label that says to which `Pooler` a pod belongs.
pub const POOLER_NAME: &str = "cnpg.io/poolerName";

/// An object of the same namespace, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reference {
    /// Its name.
    pub name: String,
}

impl From<&str> for Reference {
    fn from(name: &str) -> Self {
        Self { name: name.to_owned() }
    }
}

/// A key of an object of the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct KeyReference {
    /// The key.
    pub key: String,
    /// The object's name.
    pub name: String,
}
