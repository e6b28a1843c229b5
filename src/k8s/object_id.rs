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

impl ObjectId {
    /// An id as it is displayed; none where the text is none.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once(' ')?;
        let (version, kind) = kind.rsplit_once('/')?;
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        let (namespace, name) = name.split_once('/').map_or((None, name), |(it, name)| (Some(it), name));
        let whole = [version, kind, name].iter().all(|it| !it.is_empty());
        whole.then(|| Self {
            group: group.to_owned().into(),
            version: version.to_owned().into(),
            kind: kind.to_owned().into(),
            namespace: namespace.filter(|it| !it.is_empty()).map(str::to_owned),
            name: name.to_owned(),
        })
    }
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
        let role = id("rbac.authorization.k8s.io", "ClusterRole", None, "system:a");
        for it in [deployment, id("", "Service", Some("ns"), "name"), id("", "Namespace", None, "ns"), role] {
            assert_eq!(ObjectId::read(&it.to_string()), Some(it));
        }
        assert_eq!((ObjectId::read("v1/Namespace "), ObjectId::read("Namespace ns")), (None, None));
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
