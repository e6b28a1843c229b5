use std::borrow::Cow;
use std::fmt;

/// What makes an object the same object in a cluster. The order is that of the fields.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// API group (`apps`); empty for the core group.
    pub group: Cow<'static, str>,
    /// API version without the group (`v1`).
    pub version: Cow<'static, str>,
    /// Kind (`Deployment`).
    pub kind: Cow<'static, str>,
    /// Namespace as written; none for cluster-wide kinds.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
}

/// `apps/v1/Deployment platform-services/iam`, `v1/Service ns/name`, `v1/Namespace name`.
impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.group.is_empty() {
            write!(f, "{}/", self.group)?;
        }
        write!(f, "{}/{} ", self.version, self.kind)?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(group: &'static str, kind: &'static str, namespace: Option<&str>, name: &str) -> ObjectId {
        ObjectId {
            group: group.into(),
            version: "v1".into(),
            kind: kind.into(),
            namespace: namespace.map(str::to_owned),
            name: name.into(),
        }
    }

    #[test]
    fn prints_group_version_kind_namespace_name() {
        let deployment = id("apps", "Deployment", Some("platform-services"), "iam");
        assert_eq!(deployment.to_string(), "apps/v1/Deployment platform-services/iam");
        assert_eq!(id("", "Service", Some("ns"), "name").to_string(), "v1/Service ns/name");
        assert_eq!(id("", "Namespace", None, "ns").to_string(), "v1/Namespace ns");
    }

    #[test]
    fn orders_by_kind_before_name() {
        let mut ids = [
            id("apps", "Deployment", Some("a"), "a"),
            id("", "Service", Some("a"), "z"),
            id("", "Service", Some("a"), "b"),
            id("", "ConfigMap", Some("b"), "z"),
        ];
        ids.sort();
        let names: Vec<_> = ids.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["v1/ConfigMap b/z", "v1/Service a/b", "v1/Service a/z", "apps/v1/Deployment a/a"]);
    }
}
