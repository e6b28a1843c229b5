//! Which part of the stack what `observability` makes comes from.

use super::Found;
use crate::diag::Route;
use crate::document::Document;

/// The part of the stack behind a value that `observability` made of a component, or of none; none where it made nothing.
pub(super) fn origin(
    document: &Document,
    object: &Found,
    component: Option<&Route>,
    words: &[&str],
) -> Option<Route> {
    let stack = |steps: &[&str]| steps.iter().fold(Route::of(&["observability"]), |at, step| at.join(step));
    let own =
        |steps: &[&str]| steps.iter().fold(component.cloned().unwrap_or_default(), |at, step| at.join(step));
    let written = |it: &Route| document.find(it).is_some();
    let first = |places: Vec<Route>| places.into_iter().find(written);
    match (object.kind.as_str(), words) {
        (
            "PodMonitor",
            ["spec", "podMetricsEndpoints", _, field @ ("interval" | "path" | "port" | "scheme")],
        ) => {
            let places = [own(&["monitor", field]), own(&["metrics", field]), stack(&["metrics", field])];
            first([places.to_vec(), vec![own(&["monitor"]), own(&["metrics"]), stack(&["metrics"])]].concat())
        }
        ("PodMonitor", ["spec", ..]) => {
            first(vec![own(&["monitor"]), own(&["metrics"]), stack(&["metrics"])])
        }
        ("PodMonitor", ["metadata", "labels", key]) => {
            first(vec![own(&["monitor", "labels", key]), stack(&["metrics", "labels", key])])
        }
        ("PrometheusRule", ["metadata", "labels", key]) => {
            first(vec![stack(&["alerts", "labels", key]), stack(&["metrics", "labels", key])])
        }
        ("PrometheusRule", ["spec", .., "labels", key]) => {
            first(vec![stack(&["alerts", "alertLabels", key]), stack(&["alerts"])])
        }
        ("PrometheusRule", ["spec", .., "annotations", "runbook_url"]) => {
            Some(stack(&["alerts", "runbooks"]))
        }
        ("PrometheusRule", ["spec", ..]) => Some(stack(&["alerts"])),
        ("Deployment" | "DaemonSet" | "StatefulSet", ["spec", "template", rest @ ..]) => match rest {
            ["metadata", "annotations", key] if !written(&own(&["annotations", key])) => {
                let field = key.strip_prefix("prometheus.io/")?;
                first(vec![own(&["metrics", field]), own(&["metrics"]), stack(&["metrics", "with"])])
            }
            ["spec", "containers", _, "env", name, ..] if !written(&own(&["env", name])) => {
                first(vec![stack(&["otlp", variable(name)?]), stack(&["otlp"])])
            }
            _ => None,
        },
        _ => None,
    }
}

/// The field that a variable comes from.
fn variable(name: &str) -> Option<&'static str> {
    Some(match name {
        "OTEL_EXPORTER_OTLP_ENDPOINT" | "OTEL_SERVICE_NAME" | "OTEL_RESOURCE_ATTRIBUTES_POD_NAME" => "to",
        "OTEL_EXPORTER_OTLP_PROTOCOL" => "protocol",
        "OTEL_TRACES_SAMPLER" => "sampler",
        "OTEL_TRACES_SAMPLER_ARG" => "ratio",
        "OTEL_RESOURCE_ATTRIBUTES" => "attributes",
        _ => return None,
    })
}
