//! What runs with CloudNativePG: custom resources, no pods of our own.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::{PORT, PostgresTier};
use crate::k8s::Object;
use crate::k8s::crd::cnpg::cluster::{self as cnpg, Role};
use crate::k8s::crd::cnpg::database::{Database, DatabaseSpec};
use crate::k8s::crd::cnpg::{BARMAN_CLOUD, CLUSTER, KeyReference, POD_ROLE, POOLER_NAME};
use crate::model::Cluster;
use crate::stateful::fields::SecretKey;
use crate::stateful::upgrade::Running;
use crate::stateful::{Plan, SecretForm, Target, TierContext, pieces};
use crate::workload::{Caller, placement, resources};

mod archive;
mod check;
mod fields;
mod pooling;
mod release;
#[cfg(test)]
mod tests;

pub(super) use check::check;
pub use fields::PostgresPooler;
pub(super) use release::PROCEDURES;
use release::version;

/// The port on which the operator asks each server how it is, with TLS and certificates of its own.
pub(super) const STATUS: u16 = 8000;
/// What servers, poolers and the operator call each other on ("Networking" of its documentation).
pub(super) static PORTS: [u16; 2] = [PORT, STATUS];
/// What the pooler's name has after the tier's.
pub(super) const POOLER: &str = "-pooler";
/// What the operator calls the port of a pooler's Service.
pub(super) const POOLER_PORT: &str = "pgbouncer";
/// What the operator calls ports with metrics, and where they are: with servers and with poolers.
const METRICS: &str = "metrics";
/// Seconds that a standby is behind: `lag` of the query `pg_replication` in the operator's `default-monitoring.yaml`.
pub(super) const LAG: &str = "cnpg_pg_replication_lag";
const SERVER_METRICS: u16 = 9187;
const POOLER_METRICS: u16 = 9127;
/// The setting that the operator takes as a list of its own.
const LIBRARIES: &str = "shared_preload_libraries";

/// The version that runs.
pub(super) fn running(fields: &super::PostgresFields) -> Running {
    Running::of(&version(fields))
}

/// The operator itself.
pub(super) fn caller(cluster: &Cluster) -> Caller {
    let pods = cluster.cnpg_labels.iter().map(|(key, it)| (key.to_string(), it.clone())).collect();
    Caller { pods, ..Caller::namespace(cluster.cnpg_namespace.as_str(), PORTS.to_vec()) }
}

/// What the operator puts on all pods of a cluster: servers, their Jobs, and poolers.
pub(super) fn labels(name: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(CLUSTER.to_owned(), name.to_owned())])
}

/// What the owner's secret must look like.
pub(super) fn secret_form(tier: &PostgresTier) -> SecretForm {
    SecretForm {
        secret: tier.fields.password.secret.clone(),
        keys: &["username", "password"],
        note: "CloudNativePG reads the owner's name and password from these keys",
        at: vec!["password"],
    }
}

/// Each Service and each ServiceAccount that the operator makes.
pub(super) fn objects(tier: &PostgresTier, name: &str) -> Vec<(&'static str, String)> {
    let mut found = vec![("ServiceAccount", name.to_owned()), ("Service", name.to_owned())];
    found.push(("Service", format!("{name}-rw")));
    if tier.replicated() {
        found.push(("Service", format!("{name}-ro")));
    }
    if tier.fields.pooler.is_some() {
        found.extend(["ServiceAccount", "Service"].map(|kind| (kind, format!("{name}{POOLER}"))));
    }
    found
}

/// What shows metrics ("Monitoring" of its documentation): servers, and poolers.
pub(super) fn targets(tier: &PostgresTier, name: &str) -> Vec<Target> {
    let labels = |labels: LabelSelector| labels.match_labels;
    let servers = selector([(CLUSTER, name), (POD_ROLE, "instance")]);
    let mut found = vec![Target { pods: labels(servers), ..Target::pods((METRICS, SERVER_METRICS)) }];
    if tier.fields.pooler.is_some() {
        let pooler = format!("{name}{POOLER}");
        let poolers = selector([(POOLER_NAME, &pooler)]);
        let all = Target::pods((METRICS, POOLER_METRICS));
        found.push(Target { suffix: POOLER, pods: labels(poolers), ..all });
    }
    found
}

/// What runs.
pub(super) fn plan(tier: &PostgresTier, cx: &TierContext<'_>) -> Plan {
    let mut objects: Vec<Object> = init(tier, cx).into_iter().map(Object::from).collect();
    objects.push(cluster(tier, cx).into());
    objects.extend(tier.fields.databases.iter().map(|it| database(tier, cx, it).into()));
    if let Some(pooler) = &tier.fields.pooler {
        objects.push(pooling::pooler(pooler, cx).into());
        objects.extend(pooling::budget(pooler, cx).map(Object::from));
    }
    if let Some(backup) = &tier.fields.backup {
        objects.extend(archive::store(backup, cx).map(Object::from));
        objects.push(archive::schedule(backup, cx).into());
    }
    Plan { objects, ..Plan::default() }
}

fn named(name: impl Into<String>) -> ObjectMeta {
    ObjectMeta { name: Some(name.into()), ..ObjectMeta::default() }
}

fn key(key: &SecretKey) -> KeyReference {
    KeyReference { key: key.key.to_string(), name: key.secret.to_string() }
}

fn cluster(tier: &PostgresTier, cx: &TierContext<'_>) -> cnpg::Cluster {
    let fields = &tier.fields;
    let mut parameters = tier.settings().all();
    let libraries = parameters.remove(LIBRARIES).unwrap_or_default();
    let libraries = libraries.split(',').map(str::trim).filter(|it| !it.is_empty());
    let refs: Vec<KeyReference> = tier
        .scripts()
        .into_iter()
        .map(|(key, _)| KeyReference { key: key.to_string(), name: init_name(cx) })
        .collect();
    let stored = fields.backup.as_ref().filter(|it| it.store().is_some());
    let archive = stored.map(|_| cnpg::Plugin {
        is_wal_archiver: true,
        name: BARMAN_CLOUD.to_owned(),
        parameters: [("barmanObjectName".to_owned(), archive::name(cx))].into(),
    });
    let selector = selector([(CLUSTER, cx.name), (POD_ROLE, "instance")]);
    let affinity = cx.pods.affinity.as_ref();
    cnpg::Cluster {
        metadata: named(cx.name),
        spec: cnpg::ClusterSpec {
            affinity: affinity.and_then(placed),
            backup: fields.backup.as_ref().and_then(archive::snapshots),
            bootstrap: Some(cnpg::Bootstrap {
                initdb: cnpg::InitDb {
                    database: fields.database.clone(),
                    owner: fields.owner.clone(),
                    post_init_application_sql_refs: (!refs.is_empty())
                        .then_some(cnpg::SqlRefs { config_map_refs: refs }),
                    secret: fields.password.secret.as_str().into(),
                },
            }),
            enable_pdb: tier.replicated(),
            ephemeral_volumes_size_limit: Some(cnpg::EphemeralVolumes {
                shm: format!("{}Mi", (tier.memory() / 4).max(64)),
            }),
            image_name: version(fields).image(fields.image.as_ref()),
            inherited_metadata: inherited(cx),
            instances: fields.replicas,
            managed: Some(cnpg::Managed { services: services(tier, cx) }),
            plugins: archive.into_iter().collect(),
            postgresql: cnpg::Postgresql {
                parameters,
                shared_preload_libraries: libraries.map(str::to_owned).collect(),
            },
            priority_class_name: affinity.and_then(|it| it.priority_class.as_ref()).map(ToString::to_string),
            resources: tier.common.resources.as_deref().map(resources),
            // The operator's own proportion: 180 of 1800 seconds.
            smart_shutdown_timeout: fields.grace.map(|it| it / 10),
            stop_delay: fields.grace,
            storage: cnpg::Storage {
                size: tier.storage.size.to_string(),
                storage_class: tier.storage.class.as_ref().map(ToString::to_string),
            },
            topology_spread_constraints: affinity
                .and_then(|it| placement::spread(it, &selector, None))
                .unwrap_or_default(),
        },
    }
}

/// What everything that the operator makes has from the stack. Its own label, that policies select by, is there already.
fn inherited(cx: &TierContext<'_>) -> Option<cnpg::Inherited> {
    let mut labels = cx.pods.labels.clone();
    labels.remove(CLUSTER);
    let inherited = cnpg::Inherited { annotations: cx.pods.annotations.clone(), labels };
    (inherited != cnpg::Inherited::default()).then_some(inherited)
}

/// A Service of the tier's own name, made by the operator: then its certificate has the name, too.
fn services(tier: &PostgresTier, cx: &TierContext<'_>) -> cnpg::Services {
    cnpg::Services {
        additional: vec![cnpg::ManagedService {
            selector_type: Role::Primary,
            service_template: cnpg::ServiceTemplate { metadata: cx.name.into() },
        }],
        disabled_default_services: if tier.replicated() {
            vec![Role::Any]
        } else {
            vec![Role::Standby, Role::Any]
        },
    }
}

fn placed(affinity: &crate::model::Affinity) -> Option<cnpg::Affinity> {
    let placed = cnpg::Affinity {
        node_affinity: placement::nodes(affinity),
        pod_anti_affinity_type: affinity.separate.map(|_| cnpg::AntiAffinity::Required),
        tolerations: placement::tolerations(affinity).unwrap_or_default(),
        topology_key: affinity.separate.map(|it| it.label().to_owned()),
    };
    (placed != cnpg::Affinity::default()).then_some(placed)
}

fn selector<const N: usize>(labels: [(&str, &str); N]) -> LabelSelector {
    let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned()));
    LabelSelector { match_labels: Some(labels.into()), ..LabelSelector::default() }
}

fn init_name(cx: &TierContext<'_>) -> String {
    format!("{}-init", cx.name)
}

/// The stack's SQL. It is read once, at the first start; so its name has no suffix that follows the content, which would
/// change the cluster for nothing.
fn init(tier: &PostgresTier, cx: &TierContext<'_>) -> Option<ConfigMap> {
    let files: BTreeMap<String, String> = tier
        .scripts()
        .into_iter()
        // A file that cannot be read is reported where it is read, and then nothing is lowered.
        .map(|(key, path)| (key.to_string(), cx.files.get(path.as_str()).cloned().unwrap_or_default()))
        .collect();
    (!files.is_empty()).then(|| ConfigMap {
        metadata: named(init_name(cx)),
        data: Some(files),
        ..ConfigMap::default()
    })
}

fn database(tier: &PostgresTier, cx: &TierContext<'_>, name: &str) -> Database {
    Database {
        metadata: named(format!("{}-{}", cx.name, pieces::object_name(name))),
        spec: DatabaseSpec {
            cluster: cx.name.into(),
            name: name.to_owned(),
            owner: tier.fields.owner.clone(),
        },
    }
}
