//! Namespaces.

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::decode::{Cx, Decode, Place};
use super::macros::{model, words};
use super::{LabelKey, MutualTls, Name};

words! {
    /// A level of the Pod Security Standards.
    pub enum PodSecurityLevel {
        /// No limits.
        "privileged" Privileged,
        /// No known privilege escalation.
        "baseline" Baseline,
        /// Hardened.
        "restricted" Restricted,
    }
}

model! {
    /// What PodSecurity admission does in a namespace.
    pub struct PodSecurityLevels {
        /// Pods below this level are refused.
        "enforce" enforce: PodSecurityLevel = PodSecurityLevel::Restricted,
        /// Pods below this level make `kubectl` warn; `enforce` unless given.
        "warn" warn: Option<PodSecurityLevel>,
        /// Pods below this level are written to the audit log; `enforce` unless given.
        "audit" audit: Option<PodSecurityLevel>,
        /// The version of the standard: `latest` or one such as `v1.36`.
        "version" version: String = "latest".to_owned(),
    }

    /// How a namespace takes part in the mesh.
    pub struct NamespaceMesh {
        /// Whether callers must use mutual TLS; as the mesh says unless given.
        "mtls" mtls: Option<MutualTls>,
    }

    /// A namespace, by its name in the stack.
    pub struct Namespace {
        /// Its name in the cluster, where another than in the stack.
        "name" name: Option<Name>,
        /// What PodSecurity admission does: one level, or one for each action.
        "podSecurity" pod_security: PodSecurity = PodSecurity::level(PodSecurityLevel::Restricted),
        /// Whether its pods join the mesh.
        "mesh" mesh: Membership = Membership::Outside,
        /// Further labels.
        "labels" labels: IndexMap<LabelKey, String>,
        /// Annotations.
        "annotations" annotations: IndexMap<LabelKey, String>,
        /// Whether the namespace exists already and is not rendered.
        "existing" existing: bool = false,
    }
}

/// What PodSecurity admission does in a namespace.
#[derive(Clone, Debug)]
pub struct PodSecurity {
    /// Pods below this level are refused.
    pub enforce: PodSecurityLevel,
    /// Pods below this level make `kubectl` warn.
    pub warn: PodSecurityLevel,
    /// Pods below this level are written to the audit log.
    pub audit: PodSecurityLevel,
    /// The version of the standard.
    pub version: String,
}

impl PodSecurity {
    /// One level for all three actions.
    #[must_use]
    pub fn level(level: PodSecurityLevel) -> Self {
        Self { enforce: level, warn: level, audit: level, version: "latest".to_owned() }
    }
}

impl Decode for PodSecurity {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        if at.node.as_scalar().is_some() {
            return PodSecurityLevel::decode(at, cx).map(Self::level);
        }
        let levels = PodSecurityLevels::decode(at, cx)?;
        Some(Self {
            enforce: levels.enforce,
            warn: levels.warn.unwrap_or(levels.enforce),
            audit: levels.audit.unwrap_or(levels.enforce),
            version: levels.version,
        })
    }
}

impl JsonSchema for PodSecurity {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PodSecurity".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let (level, levels) =
            (generator.subschema_for::<PodSecurityLevel>(), generator.subschema_for::<PodSecurityLevels>());
        schemars::json_schema!({ "anyOf": [level, levels] })
    }
}

/// Whether a namespace's pods join the mesh.
#[derive(Clone, Debug)]
pub enum Membership {
    /// They do not.
    Outside,
    /// They do.
    Member(NamespaceMesh),
}

impl Decode for Membership {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        if at.node.as_map().is_some() {
            return NamespaceMesh::decode(at, cx).map(Self::Member);
        }
        let member = bool::decode(at, cx)?;
        Some(if member { Self::Member(NamespaceMesh { mtls: None }) } else { Self::Outside })
    }
}

impl JsonSchema for Membership {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Membership".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let (flag, detail) = (generator.subschema_for::<bool>(), generator.subschema_for::<NamespaceMesh>());
        schemars::json_schema!({ "anyOf": [flag, detail] })
    }
}
