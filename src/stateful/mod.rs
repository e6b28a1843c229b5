//! Stateful tiers: one file an engine, with everything that stackgen knows of it.
//!
//! This is an extension point. An engine says how its part of the stack reads ([`Engine::decode`]), where its clients
//! and peers meet it ([`Tier::endpoints`]), which secrets it needs ([`Tier::credentials`]), what cannot work
//! ([`Tier::check`]), and what runs ([`Tier::lower`]). Names, labels, Services, budgets and policies are not its
//! business.

use std::borrow::Cow;
use std::sync::Arc;

use schemars::JsonSchema;
use serde_json::Value;

use crate::diag::{At, Diagnostic, Route, Sink, nearest};
use crate::k8s::Object;
use crate::model::decode::{Cx, Decode, Place};
use crate::model::{self, AbsolutePath, Adopt, Cluster, Common, Container, FileKey, Name, PodFields};
use crate::workload::{Budget, ConfigFiles, Endpoints, Part};

pub mod backup;
pub mod cassandra;
pub mod clickhouse;
pub mod codes;
pub mod custom;
pub mod development;
pub mod etcd;
pub mod fields;
pub mod kafka;
pub mod minio;
pub mod mongodb;
pub mod nats;
pub mod pieces;
pub mod postgres;
pub mod procedure;
pub mod rabbitmq;
pub mod redpanda;
pub mod release;
pub mod seaweedfs;
pub mod setting;
pub mod upgrade;
pub mod valkey;
pub mod vault;

mod backend;
mod gauge;
mod monitor;
mod nested;
mod template;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod upgrade_tests;

pub use development::{Development, Node};
pub use fields::Stored;
pub use gauge::{Asked, Declared, Gauge};
pub use monitor::{Monitor, Reading, Target};
pub use release::{Line, NetworkStorage, Table};
pub use template::{render, shell};

/// Declares an engine by its kind, the type of its tiers and the table of its image.
macro_rules! engine {
    ($(#[doc = $doc:literal])* $name:ident, $kind:literal, $tier:ty, $table:expr) => {
        $(#[doc = $doc])*
        #[derive(Debug)]
        pub struct $name;

        impl $crate::stateful::Engine for $name {
            fn kind(&self) -> &'static str {
                $kind
            }

            fn keys(&self) -> &'static [&'static str] {
                <$tier>::keys()
            }

            fn table(&self) -> Option<&'static $crate::stateful::Table> {
                $table
            }

            fn decode(
                &self,
                at: $crate::model::decode::Place<'_>,
                cx: &$crate::model::decode::Cx<'_>,
            ) -> Option<std::sync::Arc<dyn $crate::stateful::Tier>> {
                let tier = <$tier as $crate::model::decode::Decode>::decode(at, cx)?;
                Some(std::sync::Arc::new(tier))
            }

            fn schema(&self, generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                generator.subschema_for::<$tier>()
            }
        }
    };
}

use engine;

/// All engines, sorted by kind.
static ENGINES: &[&dyn Engine] = &[
    &cassandra::Cassandra,
    &clickhouse::Clickhouse,
    &custom::Custom,
    &etcd::Etcd,
    &kafka::Kafka,
    &minio::Minio,
    &mongodb::Mongodb,
    &nats::Nats,
    &vault::Openbao,
    &postgres::Postgres,
    &rabbitmq::RabbitMq,
    &valkey::Redis,
    &redpanda::Redpanda,
    &seaweedfs::Seaweedfs,
    &valkey::Valkey,
    &vault::Vault,
];

/// How one kind of tier reads.
pub trait Engine: std::fmt::Debug + Sync {
    /// The word after `kind:`.
    fn kind(&self) -> &'static str;

    /// The keys of the mapping, `kind` among them.
    fn keys(&self) -> &'static [&'static str];

    /// What is known of the official image; none where any image may be meant.
    fn table(&self) -> Option<&'static Table>;

    /// The tier, or `None` after a report.
    fn decode(&self, at: Place<'_>, cx: &Cx<'_>) -> Option<Arc<dyn Tier>>;

    /// The schema of the mapping.
    fn schema(&self, generator: &mut schemars::SchemaGenerator) -> schemars::Schema;
}

/// A tier as the stack describes it.
pub trait Tier: std::fmt::Debug + Send + Sync {
    /// What every component has.
    fn common(&self) -> &Common;

    /// How many pods hold its state.
    fn replicas(&self) -> u32;

    /// Where clients, peers and operators meet it; `name` is the component's.
    fn endpoints(&self, name: &str, cluster: &Cluster) -> Endpoints;

    /// Where it keeps data; its own storage first.
    fn storages(&self) -> Vec<Stored>;

    /// How its data is backed up, where the stack says it.
    fn backup(&self) -> Option<&backup::Backup> {
        None
    }

    /// The secrets it needs.
    fn credentials(&self) -> Vec<Credential>;

    /// A container that the stack itself describes, whose references are resolved like those of a service, and what its
    /// pod has beside it.
    fn pod(&self) -> Option<(&Container, &PodFields)> {
        None
    }

    /// Where the container of [`Self::pod`] has the storage of its pod, the volume [`pieces::DATA`].
    fn mount_path(&self) -> Option<&AbsolutePath> {
        None
    }

    /// The stack's files it reads.
    fn files(&self) -> Vec<(Route, String)> {
        Vec::new()
    }

    /// What cannot work, whatever the rest of the stack says. `at` is the tier's place.
    fn check(&self, at: &Route, cluster: &Cluster, sink: &mut Sink);

    /// Secrets whose keys somebody other than the stack has fixed.
    fn secret_forms(&self) -> Vec<SecretForm> {
        Vec::new()
    }

    /// The names under which clients and its own pods call it by TLS, beside that of its Service where its URL is one of
    /// `https`; `name` is the component's.
    fn served_names(&self, name: &str, namespace: &str, cluster: &Cluster) -> Vec<ServedName> {
        let _ = (name, namespace, cluster);
        Vec::new()
    }

    /// The certificate of the stack whose key it can only read as PKCS#8.
    fn reads_pkcs8(&self) -> Option<&Name> {
        None
    }

    /// Whether its pods call the Kubernetes API.
    fn calls_api(&self) -> bool {
        false
    }

    /// Ports with TLS of their own, on which pods are called that no mesh knows by their Service: a proxy lets them be.
    fn own_tls_ports(&self) -> &'static [u16] {
        &[]
    }

    /// Each Service, ServiceAccount and Secret that an operator makes for it and that has a name of the stack in its own, by
    /// kind and name. Takes the component's name.
    fn operator_objects(&self, _name: &str) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// The labels by which its pods are known, where an operator makes them and takes none of ours; `name` is the
    /// component's.
    fn operator_labels(&self, name: &str) -> Option<std::collections::BTreeMap<String, String>> {
        let _ = name;
        None
    }

    /// Where and how KEDA asks it for what a trigger counts; none where the trigger is for another kind.
    fn gauge(&self, asked: &Asked<'_>) -> Option<Gauge> {
        let _ = asked;
        None
    }

    /// Who collects its metrics, where it says so itself.
    fn monitor(&self) -> Option<&Monitor> {
        None
    }

    /// Its pods that show metrics; `name` is the component's.
    fn targets(&self, name: &str) -> Vec<Target> {
        let _ = name;
        Vec::new()
    }

    /// What those metrics say that no other tells.
    fn readings(&self) -> &'static [Reading] {
        &[]
    }

    /// What of it outlives its pods, and a later description must fit; its claims are those of [`Self::storages`].
    fn standing(&self) -> upgrade::Standing {
        upgrade::Standing::default()
    }

    /// What a person does with its data by hand.
    fn procedures(&self) -> &'static procedure::Procedures {
        &procedure::Procedures::NONE
    }

    /// One node of it for development; none where what [`Self::lower`] gives with one replica is that.
    fn development(&self, cx: &Development<'_>) -> Option<Node> {
        let _ = cx;
        None
    }

    /// What runs. Cannot fail: what could fail is checked before.
    fn lower(&self, cx: &TierContext<'_>) -> Plan;
}

/// A key of a secret that a tier needs.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The secret.
    pub secret: Name,
    /// The key.
    pub key: FileKey,
    /// Where the tier names it, below the tier's own place.
    pub at: Vec<Cow<'static, str>>,
}

/// A secret whose keys somebody other than the stack has fixed.
#[derive(Clone, Debug)]
pub struct SecretForm {
    /// The secret.
    pub secret: Name,
    /// The keys that it must have.
    pub keys: &'static [&'static str],
    /// Who reads them, and what they mean.
    pub note: &'static str,
    /// Where the tier names it, below the tier's own place.
    pub at: Vec<&'static str>,
}

/// A name that a tier's certificate must be for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedName {
    /// The name.
    pub host: String,
    /// What a certificate has for it, where one entry is best for several names.
    pub entry: String,
}

/// What the stack wants of every pod of a component, for tiers whose pods an operator makes; and what waits for pods.
#[derive(Clone, Debug, Default)]
pub struct PodTraits {
    /// Labels, those of the selector among them.
    pub labels: std::collections::BTreeMap<String, String>,
    /// Annotations, those of the mesh among them.
    pub annotations: std::collections::BTreeMap<String, String>,
    /// Where they may run.
    pub affinity: Option<model::Affinity>,
    /// Whether a proxy of the mesh starts only beside the main containers, so that init containers are off the network.
    pub late_proxy: bool,
    /// Whether the stack makes network policies.
    pub policies: bool,
}

/// What a tier may know while it is lowered.
#[derive(Debug)]
pub struct TierContext<'a> {
    /// What its objects are called: the component's name, unless it goes on with objects of another.
    pub name: &'a str,
    /// What it goes on with that is in the cluster already.
    pub adopted: Option<&'a Adopt>,
    /// The namespace's name in the cluster.
    pub namespace: &'a str,
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The ServiceAccount of its pods.
    pub service_account: &'a str,
    /// The labels that select its pods: an operator is told to put them on those that it makes, because Services and
    /// policies go by them.
    pub selector: &'a std::collections::BTreeMap<String, String>,
    /// What the stack wants of its pods.
    pub pods: &'a PodTraits,
    /// The containers that the stack describes, bound; for tiers with [`Tier::pod`].
    pub bound: Option<Bound>,
    /// The texts of the stack's files that the tier reads, by path.
    pub files: &'a std::collections::BTreeMap<String, String>,
}

impl TierContext<'_> {
    /// The Service of its clients.
    #[must_use]
    pub fn service(&self) -> &str {
        self.adopted.and_then(|it| it.service.as_ref()).map_or(self.name, Name::as_str)
    }

    /// The full DNS name of the Service of its clients.
    #[must_use]
    pub fn service_host(&self) -> String {
        format!("{}.{}.svc.{}", self.service(), self.namespace, self.cluster.domain)
    }

    /// The headless Service of the StatefulSet that has its name.
    #[must_use]
    pub fn headless(&self) -> String {
        pieces::headless_of(self.name, self.adopted)
    }

    /// The headless Service of a StatefulSet of the tier.
    #[must_use]
    pub fn headless_of(&self, set: &str) -> String {
        if set == self.name { self.headless() } else { pieces::headless(set) }
    }

    /// The full DNS name of a pod of a StatefulSet of the tier.
    #[must_use]
    pub fn pod_host_of(&self, set: &str, ordinal: u32) -> String {
        format!("{set}-{ordinal}.{}.{}.svc.{}", self.headless_of(set), self.namespace, self.cluster.domain)
    }

    /// The domain of the pods of that StatefulSet: what follows a pod's name.
    #[must_use]
    pub fn pods_domain(&self) -> String {
        format!("{}.{}.svc.{}", self.headless(), self.namespace, self.cluster.domain)
    }

    /// The full DNS name of one of these pods.
    #[must_use]
    pub fn pod_host(&self, ordinal: u32) -> String {
        format!("{}-{ordinal}.{}", self.name, self.pods_domain())
    }
}

/// The containers of a pod bound to the stack: every reference resolved.
#[derive(Clone, Debug, Default)]
pub struct Bound {
    /// The main container.
    pub container: k8s_openapi::api::core::v1::Container,
    /// Containers that run, or start, before the others.
    pub init: Vec<k8s_openapi::api::core::v1::Container>,
    /// Containers that start beside the main one.
    pub sidecars: Vec<k8s_openapi::api::core::v1::Container>,
    /// The pod's volumes for them.
    pub volumes: Vec<k8s_openapi::api::core::v1::Volume>,
    /// Claims of each pod.
    pub claims: Vec<crate::workload::ClaimTemplate>,
    /// Files in ConfigMaps of the component's own.
    pub files: Vec<ConfigFiles>,
    /// Annotations that deliver secrets.
    pub annotations: std::collections::BTreeMap<String, String>,
    /// Security for the whole pod.
    pub security: k8s_openapi::api::core::v1::PodSecurityContext,
}

/// What a tier needs in the cluster.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What runs; the first is the part that clients talk to, whose budget the stack may replace.
    pub parts: Vec<Part>,
    /// Text files.
    pub files: Vec<ConfigFiles>,
    /// Further objects: what an operator makes pods of, Services of those pods, roles. They have a name and no other
    /// metadata but annotations.
    pub objects: Vec<Object>,
    /// How many pods a drain may take of those that an operator makes, where it makes no budget itself.
    pub budget: Budget,
}

/// A tier of any kind.
#[derive(Clone, Debug)]
pub struct AnyTier(pub Arc<dyn Tier>, pub &'static dyn Engine);

impl Decode for AnyTier {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let kinds = || ENGINES.iter().map(|it| it.kind());
        let Some(map) = at.node.as_map() else {
            cx.wrong_type(at.node, "a mapping with `kind`");
            return None;
        };
        let Some(kind) = map.get("kind") else {
            let near = map.iter().find(|(key, it)| {
                let word = it.value.as_scalar().map(|it| &*it.text);
                nearest("kind", [&***key]).is_some() && kinds().any(|it| Some(it) == word)
            });
            let missing = |at| Diagnostic::at_span(&model::codes::MISSING_FIELD, at, "`kind` is missing");
            cx.push(match near {
                Some((_, it)) => missing(it.key).fix("write `kind`", At::Span(it.key), "kind"),
                None => {
                    missing(at.key).help(format!("add `kind`, one of {}", crate::diag::and_list(kinds())))
                }
            });
            return None;
        };
        let word = cx.text(&kind.value, "the kind of a tier")?;
        let Some(engine) = ENGINES.iter().find(|it| it.kind() == &*word.text) else {
            let known: Vec<&str> = kinds().collect();
            cx.push(model::codes::unknown_word(&word.text, kind.value.span, &known));
            return None;
        };
        let left = backend::without(*engine, at.node, cx);
        let node = left.as_ref().unwrap_or(at.node);
        engine.decode(Place { node, ..at }, cx).map(|it| Self(it, *engine))
    }
}

impl JsonSchema for AnyTier {
    fn schema_name() -> Cow<'static, str> {
        "Tier".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let kinds: Vec<&str> = ENGINES.iter().map(|it| it.kind()).collect();
        let any = schemas(generator);
        let mut alternatives: Vec<Value> = ENGINES
            .iter()
            .map(|it| {
                let schema = it.schema(generator);
                serde_json::json!({
                    "if": { "properties": { "kind": { "const": it.kind() } }, "required": ["kind"] },
                    "then": schema,
                })
            })
            .collect();
        // An override need not repeat the kind that the stack gives.
        alternatives
            .push(serde_json::json!({ "if": { "not": { "required": ["kind"] } }, "then": { "anyOf": any } }));
        schemars::json_schema!({
            "type": "object",
            "description": "A stateful tier; `kind` decides which fields it has.",
            "properties": { "kind": { "enum": kinds } },
            "allOf": alternatives,
        })
    }
}

/// The schemas of all kinds.
pub(crate) fn schemas(generator: &mut schemars::SchemaGenerator) -> Vec<Value> {
    ENGINES.iter().map(|it| it.schema(generator).to_value()).collect()
}

/// The keys of all kinds.
pub(crate) fn all_keys() -> impl Iterator<Item = &'static str> {
    ENGINES.iter().flat_map(|it| it.keys().iter().copied())
}

/// The kinds with the tables of their images, sorted by kind.
pub fn tables() -> impl Iterator<Item = (&'static str, Option<&'static Table>)> {
    ENGINES.iter().map(|it| (it.kind(), it.table()))
}
