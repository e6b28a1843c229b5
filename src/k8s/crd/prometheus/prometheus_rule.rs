//! `PrometheusRule`: alerts.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{GROUP, VERSION};
use crate::k8s::crd::resource;

/// Alerts that are evaluated by whoever selects the object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PrometheusRule {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The alerts.
    pub spec: PrometheusRuleSpec,
}

resource!(PrometheusRule, GROUP, |_| VERSION);

/// The alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PrometheusRuleSpec {
    /// Alerts that are evaluated one after the other.
    pub groups: Vec<RuleGroup>,
}

/// Alerts that are evaluated one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RuleGroup {
    /// The group's name, its own in the object.
    pub name: String,
    /// The alerts.
    pub rules: Vec<AlertingRule>,
}

/// An alert.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AlertingRule {
    /// Its name.
    pub alert: String,
    /// Texts for whoever is called.
    pub annotations: BTreeMap<String, String>,
    /// In `PromQL`: there is an alert for each series that it gives.
    pub expr: String,
    /// How long the expression must give a series until the alert fires.
    #[serde(rename = "for")]
    pub hold: String,
    /// Labels, by which the alert is routed.
    pub labels: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let rule = AlertingRule {
            alert: "QuorumLost".into(),
            annotations: [("summary".into(), "gone".into())].into(),
            expr: "up == 0".into(),
            hold: "2m".into(),
            labels: [("severity".into(), "critical".into())].into(),
        };
        let object = PrometheusRule {
            metadata: named("db"),
            spec: PrometheusRuleSpec { groups: vec![RuleGroup { name: "db".into(), rules: vec![rule] }] },
        };
        let expected = json!({
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": {"name": "db", "namespace": "apps"},
            "spec": {"groups": [{"name": "db", "rules": [{
                "alert": "QuorumLost",
                "annotations": {"summary": "gone"},
                "expr": "up == 0",
                "for": "2m",
                "labels": {"severity": "critical"},
            }]}]},
        });
        assert_prints(&object, &expected);
    }
}
