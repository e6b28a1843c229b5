//! Where telemetry is sent: the collector, the path to it, and what programs are told of it. Variables:
//! <https://opentelemetry.io/docs/specs/otel/protocol/exporter/> and
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>; attributes:
//! <https://opentelemetry.io/docs/specs/semconv/resource/k8s/>.

use std::fmt::Write as _;

use k8s_openapi::api::core::v1 as core;

use super::{Component, Delivery, Edge, Resolved, Section, Target, codes, edge};
use crate::diag::{At, Diagnostic, Part, Route, Sink, and_list, nearest};
use crate::model::codes::BAD_VALUE;
use crate::model::{Container, Name, Otlp, OtlpProtocol, Sampler, Scale};
use crate::workload::Endpoint;

/// The variable with the pod's name, from which another one is made; the OpenTelemetry operator calls it so, too.
const POD_NAME: &str = "OTEL_RESOURCE_ATTRIBUTES_POD_NAME";

/// Who takes telemetry.
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// Who.
    pub to: Target,
    /// On which port.
    pub port: Endpoint,
}

/// The collector's place in the stack.
pub(super) fn at() -> Route {
    Route::of(&["observability", "otlp", "to"])
}

/// The collector that the stack names; none after a report.
pub(super) fn connect(resolved: &Resolved, sink: &mut Sink) -> Option<Telemetry> {
    let otlp = resolved.stack.observability.as_ref()?.otlp.as_ref()?;
    sampling(otlp, sink);
    let (name, at) = (&otlp.to.name, at());
    if let Some(external) = resolved.stack.externals.get(name) {
        if let Some(port) = &otlp.to.port {
            let message = format!("`{name}` is outside the cluster and has one port, its own");
            sink.push(
                Diagnostic::at_value(&BAD_VALUE, &at, message)
                    .help(format!("write `{name}` for `{name}:{port}`")),
            );
        }
        node_local(otlp, None, sink);
        return Some(Telemetry { to: Target::External(name.clone()), port: edge::outside(name, external) });
    }
    let Some(component) = resolved.components.get(name) else {
        if ["services", "stateful", "externals"].iter().any(|it| resolved.is_written(it, name.as_str())) {
            return None;
        }
        let message = format!("there is no service, tier or external `{name}` to send telemetry to");
        let found = Diagnostic::at_value(&codes::UNKNOWN_NAME, &at, message);
        let names = resolved.components.keys().chain(resolved.stack.externals.keys()).map(Name::as_str);
        sink.push(match nearest(name.as_str(), names) {
            Some(near) => found.help(format!("write `{near}`")),
            None => found.help("declare the collector under `services`, `stateful` or `externals`"),
        });
        return None;
    };
    node_local(otlp, Some((resolved, component)), sink);
    let ports = &component.endpoints.ports;
    let port = match &otlp.to.port {
        Some(named) => ports.iter().find(|it| it.name == *named),
        None => ports.iter().find(|it| it.number == otlp.protocol.port()).or_else(|| {
            let words: &[&str] = match otlp.protocol {
                OtlpProtocol::Grpc => &["otlp-grpc", "otlp", "grpc"],
                OtlpProtocol::HttpProtobuf => &["otlp-http", "otlp", "http"],
            };
            words.iter().find_map(|word| ports.iter().find(|it| it.name.as_str() == *word))
        }),
    };
    let Some(port) = port else {
        sink.extend(match &otlp.to.port {
            Some(named) => resolved.unknown_port(component, named.as_str(), &at),
            None => Some(unclear_port(component, otlp.protocol, &at)),
        });
        return None;
    };
    Some(Telemetry { to: Target::Component(name.clone()), port: port.clone() })
}

/// A collector none of whose ports is known to take telemetry.
fn unclear_port(component: &Component, protocol: OtlpProtocol, at: &Route) -> Diagnostic {
    let (name, ports) = (&component.name, &component.endpoints.ports);
    let message = format!("none of the ports of `{name}` is one for OTLP by `{}`", protocol.as_str());
    let found = Diagnostic::at_value(&crate::stateful::codes::UNKNOWN_PORT, at, message)
        .also(At::Node(component.route().clone(), Part::Key), "declared here")
        .note(format!("looked for the number {}, and for the name `otlp`", protocol.port()));
    let names: Vec<String> = ports.iter().map(|it| format!("{name}:{}", it.name)).collect();
    if names.is_empty() {
        return found.help("give it `ports`");
    }
    found.help(format!("name the port: {}", and_list(names.iter().map(String::as_str))))
}

/// Reports a share that nothing takes.
fn sampling(otlp: &Otlp, sink: &mut Sink) {
    if let (Some(sampler), Some(_)) = (otlp.sampler, &otlp.ratio)
        && !sampler.takes_ratio()
    {
        let message = format!("`{}` takes no share", sampler.as_str());
        sink.push(
            Diagnostic::at_value(&BAD_VALUE, &Route::of(&["observability", "otlp", "ratio"]), message)
                .also(At::Node(Route::of(&["observability", "otlp", "sampler"]), Part::Value), "said here")
                .help("remove `ratio`, or write `sampler: parentbased_traceidratio`"),
        );
    }
}

/// Reports a collector that has no pod on every node.
fn node_local(otlp: &Otlp, component: Option<(&Resolved, &Component)>, sink: &mut Sink) {
    let everywhere = component.is_some_and(|(resolved, it)| {
        resolved.service(it).is_some_and(|it| matches!(it.fields.scale, Scale::PerNode))
    });
    if !otlp.node_local || everywhere {
        return;
    }
    let at = Route::of(&["observability", "otlp", "nodeLocal"]);
    let message = format!("`{}` does not have a pod on each node", otlp.to.name);
    let found = Diagnostic::at_value(&BAD_VALUE, &at, message);
    sink.push(match component {
        Some((_, it)) => found
            .also(At::Node(it.route().clone(), Part::Key), "the collector")
            .note("what a pod sends to a node without one is lost")
            .help("write `scale: per-node` at the collector, or remove `nodeLocal`"),
        None => found.help("remove `nodeLocal`: it is outside the cluster"),
    });
}

impl Resolved {
    /// The collector to which a component sends, if it does.
    #[must_use]
    pub fn telemetry(&self, component: &Component) -> Option<&Telemetry> {
        let telemetry = self.telemetry.as_ref()?;
        let own = telemetry.to == Target::Component(component.name.clone());
        let (_, pod) = self.pod(component)?;
        (!own && pod.otlp.unwrap_or(component.section == Section::Services)).then_some(telemetry)
    }

    /// Whether pods call those of their own node alone, by the Service of a component.
    #[must_use]
    pub fn is_node_local(&self, component: &Component) -> bool {
        let telemetry =
            self.telemetry.as_ref().filter(|it| it.to == Target::Component(component.name.clone()));
        let otlp = self.stack.observability.as_ref().and_then(|it| it.otlp.as_ref());
        telemetry.is_some() && otlp.is_some_and(|it| it.node_local)
    }
}

/// The path of a component to the collector, unless it has it already.
pub(super) fn path(resolved: &Resolved, component: &Component, known: &[Edge]) -> Option<Edge> {
    let telemetry = resolved.telemetry(component)?;
    let open = |it: &&Edge| it.from == component.name && it.to == telemetry.to;
    let mut ports = known.iter().rev().take_while(|it| it.from == component.name).filter(open);
    if ports.any(|it| it.ports.iter().any(|it| it.name == telemetry.port.name)) {
        return None;
    }
    let (from, ports) = (component.name.clone(), vec![telemetry.port.clone()]);
    Some(Edge { from, to: telemetry.to.clone(), ports, awaited: false, at: at() })
}

/// What the program of a component is told, but for what it is told already.
pub(super) fn variables(
    resolved: &Resolved,
    component: &Component,
    container: &Container,
) -> Vec<core::EnvVar> {
    let otlp = resolved.stack.observability.as_ref().and_then(|it| it.otlp.as_ref());
    let (Some(telemetry), Some(otlp)) = (resolved.telemetry(component), otlp) else { return Vec::new() };
    let mut found = Vec::with_capacity(7);
    let mut add = |name: &str, value: String| {
        found.push(core::EnvVar { name: name.to_owned(), value: Some(value), value_from: None });
    };
    add("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint(resolved, component, telemetry, otlp));
    add("OTEL_EXPORTER_OTLP_PROTOCOL", otlp.protocol.as_str().to_owned());
    // Both versions of a service are one to those who look on; `service.version` tells them apart.
    let named = resolved.base(component).unwrap_or(component);
    add("OTEL_SERVICE_NAME", named.name.to_string());
    let sampler = otlp.sampler.or_else(|| otlp.ratio.as_ref().map(|_| Sampler::ParentRatio));
    if let Some(sampler) = sampler {
        add("OTEL_TRACES_SAMPLER", sampler.as_str().to_owned());
    }
    if let Some(ratio) = &otlp.ratio {
        add("OTEL_TRACES_SAMPLER_ARG", ratio.as_str().to_owned());
    }
    let field = core::ObjectFieldSelector { api_version: None, field_path: "metadata.name".to_owned() };
    let value_from = Some(core::EnvVarSource { field_ref: Some(field), ..Default::default() });
    // Kubernetes puts a variable into those after it only.
    found.push(core::EnvVar { name: POD_NAME.to_owned(), value: None, value_from });
    let value = Some(attributes(resolved, component, container, otlp));
    found.push(core::EnvVar { name: "OTEL_RESOURCE_ATTRIBUTES".to_owned(), value, value_from: None });
    let given =
        |name: &str| container.env.keys().any(|it| it.as_str() == name) || resolved.gives(container, name);
    let own = given("OTEL_RESOURCE_ATTRIBUTES");
    found.retain(|it| !(given(&it.name) || own && it.name == POD_NAME));
    found
}

fn endpoint(resolved: &Resolved, component: &Component, telemetry: &Telemetry, otlp: &Otlp) -> String {
    let (host, outside) = match &telemetry.to {
        Target::Component(name) => (resolved.host(&resolved.components[name], &component.namespace), false),
        Target::External(name) => (resolved.stack.externals[name].host.clone(), true),
    };
    let scheme = if otlp.tls.unwrap_or(outside) { "https" } else { "http" };
    format!("{scheme}://{host}:{}", telemetry.port.service)
}

/// What everything that a component sends is of: keys and values as in W3C baggage.
fn attributes(resolved: &Resolved, component: &Component, container: &Container, otlp: &Otlp) -> String {
    let scale = resolved.service(component).map(|it| &it.fields.scale);
    // The name of a Job is made from what is written here.
    let controller = match (component.section, scale) {
        (Section::Services, Some(Scale::PerNode)) => Some("k8s.daemonset.name"),
        (Section::Services, _) => Some("k8s.deployment.name"),
        (Section::Stateful, _) => Some("k8s.statefulset.name"),
        (Section::Jobs, _) => {
            let scheduled = resolved.delivery(component) == Some(Delivery::Scheduled);
            scheduled.then_some("k8s.cronjob.name")
        }
    };
    let known = [
        ("service.namespace", Some(resolved.stack.stack.as_str())),
        ("service.version", container.image.tag()),
        ("deployment.environment.name", Some(&*resolved.environment)),
        ("k8s.namespace.name", Some(resolved.namespace(&component.namespace))),
        (controller.unwrap_or_default(), controller.map(|_| component.called.as_str())),
    ];
    let said = |key: &str| otlp.attributes.keys().any(|it| it.as_str() == key);
    let mut out = String::new();
    for (key, value) in known.into_iter().filter(|(key, _)| !said(key)) {
        if let Some(value) = value {
            let _ = write!(out, "{key}={},", encoded(value));
        }
    }
    for (key, value) in &otlp.attributes {
        let _ = write!(out, "{key}={},", encoded(value));
    }
    if !said("k8s.pod.name") {
        let _ = write!(out, "k8s.pod.name=$({POD_NAME})");
    }
    out.trim_end_matches(',').to_owned()
}

/// A value of W3C baggage: what has a meaning there, or to Kubernetes, is written by its bytes.
fn encoded(value: &str) -> String {
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"-._~:/+@".contains(&it);
    value.bytes().fold(String::with_capacity(value.len()), |mut out, it| {
        if plain(it) {
            out.push(char::from(it));
        } else {
            let _ = write!(out, "%{it:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn what_has_a_meaning_is_encoded() {
        assert_eq!(encoded("eu-1/a:b"), "eu-1/a:b");
        assert_eq!(encoded("a,b=c %$(X)ä"), "a%2Cb%3Dc%20%25%24%28X%29%C3%A4");
    }
}
