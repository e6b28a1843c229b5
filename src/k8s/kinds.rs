//! What a manifest is: an object that we write, one of Kubernetes' other kinds, or something that is known to its controller alone.

use serde_json::Value;

use super::Object;
use super::schema::{Checked, Elsewhere, Fault, Schemas, Verdict};

/// What a manifest is.
#[derive(Debug)]
pub enum Known {
    /// An object whose fields are checked.
    Checked {
        /// It.
        object: Object,
        /// Whether its kind is in namespaces.
        namespaced: bool,
        /// That its API version is deprecated.
        deprecated: Option<Elsewhere>,
        /// What of its definition nobody here checks, in words.
        gaps: Vec<String>,
    },
    /// It has what its kind does not allow.
    Faulty {
        /// What that is.
        faults: Vec<Fault>,
        /// The release of another project that says so, where nobody gave a definition of the kind.
        release: Option<&'static str>,
    },
    /// A kind of Kubernetes' that is in other versions only.
    Elsewhere(Elsewhere),
    /// No kind of its API version; those that there are.
    NoKind(Vec<&'static str>),
    /// A kind that is not known.
    Unknown(Object),
}

/// What a manifest is.
#[must_use]
pub fn read(manifest: Value, schemas: &Schemas) -> Known {
    let checked = match schemas.check(&manifest) {
        Verdict::Checked(Checked { faults, release, .. }) if !faults.is_empty() => {
            return Known::Faulty { faults, release };
        }
        Verdict::Checked(checked) => Some(checked),
        Verdict::Elsewhere(elsewhere) => return Known::Elsewhere(elsewhere),
        Verdict::NoKind(kinds) => return Known::NoKind(kinds),
        Verdict::Unknown => None,
    };
    // The types are those of the newest version: what only another one has would be lost in them.
    let held = |_: &Object| schemas.is_newest() || Schemas::newest().takes(&manifest);
    let object = Object::read(&manifest).filter(held).unwrap_or_else(|| Object::from(manifest));
    match checked {
        Some(Checked { namespaced, deprecated, gaps, .. }) => {
            Known::Checked { object, namespaced, deprecated, gaps }
        }
        None => Known::Unknown(object),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn kinds_are_told_apart() {
        let schemas = Schemas::new(35);
        let of = |version: &str, kind: &str| {
            read(json!({ "apiVersion": version, "kind": kind, "metadata": { "name": "a" } }), &schemas)
        };
        let checked = |it: Known| match it {
            Known::Checked { object, namespaced, .. } => (object, namespaced),
            other => panic!("{other:?}"),
        };
        assert!(matches!(checked(of("v1", "ServiceAccount")), (Object::ServiceAccount(_), true)));
        assert!(matches!(checked(of("v1", "Namespace")), (Object::Namespace(_), false)));
        assert!(matches!(checked(of("networking.k8s.io/v1", "IngressClass")), (Object::Raw(_), false)));
        assert!(matches!(
            of("policy/v1beta1", "PodDisruptionBudget"),
            Known::Elsewhere(it) if it.api_versions == ["policy/v1"]
        ));
        assert!(matches!(of("v1", "ConfigMp"), Known::NoKind(it) if it.contains(&"ConfigMap")));
        assert!(matches!(of("apps.example.com/v1", "Deployment"), Known::Unknown(_)));
        let pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "a" }, "spec": { "container": [] } });
        assert!(
            matches!(read(pod, &schemas), Known::Faulty { faults, .. } if faults[0].path == ["spec", "container"])
        );
    }

    /// Kubernetes 1.35 has the field, and the types of 1.37 do not.
    #[test]
    fn a_field_of_another_version_than_the_types_is_kept() {
        let pod = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "a" },
            "spec": { "selector": {}, "template": { "spec": {
                "containers": [{ "name": "a" }], "workloadRef": { "name": "a", "podGroup": "b" },
            } } },
        });
        assert!(
            matches!(read(pod.clone(), &Schemas::new(35)), Known::Checked { object: Object::Raw(it), .. } if *it == pod)
        );
        assert!(matches!(read(pod.clone(), &Schemas::new(37)), Known::Faulty { .. }));
        assert!(matches!(read(pod, &Schemas::new(99)), Known::Unknown(Object::Raw(_))));
    }

    #[test]
    fn what_a_type_cannot_hold_is_kept() {
        let budget = |max: Value| {
            json!({
                "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": { "name": "a" },
                "spec": { "maxReplicas": max, "scaleTargetRef": { "apiVersion": "apps/v1", "kind": "Deployment", "name": "a" } },
            })
        };
        for minor in [34, 37] {
            let of = |max| match read(budget(max), &Schemas::new(minor)) {
                Known::Checked { object, .. } => object,
                other => panic!("{other:?}"),
            };
            assert!(matches!(of(json!(2)), Object::HorizontalPodAutoscaler(_)));
            assert!(matches!(of(json!(2.0)), Object::Raw(it) if *it == budget(json!(2.0))));
        }
    }

    #[test]
    fn amounts_may_be_numbers() {
        let pod = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "a" },
            "spec": { "selector": {}, "template": { "spec": {
                "containers": [{ "name": "a", "resources": { "limits": { "cpu": 2, "memory": "1Gi" } } }],
            } } },
        });
        let Known::Checked { object: Object::Deployment(it), .. } = read(pod, &Schemas::new(34)) else {
            panic!()
        };
        let limits = it.spec.template.spec.unwrap().containers[0].resources.clone().unwrap().limits.unwrap();
        assert_eq!((limits["cpu"].0.as_str(), limits["memory"].0.as_str()), ("2", "1Gi"));
    }
}
