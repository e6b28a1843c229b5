//! Namespaces.

use std::fmt;

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::codes;
use super::decode::{Cx, Decode, Place};
use super::macros::{model, words};
use super::quota::{LimitRange, Quota};
use super::{LabelKey, MutualTls, Name, schema};
use crate::diag::Diagnostic;

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
        /// The version of the standard, such as `v1.36`; `latest`, that of the cluster, unless given.
        "version" version: PodSecurityVersion = PodSecurityVersion::Latest,
        /// Why the namespace is `privileged`.
        "reason" reason: Option<String>,
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
        /// What all its pods and objects together may use: a `ResourceQuota`, `requests.cpu: 8`.
        "quota" quota: Quota,
        /// What one container, pod or claim may ask for: a `LimitRange`.
        "limitRange" limit_range: Option<LimitRange>,
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
    pub version: PodSecurityVersion,
    /// Why the level is as low as it is.
    pub reason: Option<String>,
}

impl PodSecurity {
    /// One level for all three actions.
    #[must_use]
    pub fn level(level: PodSecurityLevel) -> Self {
        Self { enforce: level, warn: level, audit: level, version: PodSecurityVersion::Latest, reason: None }
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
            reason: levels.reason,
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

/// A version of the Pod Security Standards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodSecurityVersion {
    /// That of the cluster.
    Latest,
    /// That of Kubernetes 1 with this minor version.
    Minor(u16),
}

impl PodSecurityVersion {
    const LATEST: &str = "latest";

    /// As the API server reads labels: `latest`, or `v1.` and a number without a zero before it.
    fn parse(text: &str) -> Option<Self> {
        if text == Self::LATEST {
            return Some(Self::Latest);
        }
        let minor = Self::Minor(text.strip_prefix("v1.")?.parse().ok()?);
        (minor.to_string() == text).then_some(minor)
    }
}

impl fmt::Display for PodSecurityVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest => f.write_str(Self::LATEST),
            Self::Minor(minor) => write!(f, "v1.{minor}"),
        }
    }
}

impl Decode for PodSecurityVersion {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let scalar = cx.text(at.node, "a version")?;
        let found = Self::parse(&scalar.text);
        if found.is_none() {
            let message = format!("`{}` is no version of the Pod Security Standards", scalar.text);
            let help = "write `latest`, or one such as `v1.36`";
            cx.push(Diagnostic::at_span(&codes::BAD_VALUE, at.node.span, message).help(help));
        }
        found
    }
}

impl JsonSchema for PodSecurityVersion {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PodSecurityVersion".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schema::pattern("", r"^(latest|v1\.(0|[1-9][0-9]*))$")
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
