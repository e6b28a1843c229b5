//! `kustomization.yaml`, and how Kustomize treats what it lists (measured with `kubectl kustomize`, 5.5.0;
//! `tests/kustomize.rs` keeps the facts true).
//!
//! # The order of the output
//!
//! * Without `sortOptions`, `kubectl kustomize` and `kustomize build` sort as [`SortOrder::Legacy`] does.
//! * [`SortOrder::Legacy`]: by kind, first `Namespace`, `ResourceQuota`, `StorageClass`,
//!   `CustomResourceDefinition`, `ServiceAccount`, `PodSecurityPolicy`, `Role`, `ClusterRole`, `RoleBinding`,
//!   `ClusterRoleBinding`, `ConfigMap`, `Secret`, `Endpoints`, `Service`, `LimitRange`, `PriorityClass`,
//!   `PersistentVolume`, `PersistentVolumeClaim`, `Deployment`, `StatefulSet`, `CronJob`, `PodDisruptionBudget`, then
//!   all others, last `MutatingWebhookConfiguration` and `ValidatingWebhookConfiguration`. The others go by the text
//!   `group_version_kind`, the core group as `~G` and so behind the rest. Within a kind they go by the text
//!   `namespace|name`, no namespace as `~X`: namespace `a` comes behind `a-b` and `aa`. The name is the final one,
//!   with its suffix.
//! * [`SortOrder::Fifo`]: as listed in `resources`, depth first; a kustomization's generated `ConfigMap`s come behind
//!   its own resources, in the order of the generators.
//! * Only the kustomization that is built says the order; `sortOptions` of those that it lists are ignored.
//!
//! # Names with a suffix
//!
//! * A generated `ConfigMap` is called `name-suffix` ([`super::hash`]), and references follow. Workloads
//!   (`Deployment`, `StatefulSet`, `DaemonSet`, `Job`, `CronJob`): `env` and `envFrom` of containers and
//!   init containers, volumes, and projected volumes. Not in custom resources, annotations or text.
//! * References follow only within one namespace, and the text must be equal: a generator with `namespace: a` reaches
//!   workloads with `metadata.namespace: a`, none without a namespace, and a generator without one reaches none in `a`.
//! * References follow wherever both come together: in a sibling folder, in either order, in a folder above or
//!   below. Built alone, a folder whose workload refers to another folder's `ConfigMap` keeps the bare name, which no
//!   cluster has. So a generator belongs into the folder of its workloads.
//! * `resourceNames` of a `Role` or `ClusterRole` that equal the bare name follow too, even where the rule is about
//!   other resources, such as a Secret of the same name.
//! * The same name in two namespaces is fine; the same name and namespace twice, generated or not, is an error.
//! * The annotation `kustomize.config.k8s.io/needs-hash` on a listed `ConfigMap` does nothing.

use std::collections::BTreeMap;
use std::fmt;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

/// What is built from a folder (`kustomize.config.k8s.io/v1beta1`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kustomization {
    /// `ConfigMap`s to make from files.
    pub config_map_generator: Vec<ConfigMapGenerator>,
    /// Files that say where objects name others, for kinds that Kustomize does not know; relative to the folder.
    pub configurations: Vec<String>,
    /// Added to every generator's own; a `true` here cannot be taken back there.
    pub generator_options: Option<GeneratorOptions>,
    /// Sets the namespace of everything built; none leaves the objects' own.
    pub namespace: Option<String>,
    /// Files and folders, relative to the folder.
    pub resources: Vec<String>,
    /// In what order to print; none is [`SortOrder::Legacy`].
    pub sort_options: Option<SortOptions>,
}

impl Serialize for Kustomization {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let length = 2
            + usize::from(!self.config_map_generator.is_empty())
            + usize::from(!self.configurations.is_empty())
            + usize::from(self.generator_options.is_some())
            + usize::from(self.namespace.is_some())
            + usize::from(!self.resources.is_empty())
            + usize::from(self.sort_options.is_some());
        let mut state = serializer.serialize_struct("Kustomization", length)?;
        state.serialize_field("apiVersion", "kustomize.config.k8s.io/v1beta1")?;
        state.serialize_field("kind", "Kustomization")?;
        if !self.config_map_generator.is_empty() {
            state.serialize_field("configMapGenerator", &self.config_map_generator)?;
        }
        if !self.configurations.is_empty() {
            state.serialize_field("configurations", &self.configurations)?;
        }
        if let Some(options) = &self.generator_options {
            state.serialize_field("generatorOptions", options)?;
        }
        if let Some(namespace) = &self.namespace {
            state.serialize_field("namespace", namespace)?;
        }
        if !self.resources.is_empty() {
            state.serialize_field("resources", &self.resources)?;
        }
        if let Some(options) = &self.sort_options {
            state.serialize_field("sortOptions", options)?;
        }
        state.end()
    }
}

/// One `ConfigMap` to make.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ConfigMapGenerator {
    /// Files, one a key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileSource>,
    /// Values written here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub literals: Vec<Literal>,
    /// Name without the suffix.
    pub name: String,
    /// Namespace; must be that of the workloads that refer to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its own options.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<GeneratorOptions>,
}

/// A key and the file with its value, written `key=path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSource {
    /// Key in the `ConfigMap`.
    pub key: String,
    /// Path in or below the folder of the kustomization (Kustomize reads no other). It refuses a `=` in it.
    pub path: String,
}

impl fmt::Display for FileSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key, self.path)
    }
}

impl Serialize for FileSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A key and its value, written `key=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// Key in the `ConfigMap`.
    pub key: String,
    /// Value; may be anything that a file may be.
    pub value: String,
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = &self.value;
        if is_quoted(value, '"') || is_quoted(value, '\'') {
            // Kustomize takes one pair of quotes off.
            return write!(f, "{}=\"{value}\"", self.key);
        }
        write!(f, "{}={value}", self.key)
    }
}

impl Serialize for Literal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn is_quoted(value: &str, quote: char) -> bool {
    value.strip_prefix(quote).is_some_and(|rest| rest.ends_with(quote))
}

/// How a `ConfigMap` is made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GeneratorOptions {
    /// Annotations to add.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Keeps the name as it is, so a change of the data restarts nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disable_name_suffix_hash: bool,
    /// The cluster refuses to change it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub immutable: bool,
    /// Labels to add.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// In what order to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SortOptions {
    /// The order.
    pub order: SortOrder,
}

/// An order of the output; see the [module](self).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SortOrder {
    /// As listed.
    Fifo,
    /// By kind.
    Legacy,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn prints_everything_in_order() {
        let kustomization = Kustomization {
            config_map_generator: vec![ConfigMapGenerator {
                files: vec![FileSource { key: "init.sql".into(), path: "files/init.sql".into() }],
                literals: vec![Literal { key: "a".into(), value: "b=c".into() }],
                name: "postgres".into(),
                namespace: Some("data".into()),
                options: Some(GeneratorOptions {
                    annotations: [("x".into(), "z".into())].into(),
                    disable_name_suffix_hash: true,
                    immutable: true,
                    labels: [("app".into(), "postgres".into())].into(),
                }),
            }],
            configurations: vec!["references.yaml".into()],
            generator_options: Some(GeneratorOptions {
                labels: [("stack".into(), "shop".into())].into(),
                ..GeneratorOptions::default()
            }),
            namespace: Some("data".into()),
            resources: vec!["statefulset.yaml".into()],
            sort_options: Some(SortOptions { order: SortOrder::Fifo }),
        };
        let expected = json!({
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "configMapGenerator": [{
                "files": ["init.sql=files/init.sql"],
                "literals": ["a=b=c"],
                "name": "postgres",
                "namespace": "data",
                "options": {
                    "annotations": {"x": "z"},
                    "disableNameSuffixHash": true,
                    "immutable": true,
                    "labels": {"app": "postgres"},
                },
            }],
            "configurations": ["references.yaml"],
            "generatorOptions": {"labels": {"stack": "shop"}},
            "namespace": "data",
            "resources": ["statefulset.yaml"],
            "sortOptions": {"order": "fifo"},
        });
        assert_eq!(serde_json::to_string(&kustomization).unwrap(), expected.to_string());
    }

    #[test]
    fn prints_nothing_that_is_empty() {
        let printed = serde_json::to_string(&Kustomization::default()).unwrap();
        assert_eq!(printed, r#"{"apiVersion":"kustomize.config.k8s.io/v1beta1","kind":"Kustomization"}"#);
    }

    #[test]
    fn a_quoted_literal_gets_a_pair_to_lose() {
        let print = |value: &str| Literal { key: "k".into(), value: value.into() }.to_string();
        assert_eq!(print(r#""x""#), r#"k=""x"""#);
        assert_eq!(print("'x'"), r#"k="'x'""#);
        assert_eq!(print(r#""x"#), r#"k="x"#);
        assert_eq!(print("\""), "k=\"");
        assert_eq!(print(""), "k=");
    }
}
