//! Probes: what they ask, and on which port.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::super::reference::Scope;
use super::super::{Component, Resolved, reference};
use super::Binder;
use crate::diag::{Diagnostic, Route, Sink};
use crate::model::codes::{BAD_NAME, BAD_VALUE, MISSING_FIELD, NOT_ONE_OF};
use crate::model::{Action, Container, Name, Probe, Text};
use crate::stateful::codes::UNKNOWN_PORT;

impl Binder<'_> {
    /// One probe of a container, whose ports alone it may name.
    pub(super) fn probe(
        &self,
        component: &Component,
        container: &Container,
        probe: &Probe,
        which: &str,
        at: &dyn Fn() -> Route,
        sink: &mut Sink,
    ) -> core::Probe {
        let fields = &probe.fields;
        let mut port_number = 0;
        if let Some(name) = &fields.port {
            match container.ports.get(name) {
                Some(port) => port_number = i32::from(port.number.get()),
                None => {
                    sink.extend(unknown_port(self.resolved, component, container, name, &at().join("port")));
                }
            }
        } else if !matches!(probe.action, Action::Exec(_)) {
            match container.ports.first() {
                Some((_, port)) if container.ports.len() == 1 => port_number = i32::from(port.number.get()),
                _ => sink.push(
                    Diagnostic::at_key(&MISSING_FIELD, &at(), "`port` is missing")
                        .help("name the port that answers the probe"),
                ),
            }
        }
        let by_name = || match &fields.port {
            Some(name) => IntOrString::String(name.to_string()),
            None => IntOrString::Int(port_number),
        };
        let mut out = core::Probe {
            initial_delay_seconds: fields.initial_delay,
            period_seconds: fields.period,
            timeout_seconds: fields.timeout,
            failure_threshold: fields.failure_threshold,
            success_threshold: fields.success_threshold,
            termination_grace_period_seconds: fields.grace.map(i64::from),
            ..Default::default()
        };
        range(probe, which, at, sink);
        match &probe.action {
            Action::Http(path) => {
                let headers = fields.headers.iter().map(|(name, value)| {
                    let at = || at().join("httpHeaders").join(name);
                    let scope = Scope::component(component);
                    let value = reference::text(self.resolved, scope, value, at, sink);
                    core::HTTPHeader { name: name.clone(), value }
                });
                let headers: Vec<_> = headers.collect();
                out.http_get = Some(core::HTTPGetAction {
                    path: Some(path.clone()),
                    port: by_name(),
                    scheme: fields.scheme.map(|it| it.as_str().to_owned()),
                    http_headers: (!headers.is_empty()).then_some(headers),
                    ..Default::default()
                });
            }
            Action::Grpc(service) => {
                let service = (!service.is_empty()).then(|| service.clone());
                out.grpc = Some(core::GRPCAction { port: port_number, service, ..Default::default() });
            }
            Action::Tcp => {
                out.tcp_socket = Some(core::TCPSocketAction { port: by_name(), ..Default::default() });
            }
            Action::Exec(command) => {
                let bind =
                    |it: &Text| reference::text(self.resolved, Scope::component(component), it, at, sink);
                out.exec = Some(core::ExecAction { command: Some(command.iter().map(bind).collect()) });
            }
        }
        out
    }
}

/// A port that the component has is another container's: Kubernetes looks for the name in the probe's own.
fn unknown_port(
    resolved: &Resolved,
    component: &Component,
    container: &Container,
    name: &Name,
    at: &Route,
) -> Option<Diagnostic> {
    if component.endpoints.ports.iter().all(|it| it.name != *name) || container.ports.contains_key(name) {
        return resolved.unknown_port(component, name.as_str(), at);
    }
    let message = format!("the container has no port `{name}`: another one of the pod has it");
    Some(
        Diagnostic::at_value(&UNKNOWN_PORT, at, message)
            .note("a probe names the ports of its own container")
            .help("give the probe to the container that listens"),
    )
}

/// What Kubernetes refuses of a probe's fields.
fn range(probe: &Probe, which: &str, at: &dyn Fn() -> Route, sink: &mut Sink) {
    let fields = &probe.fields;
    let refused = |code, key: &str, message: String, help: &'static str| {
        Diagnostic::at_value(code, &at().join(key), message).help(help)
    };
    let numbers = [
        ("initialDelaySeconds", fields.initial_delay, 0),
        ("periodSeconds", fields.period, 1),
        ("timeoutSeconds", fields.timeout, 1),
        ("failureThreshold", fields.failure_threshold, 1),
        ("successThreshold", fields.success_threshold, 1),
        ("terminationGracePeriodSeconds", fields.grace.and_then(|it| i32::try_from(it).ok()), 1),
    ];
    for (key, value, least) in numbers {
        if let Some(value) = value.filter(|it| *it < least) {
            let message = format!("`{key}` is {value}, at least {least} is possible");
            sink.push(refused(&BAD_VALUE, key, message, "raise it, or leave it out"));
        }
    }
    if which != "readiness" && fields.success_threshold.is_some_and(|it| it > 1) {
        let message = format!("a {which} probe succeeds at once: `successThreshold` can be 1 only");
        sink.push(refused(&BAD_VALUE, "successThreshold", message, "leave it out"));
    }
    if which == "readiness" && fields.grace.is_some() {
        let message = "a readiness probe stops nothing".to_owned();
        sink.push(refused(&NOT_ONE_OF, "terminationGracePeriodSeconds", message, "leave it out"));
    }
    // As Kubernetes' validation has it (`IsHTTPHeaderName`).
    let header = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
    for name in fields.headers.keys().filter(|it| !header(it)) {
        let message = format!("`{name}` is no name of a header: letters, digits and `-`");
        sink.push(Diagnostic::at_key(&BAD_NAME, &at().join("httpHeaders").join(name), message));
    }
    if !matches!(probe.action, Action::Http(_)) {
        let written = [("scheme", fields.scheme.is_some()), ("httpHeaders", !fields.headers.is_empty())];
        for (key, _) in written.into_iter().filter(|(_, it)| *it) {
            let message = format!("`{key}` is of an HTTP probe");
            sink.push(refused(&NOT_ONE_OF, key, message, "leave it out, or probe with `http`"));
        }
    }
}
