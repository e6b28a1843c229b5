//! The whole stack as a person writes it.

use indexmap::IndexMap;
use schemars::JsonSchema;

use crate::diag::Diagnostic;
use crate::model::decode::{Cx, Decode, Fields, OneOrMany, Place};
use crate::model::macros::model;
use crate::model::{
    Accept, Acknowledged, Affinity, Certificate, Client, Cluster, Compose, Config, Destination, Environment,
    External, Gateway, Gitops, Identity, Instance, Job, Mesh, Name, Named, Namespace, Network, ObjectName,
    Observability, ParameterEntry, Patch, RelativePath, Secret, Service, SharedClaim, StorageClass, Store,
    schema,
};
use crate::stateful::AnyTier;

model! {
    /// A stack: everything that runs together, and its environments.
    pub struct Stack {
        /// The version of the language: 1.
        "stackgen" stackgen: LanguageVersion,
        /// The stack's name.
        "stack" stack: Name,
        /// For a person.
        "description" description: Option<String>,
        /// Whether what it keeps must not be lost: then a tier without a backup is a finding. For an environment to say.
        "production" production: bool = false,
        /// Further files of the stack, by pattern; their entries stand beside those written here.
        "include" include: OneOrMany<RelativePath>,
        /// A dotenv file: the single source of versions, `${versions.NAME}`.
        "versions" versions: Option<RelativePath>,
        /// Typed inputs, `${parameters.NAME}`.
        "parameters" parameters: IndexMap<ParameterName, ParameterEntry>,
        /// Which one of many it is, in an environment that is rendered once for each.
        "instance" instance: Option<Instance>,
        /// What the output may rely on.
        "cluster" cluster: Cluster = Cluster::standard(),
        /// Namespaces.
        "namespaces" namespaces: Named<Namespace>,
        /// Placement intents.
        "affinity" affinity: Named<Affinity>,
        /// The service mesh.
        "mesh" mesh: Option<Mesh>,
        /// Network policies.
        "network" network: Network = Network { policies: crate::model::Policies::FromUses, fqdn: None },
        /// Where secrets live.
        "stores" stores: Named<Store>,
        /// Service accounts that others bring, such as those of operators, and what they may do here.
        "identities" identities: Named<Identity>,
        /// Secrets, never their values.
        "secrets" secrets: Named<Secret>,
        /// Certificates that cert-manager keeps.
        "certificates" certificates: Named<Certificate>,
        /// Where traffic enters the cluster.
        "gateways" gateways: Named<Gateway>,
        /// Configuration that several components share.
        "configs" configs: Named<Config>,
        /// How the cluster makes volumes.
        "storageClasses" storage_classes: Named<StorageClass>,
        /// Storage that several components share.
        "claims" claims: Named<SharedClaim>,
        /// What components have in common: each merges over those it names.
        "profiles" profiles: Named<AnyProfile>,
        /// What a team builds and runs without state of its own.
        "services" services: Named<Service>,
        /// What keeps state.
        "stateful" stateful: Named<AnyTier>,
        /// What runs to its end: before others, after them, or on a schedule.
        "jobs" jobs: Named<Job>,
        /// Things outside the cluster.
        "externals" externals: Named<External>,
        /// Callers outside the stack.
        "clients" clients: Named<Client>,
        /// Who collects metrics and telemetry, and what calls somebody.
        "observability" observability: Option<Observability>,
        /// What applies the tree from a git repository.
        "gitops" gitops: Option<Gitops>,
        /// The Compose project, where an environment has `target: compose`.
        "compose" compose: Compose = Compose::standard(),
        /// The way out: changes of the objects that the rest becomes.
        "patches" patches: Named<Patch>,
        /// Files with objects that are taken as they are, by pattern; several to a file.
        "manifests" manifests: OneOrMany<RelativePath>,
        /// Files with definitions of custom resources, by pattern: objects of their kinds are checked with them.
        "crds" crds: OneOrMany<RelativePath>,
        /// Findings that one lives with.
        "accept" accept: Vec<Accept>,
        /// Changes that somebody has decided, by the object: `StatefulSet/db`.
        "acknowledge" acknowledge: IndexMap<ObjectName, Acknowledged>,
        /// The stack's environments.
        "environments" environments: Named<EnvironmentEntry>,
    }
}

/// The sections that an environment or overlay may change.
const SECTIONS: [&str; 31] = [
    "parameters",
    "instance",
    "cluster",
    "namespaces",
    "affinity",
    "mesh",
    "network",
    "stores",
    "identities",
    "secrets",
    "certificates",
    "gateways",
    "configs",
    "storageClasses",
    "claims",
    "profiles",
    "services",
    "stateful",
    "jobs",
    "externals",
    "clients",
    "observability",
    "gitops",
    "compose",
    "patches",
    "manifests",
    "crds",
    "accept",
    "acknowledge",
    "production",
    "description",
];

/// The version of the language: there is one, the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LanguageVersion;

impl Decode for LanguageVersion {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let version = u32::decode(at, cx)?;
        if version == 1 {
            return Some(Self);
        }
        cx.push(
            Diagnostic::at_span(
                &crate::model::codes::UNKNOWN_WORD,
                at.node.span,
                format!("this program does not know version {version} of the language"),
            )
            .help("write `stackgen: 1`, or use a newer stackgen"),
        );
        None
    }
}

impl JsonSchema for LanguageVersion {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "LanguageVersion".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "const": 1 })
    }
}

/// A parameter's name: letters, digits, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ParameterName(String);

impl crate::model::decode::Key for ParameterName {
    fn key(text: &str) -> Result<Self, String> {
        let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if text.is_empty() || !text.chars().all(inner) {
            return Err(format!("`{text}` is no parameter's name: letters, digits, `_` and `-`"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl JsonSchema for ParameterName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ParameterName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9_-]+$" })
    }
}

/// A profile: fields of components. It is decoded where it is used, merged under a component.
#[derive(Clone, Debug)]
pub struct AnyProfile;

impl Decode for AnyProfile {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        Fields::open(at, &profile_keys(), cx).map(|_| Self)
    }
}

impl JsonSchema for AnyProfile {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Profile".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut alternatives = vec![
            generator.subschema_for::<Service>().to_value(),
            generator.subschema_for::<Job>().to_value(),
        ];
        alternatives.extend(crate::stateful::schemas(generator));
        schemars::json_schema!({ "description": "What components have in common.", "anyOf": alternatives })
    }
}

fn profile_keys() -> Vec<&'static str> {
    let mut keys = Service::keys().to_vec();
    keys.extend(Job::keys());
    keys.extend(crate::stateful::all_keys());
    keys.sort_unstable();
    keys.dedup();
    keys.retain(|it| !matches!(*it, "profile" | "kind"));
    keys
}

/// An environment. Its sections are merged over the stack before anything is decoded, so only its own keys are
/// read here.
#[derive(Clone, Debug)]
pub struct EnvironmentEntry(pub Environment);

impl Decode for EnvironmentEntry {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let known = [Environment::KEYS, SECTIONS.as_slice()].concat();
        let fields = Fields::open(at, &known, cx)?;
        Environment::decode_fields(&fields, cx).map(Self)
    }
}

impl JsonSchema for EnvironmentEntry {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Environment".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut fields = Environment::field_schemas(generator);
        let own: Vec<&str> = fields.iter().map(|(key, ..)| *key).collect();
        let sections = Stack::section_schemas(generator);
        fields.extend(sections.into_iter().filter(|(key, ..)| SECTIONS.contains(key) && !own.contains(key)));
        schema::object("An environment: what it changes of the stack.", fields)
    }
}

impl Stack {
    /// Whether it runs for as long as a pull request is open: what it keeps goes with it.
    #[must_use]
    pub fn is_preview(&self) -> bool {
        matches!(&self.gitops, Some(Gitops::ArgoCd(it)) if matches!(it.destination, Destination::PullRequests(_)))
    }

    /// The schemas of the sections that an environment may change.
    fn section_schemas(
        generator: &mut schemars::SchemaGenerator,
    ) -> Vec<(&'static str, schemars::Schema, bool)> {
        // Written out, because asking for all fields would ask for environments again.
        macro_rules! sections {
            ($($key:literal $type:ty),* $(,)?) => {
                vec![$(($key, generator.subschema_for::<$type>(), false)),*]
            };
        }
        sections![
            "parameters" IndexMap<ParameterName, ParameterEntry>,
            "instance" Option<Instance>,
            "cluster" Cluster,
            "namespaces" Named<Namespace>,
            "affinity" Named<Affinity>,
            "mesh" Option<Mesh>,
            "network" Network,
            "stores" Named<Store>,
            "identities" Named<Identity>,
            "secrets" Named<Secret>,
            "certificates" Named<Certificate>,
            "gateways" Named<Gateway>,
            "configs" Named<Config>,
            "storageClasses" Named<StorageClass>,
            "claims" Named<SharedClaim>,
            "profiles" Named<AnyProfile>,
            "services" Named<Service>,
            "stateful" Named<AnyTier>,
            "jobs" Named<Job>,
            "externals" Named<External>,
            "clients" Named<Client>,
            "observability" Option<Observability>,
            "gitops" Option<Gitops>,
            "compose" Compose,
            "patches" Named<Patch>,
            "manifests" OneOrMany<RelativePath>,
            "crds" OneOrMany<RelativePath>,
            "accept" Vec<Accept>,
            "acknowledge" IndexMap<ObjectName, Acknowledged>,
            "production" bool,
        ]
    }

    /// The JSON Schema of a stack file.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        schema::document::<Self>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_of_an_environment_has_every_section_that_it_may_change() {
        let schemas = Stack::section_schemas(&mut schemars::SchemaGenerator::default());
        let known: Vec<&str> = schemas.iter().map(|it| it.0).chain(["description"]).collect();
        assert_eq!(known, SECTIONS);
    }
}
