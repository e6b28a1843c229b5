//! Rollouts that a controller in the cluster steps through.

use super::workload::{count, int_or_string};
use crate::k8s::crd::argo_rollouts::rollout::{
    Analysis, BlueGreen, Canary, GATEWAY_PLUGIN, GatewayRoute, Istio, Pause, Step, Strategy, TemplateRef,
    TrafficRouting, VirtualServiceRef,
};
use crate::model::{self, CanaryStep, Duration, Expose, Name, Promoted, Promotion, Stepped};
use crate::resolve::{Component, Resolved};
use crate::workload::Pace;

/// How Argo Rollouts brings new pods of a service; none where it does not.
pub(super) fn strategy(resolved: &Resolved, component: &Component, pace: Option<Pace>) -> Option<Strategy> {
    let rollout = resolved.rollout(component)?;
    if let Some(stepped) = rollout.stepped() {
        return Some(Strategy::Canary(canary(resolved, component, stepped, pace?)));
    }
    rollout.promoted().map(|it| Strategy::BlueGreen(blue_green(component, it)))
}

/// API version and kind of what runs a service's pods where there may be any number of them.
pub(super) fn target(resolved: &Resolved, component: &Component) -> (&'static str, &'static str) {
    if resolved.is_stepped(component) {
        ("argoproj.io/v1alpha1", "Rollout")
    } else {
        ("apps/v1", "Deployment")
    }
}

fn canary(resolved: &Resolved, component: &Component, stepped: &Stepped, pace: Pace) -> Canary {
    let split = resolved.split(component);
    let service = resolved.service(component);
    let route = |http: bool| GatewayRoute {
        grpc_route: (!http).then(|| component.called.to_string()),
        http_route: http.then(|| component.called.to_string()),
        namespace: resolved.namespace(&component.namespace).to_owned(),
    };
    let gateway = match service.and_then(|it| it.fields.expose.as_ref()) {
        Some(Expose::Http(_)) => Some(route(true)),
        Some(Expose::Grpc(_)) => Some(route(false)),
        Some(Expose::Ingress(_) | Expose::LoadBalancer(_)) | None => None,
    };
    let routes: Vec<String> = resolved.split_ports(component).map(|it| it.name.to_string()).collect();
    let istio = (!routes.is_empty())
        .then(|| Istio { virtual_service: VirtualServiceRef { name: component.called.to_string(), routes } });
    let traffic_routing = split.is_some().then(|| TrafficRouting {
        istio,
        plugins: gateway.map(|it| (GATEWAY_PLUGIN, it)).into_iter().collect(),
    });
    Canary {
        analysis: analysis(&stepped.analysis.0),
        stable_service: split.as_ref().map(|_| component.service.to_string()),
        canary_service: split.map(|it| it.service),
        max_surge: int_or_string(pace.surge),
        max_unavailable: int_or_string(pace.unavailable),
        steps: stepped.steps.iter().map(step).collect(),
        traffic_routing,
    }
}

fn step(step: &CanaryStep) -> Step {
    match step {
        CanaryStep::Weight(it) => Step::SetWeight(*it),
        CanaryStep::Pause(model::Pause::Manual) => Step::Pause(Pause::default()),
        CanaryStep::Pause(model::Pause::For(it)) => Step::Pause(Pause { duration: Some(it.to_string()) }),
        CanaryStep::Analysis(it) => Step::Analysis(Analysis { templates: vec![template(it)] }),
    }
}

fn blue_green(component: &Component, promoted: &Promoted) -> BlueGreen {
    let seconds = |it: &Duration| i32::try_from(it.seconds()).unwrap_or(i32::MAX);
    BlueGreen {
        active_service: component.service.to_string(),
        // Where it is set the seconds are ignored (argo-rollouts.readthedocs.io/en/stable/features/bluegreen).
        auto_promotion_enabled: promoted.promotion == Promotion::Automatic && promoted.after.is_none(),
        auto_promotion_seconds: promoted.after.as_ref().map(seconds),
        pre_promotion_analysis: analysis(&promoted.analysis.0),
        preview_replica_count: promoted.preview_replicas.map(count),
        preview_service: component.preview_service(),
        scale_down_delay_seconds: seconds(&promoted.scale_down_delay),
    }
}

fn analysis(templates: &[Name]) -> Option<Analysis> {
    (!templates.is_empty()).then(|| Analysis { templates: templates.iter().map(template).collect() })
}

fn template(name: &Name) -> TemplateRef {
    TemplateRef { template_name: name.to_string() }
}
