//! What autoscalers look at: names of the stack, bound.

use super::{Component, Resolved, codes};
use crate::diag::{At, Diagnostic, Part, Route, Sink};
use crate::model::codes::BAD_VALUE;
use crate::model::{Expose, Hpa, MetricObject, Name, Scale};

/// Reports what autoscalers name and the stack does not have.
pub(super) fn connect(resolved: &mut Resolved, sink: &mut Sink) {
    for component in resolved.components.values() {
        match resolved.service(component).map(|it| &it.fields.scale) {
            Some(Scale::Hpa(hpa)) if !hpa.objects.is_empty() => objects(resolved, component, hpa, sink),
            _ => {}
        }
    }
}

/// The objects that metrics are of.
fn objects(resolved: &Resolved, component: &Component, hpa: &Hpa, sink: &mut Sink) {
    let all = component.route().join("scale").join("hpa").join("objects");
    for (metric, it) in &hpa.objects {
        let at = all.join(metric.as_str()).join("of");
        let (at, name, route) = match &it.fields.of {
            MetricObject::Service(name) => (at.join("service"), name, false),
            MetricObject::Route(name) => (at.join("route"), name, true),
            MetricObject::Object(_) => continue,
        };
        let Some(target) = service(resolved, name, &at, sink) else { continue };
        if target.namespace != component.namespace {
            let message = format!(
                "`{name}` is in namespace `{}`, `{}` in `{}`",
                target.namespace, component.name, component.namespace
            );
            sink.push(
                Diagnostic::at_value(&codes::OTHER_NAMESPACE, &at, message)
                    .also(At::Node(target.route().clone(), Part::Key), "declared here")
                    .note("an autoscaler asks for the metrics of objects of its own namespace")
                    .help("use a metric under `external`, or move one of the two"),
            );
        }
        let expose = resolved.service(target).and_then(|it| it.fields.expose.as_ref());
        let missing = match (route, expose) {
            (true, None | Some(Expose::LoadBalancer(_))) => Some((
                format!("`{name}` has no route"),
                "give it `expose` with `http`, `grpc` or `ingress`, or name its `service`",
            )),
            (false, _) if target.endpoints.ports.is_empty() => {
                Some((format!("`{name}` listens on no port and has no Service"), "give it `ports`"))
            }
            _ => None,
        };
        if let Some((message, help)) = missing {
            sink.push(
                Diagnostic::at_value(&BAD_VALUE, &at, message)
                    .also(At::Node(target.route().clone(), Part::Key), "declared here")
                    .help(help),
            );
        }
    }
}

/// A service by its name; reports one that is not there.
fn service<'a>(resolved: &'a Resolved, name: &Name, at: &Route, sink: &mut Sink) -> Option<&'a Component> {
    let known = resolved.components.get(name).filter(|it| resolved.service(it).is_some());
    if known.is_none() {
        let names = resolved.stack.services.keys().map(Name::as_str);
        sink.extend(resolved.unknown("service", name.as_str(), at, "services", names));
    }
    known
}
