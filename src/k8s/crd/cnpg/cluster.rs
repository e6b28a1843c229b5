//! `Cluster`: a PostgreSQL primary with its standbys.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{NodeAffinity, ResourceRequirements, Toleration, TopologySpreadConstraint};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{GROUP, KeyReference, Reference, VERSION};
use crate::k8s::crd::{is_false, resource};

/// A PostgreSQL primary with its standbys. The operator makes pods, claims, Services, certificates, budgets and a
/// ServiceAccount of the cluster's name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cluster {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// What runs.
    pub spec: ClusterSpec,
}

resource!(Cluster, GROUP, |_| VERSION);

/// How backups are made that no plugin makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterBackup {
    /// Snapshots of the volumes.
    pub volume_snapshot: VolumeSnapshots,
}

/// Snapshots of the volumes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeSnapshots {
    /// The `VolumeSnapshotClass`; the driver's default where none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_name: Option<String>,
    /// Whether the server runs on meanwhile: then WAL is needed, too.
    pub online: bool,
    /// With what a snapshot goes.
    pub snapshot_owner_reference: SnapshotOwner,
}

/// With what a snapshot goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SnapshotOwner {
    /// Its `Backup` object.
    Backup,
}

/// What runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterSpec {
    /// Where the pods may run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affinity: Option<Affinity>,
    /// How backups are made that no plugin makes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup: Option<ClusterBackup>,
    /// How the data begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bootstrap: Option<Bootstrap>,
    /// Whether the operator makes disruption budgets. That of a single server lets no drain pass.
    #[serde(rename = "enablePDB")]
    pub enable_pdb: bool,
    /// Sizes of the volumes in memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ephemeral_volumes_size_limit: Option<EphemeralVolumes>,
    /// The image. Its tag begins with PostgreSQL's version.
    pub image_name: String,
    /// Labels and annotations of everything that the operator makes; they win over its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inherited_metadata: Option<Inherited>,
    /// How many servers.
    pub instances: u32,
    /// What else the operator makes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed: Option<Managed>,
    /// Plugins that take part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plugins: Vec<Plugin>,
    /// The server's configuration.
    pub postgresql: Postgresql,
    /// The PriorityClass of the pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority_class_name: Option<String>,
    /// What each server asks for and may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<ResourceRequirements>,
    /// Seconds in which clients may leave by themselves before the server ends their sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smart_shutdown_timeout: Option<u32>,
    /// Seconds from the request to stop until the kill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_delay: Option<u32>,
    /// The volume of each server.
    pub storage: Storage,
    /// How the pods spread.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topology_spread_constraints: Vec<TopologySpreadConstraint>,
}

/// Where the pods may run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Affinity {
    /// Nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_affinity: Option<NodeAffinity>,
    /// How firmly two servers stand apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_anti_affinity_type: Option<AntiAffinity>,
    /// Taints.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tolerations: Vec<Toleration>,
    /// The domain in which they stand apart; the node unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topology_key: Option<String>,
}

/// How firmly two servers stand apart; if it can be, unless given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AntiAffinity {
    /// Always.
    Required,
}

/// How the data begins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Bootstrap {
    /// Empty.
    pub initdb: InitDb,
}

/// A new, empty database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InitDb {
    /// Its name.
    pub database: String,
    /// The role that owns it: no superuser.
    pub owner: String,
    /// SQL that the superuser runs in it once, in order.
    #[serde(rename = "postInitApplicationSQLRefs", skip_serializing_if = "Option::is_none")]
    pub post_init_application_sql_refs: Option<SqlRefs>,
    /// The owner's `username` and `password`.
    pub secret: Reference,
}

/// Where SQL stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SqlRefs {
    /// In keys of ConfigMaps.
    pub config_map_refs: Vec<KeyReference>,
}

/// Sizes of the volumes in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EphemeralVolumes {
    /// `/dev/shm`.
    pub shm: String,
}

/// Labels and annotations of everything that the operator makes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Inherited {
    /// Annotations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// What else the operator makes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Managed {
    /// Services.
    pub services: Services,
}

/// Services beside those that the operator always makes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Services {
    /// Further ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub additional: Vec<ManagedService>,
    /// Which of its own it leaves out; `rw` it never does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disabled_default_services: Vec<Role>,
}

/// A further Service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagedService {
    /// Of which servers.
    pub selector_type: Role,
    /// The Service. Port 5432, named `postgres`, unless it says otherwise.
    pub service_template: ServiceTemplate,
}

/// A Service as the operator makes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ServiceTemplate {
    /// Its name.
    pub metadata: Reference,
}

/// Servers by what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Role {
    /// The primary.
    #[serde(rename = "rw")]
    Primary,
    /// The standbys.
    #[serde(rename = "ro")]
    Standby,
    /// Any.
    #[serde(rename = "r")]
    Any,
}

/// A plugin that takes part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plugin {
    /// Whether it archives the WAL; one plugin at most.
    #[serde(rename = "isWALArchiver", skip_serializing_if = "is_false")]
    pub is_wal_archiver: bool,
    /// Its name.
    pub name: String,
    /// Its parameters.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
}

/// The server's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Postgresql {
    /// Settings by name, all as text.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// Libraries that are loaded at the start, beside those that the operator adds for the settings of extensions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shared_preload_libraries: Vec<String>,
}

/// The volume of each server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Storage {
    /// Its size; the operator grows volumes, never shrinks them.
    pub size: String,
    /// Its StorageClass; the cluster's default where none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints_the_least() {
        let object = Cluster {
            metadata: named("db"),
            spec: ClusterSpec {
                image_name: "i:17".into(),
                instances: 1,
                storage: Storage { size: "1Gi".into(), storage_class: None },
                ..ClusterSpec::default()
            },
        };
        let expected = json!({
            "apiVersion": "postgresql.cnpg.io/v1",
            "kind": "Cluster",
            "metadata": {"name": "db", "namespace": "apps"},
            "spec": {
                "enablePDB": false,
                "imageName": "i:17",
                "instances": 1,
                "postgresql": {},
                "storage": {"size": "1Gi"},
            },
        });
        assert_prints(&object, &expected);
    }

    #[test]
    fn prints_snapshots() {
        let volume_snapshot = VolumeSnapshots {
            class_name: Some("fast".into()),
            online: false,
            snapshot_owner_reference: SnapshotOwner::Backup,
        };
        let expected = json!({
            "volumeSnapshot": {"className": "fast", "online": false, "snapshotOwnerReference": "backup"},
        });
        assert_eq!(serde_json::to_value(ClusterBackup { volume_snapshot }).unwrap(), expected);
    }

    #[test]
    fn prints_everything() {
        let map = |key: &str, value: &str| [(key.to_owned(), value.to_owned())].into();
        let object = Cluster {
            metadata: named("db"),
            spec: ClusterSpec {
                affinity: Some(Affinity {
                    node_affinity: Some(NodeAffinity::default()),
                    pod_anti_affinity_type: Some(AntiAffinity::Required),
                    tolerations: vec![Toleration { key: Some("t".into()), ..Toleration::default() }],
                    topology_key: Some("zone".into()),
                }),
                backup: None,
                bootstrap: Some(Bootstrap {
                    initdb: InitDb {
                        database: "shop".into(),
                        owner: "app".into(),
                        post_init_application_sql_refs: Some(SqlRefs {
                            config_map_refs: vec![KeyReference {
                                key: "a.sql".into(),
                                name: "db-init".into(),
                            }],
                        }),
                        secret: "db".into(),
                    },
                }),
                enable_pdb: true,
                ephemeral_volumes_size_limit: Some(EphemeralVolumes { shm: "64Mi".into() }),
                image_name: "i:17".into(),
                inherited_metadata: Some(Inherited { annotations: map("a", "b"), labels: map("c", "d") }),
                instances: 3,
                managed: Some(Managed {
                    services: Services {
                        additional: vec![ManagedService {
                            selector_type: Role::Primary,
                            service_template: ServiceTemplate { metadata: "db".into() },
                        }],
                        disabled_default_services: vec![Role::Standby, Role::Any],
                    },
                }),
                plugins: vec![Plugin { is_wal_archiver: true, name: "p".into(), parameters: map("e", "f") }],
                postgresql: Postgresql {
                    parameters: map("work_mem", "8MB"),
                    shared_preload_libraries: vec!["l".into()],
                },
                priority_class_name: Some("high".into()),
                resources: Some(ResourceRequirements::default()),
                smart_shutdown_timeout: Some(12),
                stop_delay: Some(120),
                storage: Storage { size: "1Gi".into(), storage_class: Some("fast".into()) },
                topology_spread_constraints: vec![TopologySpreadConstraint {
                    max_skew: 1,
                    topology_key: "zone".into(),
                    when_unsatisfiable: "ScheduleAnyway".into(),
                    ..TopologySpreadConstraint::default()
                }],
            },
        };
        let expected = json!({
            "apiVersion": "postgresql.cnpg.io/v1",
            "kind": "Cluster",
            "metadata": {"name": "db", "namespace": "apps"},
            "spec": {
                "affinity": {
                    "nodeAffinity": {},
                    "podAntiAffinityType": "required",
                    "tolerations": [{"key": "t"}],
                    "topologyKey": "zone",
                },
                "bootstrap": {"initdb": {
                    "database": "shop",
                    "owner": "app",
                    "postInitApplicationSQLRefs": {"configMapRefs": [{"key": "a.sql", "name": "db-init"}]},
                    "secret": {"name": "db"},
                }},
                "enablePDB": true,
                "ephemeralVolumesSizeLimit": {"shm": "64Mi"},
                "imageName": "i:17",
                "inheritedMetadata": {"annotations": {"a": "b"}, "labels": {"c": "d"}},
                "instances": 3,
                "managed": {"services": {
                    "additional": [{"selectorType": "rw", "serviceTemplate": {"metadata": {"name": "db"}}}],
                    "disabledDefaultServices": ["ro", "r"],
                }},
                "plugins": [{"isWALArchiver": true, "name": "p", "parameters": {"e": "f"}}],
                "postgresql": {"parameters": {"work_mem": "8MB"}, "shared_preload_libraries": ["l"]},
                "priorityClassName": "high",
                "resources": {},
                "smartShutdownTimeout": 12,
                "stopDelay": 120,
                "storage": {"size": "1Gi", "storageClass": "fast"},
                "topologySpreadConstraints": [
                    {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
                ],
            },
        });
        assert_prints(&object, &expected);
    }
}
