//! Changes that somebody has decided.

use schemars::JsonSchema;

use super::decode::Key;
use super::macros::{model, words};

words! {
    /// What a change may do at most.
    pub enum AcknowledgedImpact {
        /// For a while, or for good, nobody serves.
        "downtime" Downtime,
        /// The object is deleted and made anew.
        "recreate" Recreate,
        /// Data may be lost or left behind.
        "data" Data,
    }
}

model! {
    /// A change of an object that somebody has decided, and why: `diff` shows it so, and `--fail-on` does not stop at it.
    pub struct Acknowledged {
        /// What it may do at most: a worse change still counts.
        "impact" impact: AcknowledgedImpact,
        /// Why it is right, or who sees to it.
        "reason" reason: String,
        /// The change is that the object is gone.
        "removed" removed: bool = false,
    }
}

/// An object: `StatefulSet/db`, or with its namespace `StatefulSet/shop/db`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectName {
    /// Its kind.
    pub kind: String,
    /// Its namespace; any where none is given.
    pub namespace: Option<String>,
    /// Its name, without a suffix of its content.
    pub name: String,
}

impl ObjectName {
    /// Whether it is meant.
    #[must_use]
    pub fn fits(&self, kind: &str, namespace: Option<&str>, name: &str) -> bool {
        self.kind == kind
            && self.name == name
            && (self.namespace.is_none() || self.namespace.as_deref() == namespace)
    }
}

impl std::fmt::Display for ObjectName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{}/{namespace}/{}", self.kind, self.name),
            None => write!(f, "{}/{}", self.kind, self.name),
        }
    }
}

impl Key for ObjectName {
    fn key(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('/').collect();
        let (kind, namespace, name) = match parts[..] {
            [kind, name] => (kind, None, name),
            [kind, namespace, name] => (kind, Some(namespace), name),
            _ => ("", None, ""),
        };
        let is_kind = kind.starts_with(|c: char| c.is_ascii_uppercase())
            && kind.chars().all(|c| c.is_ascii_alphanumeric());
        if !is_kind || name.is_empty() || namespace == Some("") {
            return Err(format!("`{text}` is no object: write `StatefulSet/db` or `StatefulSet/shop/db`"));
        }
        Ok(Self { kind: kind.to_owned(), namespace: namespace.map(str::to_owned), name: name.to_owned() })
    }
}

impl JsonSchema for ObjectName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ObjectName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[A-Z][A-Za-z0-9]*(/[^/]+){1,2}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_named_by_kind() {
        let of = |text: &str| ObjectName::key(text).map(|it| it.to_string());
        for text in ["StatefulSet/db", "StatefulSet/shop/db", "ClusterRole/a:b"] {
            assert_eq!(of(text).as_deref(), Ok(text));
        }
        for text in ["db", "statefulset/db", "StatefulSet/", "StatefulSet//db", "A/b/c/d", ""] {
            assert!(of(text).is_err(), "{text}");
        }
        let db = ObjectName::key("StatefulSet/db").unwrap();
        assert!(db.fits("StatefulSet", Some("shop"), "db") && !db.fits("StatefulSet", None, "dbs"));
        assert!(!ObjectName::key("StatefulSet/x/db").unwrap().fits("StatefulSet", Some("shop"), "db"));
    }
}
