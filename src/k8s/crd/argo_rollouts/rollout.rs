//! `Rollout`: a Deployment whose new versions come step by step.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::Serialize;

use super::GROUP;
use crate::k8s::crd::resource;

/// What the controller adds to the selectors of Services, and to the labels of pods, to tell versions apart.
pub const POD_HASH: &str = "rollouts-pod-template-hash";

/// A Deployment whose new versions come step by step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rollout {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Pods, and how new ones come.
    pub spec: RolloutSpec,
}

resource!(Rollout, GROUP, |_| "v1alpha1");

/// Pods, and how new ones come.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RolloutSpec {
    /// How many; none where an autoscaler decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// Which pods are its own. Immutable.
    pub selector: LabelSelector,
    /// How new ones come.
    pub strategy: Strategy,
    /// The pods.
    pub template: PodTemplateSpec,
}

/// How new pods come.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Strategy {
    /// With a growing share of the requests.
    Canary(Canary),
    /// All at once, beside the old ones.
    BlueGreen(BlueGreen),
}

impl Default for Strategy {
    fn default() -> Self {
        Self::Canary(Canary::default())
    }
}

/// New pods get a growing share of the requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Canary {
    /// What must hold all the while.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analysis: Option<Analysis>,
    /// The Service that leads to the new pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canary_service: Option<String>,
    /// Pods above the wanted number.
    pub max_surge: IntOrString,
    /// Pods below it.
    pub max_unavailable: IntOrString,
    /// The Service that leads to the old pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stable_service: Option<String>,
    /// What happens, one after the other.
    pub steps: Vec<Step>,
    /// What shares the requests out; where nothing does, the numbers of pods do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic_routing: Option<TrafficRouting>,
}

/// A step of a canary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// The share of the new pods, in percent.
    SetWeight(u32),
    /// Nothing happens.
    Pause(Pause),
    /// Something must hold.
    Analysis(Analysis),
}

/// Nothing happens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pause {
    /// For how long (`10m`); until somebody goes on where none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
}

/// Something must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Analysis {
    /// What.
    pub templates: Vec<TemplateRef>,
}

/// An `AnalysisTemplate` of the namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TemplateRef {
    /// Its name.
    pub template_name: String,
}

/// What shares the requests out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TrafficRouting {
    /// The proxies of Istio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub istio: Option<Istio>,
    /// Plugins of the controller, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub plugins: BTreeMap<&'static str, GatewayRoute>,
}

/// The plugin for the Gateway API (rollouts-plugin-trafficrouter-gatewayapi.readthedocs.io).
pub const GATEWAY_PLUGIN: &str = "argoproj-labs/gatewayAPI";

/// The route whose weights the plugin for the Gateway API sets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayRoute {
    /// A `GRPCRoute`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grpc_route: Option<String>,
    /// An `HTTPRoute`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_route: Option<String>,
    /// Its namespace.
    pub namespace: String,
}

/// The proxies of Istio.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Istio {
    /// The `VirtualService` whose weights are set.
    pub virtual_service: VirtualServiceRef,
}

/// A `VirtualService` of the namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VirtualServiceRef {
    /// Its name.
    pub name: String,
    /// Its routes, by name.
    pub routes: Vec<String>,
}

/// New pods come beside the old ones, and get all requests at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BlueGreen {
    /// The Service that leads to the pods that are asked.
    pub active_service: String,
    /// Whether nobody has to allow it.
    pub auto_promotion_enabled: bool,
    /// After how many seconds it happens without being asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_promotion_seconds: Option<i32>,
    /// What must hold before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_promotion_analysis: Option<Analysis>,
    /// How many new pods there are before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview_replica_count: Option<i32>,
    /// The Service that leads to the new pods.
    pub preview_service: String,
    /// How many seconds the old pods stay.
    pub scale_down_delay_seconds: i32,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints_a_canary() {
        let analysis = Analysis { templates: vec![TemplateRef { template_name: "errors".into() }] };
        let route =
            GatewayRoute { http_route: Some("web".into()), namespace: "apps".into(), ..Default::default() };
        let canary = Canary {
            analysis: Some(analysis.clone()),
            canary_service: Some("web-canary".into()),
            max_surge: IntOrString::Int(1),
            max_unavailable: IntOrString::Int(0),
            stable_service: Some("web".into()),
            steps: vec![
                Step::SetWeight(10),
                Step::Pause(Pause { duration: Some("10m".into()) }),
                Step::Analysis(analysis),
                Step::Pause(Pause::default()),
            ],
            traffic_routing: Some(TrafficRouting {
                istio: Some(Istio {
                    virtual_service: VirtualServiceRef { name: "web".into(), routes: vec!["http".into()] },
                }),
                plugins: [(GATEWAY_PLUGIN, route)].into(),
            }),
        };
        let spec =
            RolloutSpec { replicas: Some(3), strategy: Strategy::Canary(canary), ..Default::default() };
        let expected = json!({
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Rollout",
            "metadata": {"name": "web", "namespace": "apps"},
            "spec": {
                "replicas": 3,
                "selector": {},
                "strategy": {"canary": {
                    "analysis": {"templates": [{"templateName": "errors"}]},
                    "canaryService": "web-canary",
                    "maxSurge": 1,
                    "maxUnavailable": 0,
                    "stableService": "web",
                    "steps": [
                        {"setWeight": 10},
                        {"pause": {"duration": "10m"}},
                        {"analysis": {"templates": [{"templateName": "errors"}]}},
                        {"pause": {}},
                    ],
                    "trafficRouting": {
                        "istio": {"virtualService": {"name": "web", "routes": ["http"]}},
                        "plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "web", "namespace": "apps"}},
                    },
                }},
                "template": {},
            },
        });
        assert_prints(&Rollout { metadata: named("web"), spec }, &expected);
    }

    #[test]
    fn prints_a_change_of_colours() {
        let strategy = Strategy::BlueGreen(BlueGreen {
            active_service: "web".into(),
            auto_promotion_enabled: false,
            auto_promotion_seconds: Some(600),
            pre_promotion_analysis: None,
            preview_replica_count: Some(1),
            preview_service: "web-preview".into(),
            scale_down_delay_seconds: 30,
        });
        let spec = RolloutSpec { strategy, ..Default::default() };
        let expected = json!({
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Rollout",
            "metadata": {"name": "web", "namespace": "apps"},
            "spec": {
                "selector": {},
                "strategy": {"blueGreen": {
                    "activeService": "web",
                    "autoPromotionEnabled": false,
                    "autoPromotionSeconds": 600,
                    "previewReplicaCount": 1,
                    "previewService": "web-preview",
                    "scaleDownDelaySeconds": 30,
                }},
                "template": {},
            },
        });
        assert_prints(&Rollout { metadata: named("web"), spec }, &expected);
    }
}
