//! `Database`: a database of a [`Cluster`](super::cluster::Cluster).

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{GROUP, Reference, VERSION};
use crate::k8s::crd::resource;

/// A database of a cluster. It stays when the object is deleted, which is the operator's default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Database {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Which, and whose.
    pub spec: DatabaseSpec,
}

resource!(Database, GROUP, |_| VERSION);

/// Which database, and whose.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DatabaseSpec {
    /// The cluster.
    pub cluster: Reference,
    /// Its name in PostgreSQL; never `postgres`, `template0` or `template1`.
    pub name: String,
    /// The role that owns it.
    pub owner: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let object = Database {
            metadata: named("db-audit"),
            spec: DatabaseSpec { cluster: "db".into(), name: "audit".into(), owner: "shop".into() },
        };
        let expected = json!({
            "apiVersion": "postgresql.cnpg.io/v1",
            "kind": "Database",
            "metadata": {"name": "db-audit", "namespace": "apps"},
            "spec": {"cluster": {"name": "db"}, "name": "audit", "owner": "shop"},
        });
        assert_prints(&object, &expected);
    }
}
