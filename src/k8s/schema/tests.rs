use serde_json::json;

use super::*;

fn faults(minor: Minor, object: &Value) -> Vec<String> {
    match Schemas::new(minor).check(object) {
        Verdict::Checked(it) => {
            let kind = object["kind"].as_str().unwrap();
            let told = |it: &Fault| {
                [Some(it.message(kind)), it.elsewhere()].into_iter().flatten().collect::<Vec<_>>().join("; ")
            };
            it.faults.iter().map(told).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn pod(spec: &Value) -> Value {
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "a" }, "spec": spec })
}

#[test]
fn all_that_is_wrong_is_told_with_its_place() {
    let found = faults(
        34,
        &pod(&json!({
            "containers": [{ "image": 1, "imagePullPolicy": "Sometimes", "resources": { "limits": { "cpu": 2, "memory": [] } } }],
            "restartPolicies": "Always", "terminationGracePeriodSeconds": "30", "tolerations": [{ "operator": "" }],
            "hostNetwork": null,
        })),
    );
    assert_eq!(
        found,
        [
            "`spec.containers.0.image` of a Pod: a number, where a text belongs",
            "`spec.containers.0.imagePullPolicy` of a Pod: the text `Sometimes`, which is none of `Always`, `IfNotPresent` and `Never`",
            "`spec.containers.0.resources.limits.memory` of a Pod: a list, where an amount belongs",
            "a Pod lacks `name` in `spec.containers.0`",
            "a Pod has no field `restartPolicies` in `spec`",
            "`spec.terminationGracePeriodSeconds` of a Pod: a text, where a whole number belongs",
        ]
    );
}

#[test]
fn what_is_wrong_is_told_without_the_value() {
    let found = faults(
        34,
        &pod(&json!({
            "containers": [{ "name": "a", "env": [{ "name": "PIN", "value": 48_151_623 }, { "name": "ON", "value": true }] }],
            "priority": "48151623",
        })),
    );
    assert_eq!(
        found,
        [
            "`spec.containers.0.env.0.value` of a Pod: a number, where a text belongs",
            "`spec.containers.0.env.1.value` of a Pod: `true` or `false`, where a text belongs",
            "`spec.priority` of a Pod: a text, where a whole number of 32 bits belongs",
        ]
    );
}

#[test]
fn a_whole_number_is_one_in_every_form() {
    let of = |grace: &str, priority: &str| {
        let spec = format!(
            r#"{{ "containers": [{{ "name": "a" }}], "terminationGracePeriodSeconds": {grace}, "priority": {priority} }}"#
        );
        faults(34, &pod(&serde_json::from_str(&spec).unwrap())).len()
    };
    assert_eq!(of("2.0", "1e+06"), 0);
    assert_eq!(of("-9007199254740992.0", "2147483647.0"), 0);
    assert_eq!(of("2.5", "1.000001"), 2);
    assert_eq!(of("1e+20", "2147483648.0"), 2);
}

#[test]
fn a_field_is_of_its_versions() {
    let of =
        |minor| faults(minor, &pod(&json!({ "containers": [{ "name": "a", "restartPolicyRules": [] }] })));
    let expected =
        "a Pod has no field `restartPolicyRules` in `spec.containers.0`; Kubernetes has it from 1.34 on";
    assert_eq!(of(33), [expected]);
    assert!(of(34).is_empty() && of(37).is_empty());
    let of = |minor| {
        faults(
            minor,
            &pod(
                &json!({ "containers": [{ "name": "a" }], "workloadRef": { "name": "a", "podGroup": "b" } }),
            ),
        )
    };
    assert_eq!(of(36), ["a Pod has no field `workloadRef` in `spec`; Kubernetes 1.35 alone has it"]);
    assert!(of(35).is_empty());
}

#[test]
fn an_api_version_is_of_its_versions() {
    let of = |minor, api_version: &str, kind: &str| {
        Schemas::new(minor)
            .check(&json!({ "apiVersion": api_version, "kind": kind, "metadata": { "name": "a" } }))
    };
    let elsewhere = |it| match it {
        Verdict::Elsewhere(it) => (it.when.unwrap_or_default(), it.api_versions.join(" ")),
        other => panic!("{other:?}"),
    };
    let flow = ("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema");
    assert_eq!(
        elsewhere(of(34, flow.0, flow.1)),
        ("Kubernetes 1.31 was the last that had it".into(), "flowcontrol.apiserver.k8s.io/v1".into())
    );
    assert_eq!(
        elsewhere(of(34, "autoscaling/v2beta2", "HorizontalPodAutoscaler")),
        ("Kubernetes 1.25 was the last that had it".into(), "autoscaling/v1 autoscaling/v2".into())
    );
    assert_eq!(
        elsewhere(of(34, "extensions/v1beta1", "Ingress")),
        ("Kubernetes 1.22 removed it".into(), "networking.k8s.io/v1".into())
    );
    for (api_version, when) in [("policy/v1beta1", "1.25"), ("extensions/v1beta1", "1.16")] {
        assert_eq!(
            elsewhere(of(34, api_version, "PodSecurityPolicy")),
            (format!("Kubernetes {when} removed it"), String::new())
        );
    }
    assert_eq!(elsewhere(of(33, "resource.k8s.io/v1", "ResourceClaim")).0, "Kubernetes has it from 1.34 on");
    assert_eq!(elsewhere(of(34, "v1", "Deployment")), (String::new(), "apps/v1".into()));
    let Verdict::Checked(Checked { deprecated: Some(it), namespaced: false, .. }) = of(30, flow.0, flow.1)
    else {
        panic!()
    };
    assert_eq!(it.when.unwrap(), "it is deprecated since Kubernetes 1.29, and 1.31 is the last that has it");
    assert_eq!(it.api_versions, ["flowcontrol.apiserver.k8s.io/v1"]);
}

#[test]
fn what_is_not_covered_is_not_judged() {
    let pod = pod(&json!({ "container": 1 }));
    assert_eq!(Schemas::new(38).check(&pod), Verdict::Unknown);
    assert!(Schemas::new(38).why_unknown("", "Pod").contains("1.25 to 1.37, and nothing of 1.38"));
    let others = json!({ "apiVersion": "example.com/v1", "kind": "Deployment", "metadata": { "name": "a" } });
    assert_eq!(Schemas::new(37).check(&others), Verdict::Unknown);
}

#[test]
fn bytes_are_in_base64() {
    let of = |kind: &str, field: &str, value: &str| {
        faults(
            34,
            &json!({ "apiVersion": "v1", "kind": kind, "metadata": { "name": "a" }, field: { "k": value } }),
        )
    };
    for (kind, field) in [("Secret", "data"), ("ConfigMap", "binaryData")] {
        for good in ["", "aGk=", "aA==", "aGkh", "aG\nkh\n", "+/+/"] {
            assert_eq!(of(kind, field, good), Vec::<String>::new(), "{good}");
        }
        for bad in ["hunter2", "aGk", "a===", "aG=h", "_-_-", "aGk= "] {
            assert_eq!(
                of(kind, field, bad),
                [format!("`{field}.k` of a {kind}: a text, where one in Base64 belongs")]
            );
        }
    }
    assert!(
        of("Secret", "stringData", "hunter2").is_empty() && of("ConfigMap", "data", "hunter2").is_empty()
    );
}
