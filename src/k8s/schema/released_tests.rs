use serde_json::json;

use super::super::{Checked, Schemas, Verdict};
use super::*;

#[test]
fn every_definition_is_one_that_the_api_server_takes() {
    let mut count = 0;
    for release in RELEASES.iter() {
        assert!(release.name.contains('.') && !release.kinds.is_empty(), "{release:?}");
        for it in &release.kinds {
            let (_, custom) = release.find(it.api_version, it.kind).unwrap();
            assert_eq!((&*custom.api_version, &*custom.kind), (it.api_version, it.kind));
            count += 1;
        }
    }
    assert!(count > 80, "{count}");
}

#[test]
fn no_kind_is_of_two_releases() {
    let all = RELEASES.iter().flat_map(|it| &it.kinds);
    let mut known: Vec<_> = all.map(|it| (it.api_version, it.kind)).collect();
    let count = known.len();
    known.sort_unstable();
    known.dedup();
    assert_eq!(known.len(), count);
}

fn verdict(schemas: &Schemas, api_version: &str, kind: &str, spec: &Value) -> Verdict {
    let metadata = json!({ "name": "a", "namespace": "b" });
    schemas.check(&json!({ "apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec }))
}

fn checked(schemas: &Schemas, api_version: &str, kind: &str, spec: &Value) -> Checked {
    match verdict(schemas, api_version, kind, spec) {
        Verdict::Checked(it) => it,
        other => panic!("{other:?}"),
    }
}

fn told(it: &Checked, kind: &str) -> Vec<String> {
    it.faults.iter().map(|it| it.message(kind)).collect()
}

#[test]
fn a_kind_of_a_release_is_checked_whatever_the_version_of_kubernetes() {
    let spec = json!({ "mtls": { "mode": "STRICTEST" }, "selectors": {} });
    for minor in [20, 34, 99] {
        let it = checked(&Schemas::new(minor), "security.istio.io/v1", "PeerAuthentication", &spec);
        assert_eq!(
            told(&it, "PeerAuthentication"),
            [
                "`spec.mtls.mode` of a PeerAuthentication: the text `STRICTEST`, which is none of `UNSET`, `DISABLE`, `PERMISSIVE` and `STRICT`",
                "a PeerAuthentication has no field `selectors` in `spec`",
            ]
        );
        assert!(it.release.unwrap().starts_with("Istio 1.") && it.namespaced && it.deprecated.is_none());
    }
}

#[test]
fn a_definition_that_is_named_is_looked_into() {
    let spec = json!({
        "selector": { "matchLabels": { "app": "a" } },
        "template": { "spec": { "containers": [{ "name": "a", "env": [{ "name": "A", "valeu": "b" }] }] } },
    });
    let it = checked(&Schemas::newest(), "argoproj.io/v1alpha1", "Rollout", &spec);
    assert_eq!(
        told(&it, "Rollout"),
        ["a Rollout has no field `valeu` in `spec.template.spec.containers.0.env.0`"]
    );
}

#[test]
fn an_api_version_of_releases_before_is_deprecated_and_one_of_no_release_is_not_judged() {
    let schemas = Schemas::newest();
    let spec = json!({ "provider": { "fake": { "data": [] } } });
    let it = checked(&schemas, "external-secrets.io/v1beta1", "SecretStore", &spec).deprecated.unwrap();
    assert!(it.when.unwrap().ends_with("does not serve it any more"));
    assert_eq!(it.api_versions, ["external-secrets.io/v1"]);
    assert_eq!(verdict(&schemas, "external-secrets.io/v9", "SecretStore", &spec), Verdict::Unknown);
    let why = schemas.why_unknown("external-secrets.io", "SecretStore");
    assert!(why.starts_with("what is known here of this kind is of External Secrets "), "{why}");
    assert!(why.ends_with(", in `external-secrets.io/v1`"), "{why}");
    let near = "no kind of this name is known here, and `SecretStore` of `external-secrets.io` is";
    assert_eq!(schemas.why_unknown("external-secrets.io", "SecretStores"), near);
    assert!(schemas.why_unknown("example.com", "SecretStores").contains("own controller alone"));
}

#[test]
fn a_definition_that_somebody_gave_counts_instead() {
    let definition = |r#type: &str| {
        json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": { "name": "scaledobjects.keda.sh" },
            "spec": {
                "group": "keda.sh", "scope": "Namespaced", "names": { "plural": "scaledobjects", "kind": "ScaledObject" },
                "versions": [{ "name": "v9", "served": true, "storage": true, "schema": { "openAPIV3Schema": {
                    "type": "object", "properties": { "spec": { "type": "object", "properties": { "own": { "type": r#type } } } },
                } } }],
            },
        })
    };
    let mut given = Schemas::newest();
    given.define(&definition("string")).unwrap();
    let it = checked(&given, "keda.sh/v9", "ScaledObject", &json!({ "own": "a", "triggers": [] }));
    assert_eq!(told(&it, "ScaledObject"), ["a ScaledObject has no field `triggers` in `spec`"]);
    assert_eq!(it.release, None);
    assert!(matches!(
        verdict(&given, "keda.sh/v1alpha1", "ScaledObject", &json!({})),
        Verdict::Elsewhere(it) if it.defined && it.api_versions == ["keda.sh/v9"]
    ));
    let mut refused = Schemas::newest();
    refused.define(&definition("text")).unwrap_err();
    assert_eq!(verdict(&refused, "keda.sh/v1alpha1", "ScaledObject", &json!({})), Verdict::Unknown);
    assert_eq!(refused.why_unknown("keda.sh", "ScaledObject"), "its definition was refused");
}

/// A project may release more kinds and fields elsewhere.
#[test]
fn a_release_says_its_channel() {
    let class = json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": { "name": "a" },
        "spec": { "controllerName": "example.com/a" },
    });
    let Verdict::Checked(it) = Schemas::newest().check(&class) else { panic!() };
    assert_eq!(it.faults, []);
    let release = it.release.unwrap();
    assert!(release.starts_with("Gateway API 1.") && release.ends_with(" (standard channel)"), "{release}");
}
