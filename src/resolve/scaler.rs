//! What autoscalers look at: names of the stack, bound.

use super::{Component, Resolved, codes};
use crate::diag::{At, Diagnostic, Part, Route, Sink, and_list, nearest};
use crate::model::codes::{BAD_VALUE, MISSING_FIELD};
use crate::model::{
    Expose, External, Hpa, Keda, MetricObject, Name, PostgresTrigger, PrometheusTrigger, RabbitMqProtocol,
    Scale, SecretKey, Trigger,
};
use crate::stateful::{Asked, Declared, Gauge};
use crate::workload::Caller;

/// What KEDA looks at, bound.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Its name.
    pub name: Name,
    /// KEDA's type of trigger.
    pub kind: &'static str,
    /// What KEDA is told of whom it asks.
    pub parameters: Vec<(&'static str, String)>,
    /// Its credentials, by KEDA's parameters.
    pub logins: Vec<(&'static str, SecretKey)>,
    /// The credentials that nobody gives, with the tier's own where another namespace has it.
    pub missing: Vec<(&'static str, Option<SecretKey>)>,
    /// What the tier has of what the trigger names.
    pub declared: Vec<Declared>,
}

/// Whom a trigger asks.
struct Answer {
    watched: Watched,
    /// The component and its ports.
    of: Option<(Name, Vec<u16>)>,
}

/// Binds what autoscalers look at; reports what they name and the stack does not have.
pub(super) fn connect(resolved: &mut Resolved, sink: &mut Sink) {
    let (mut watched, mut callers) = (Vec::new(), Vec::new());
    for component in resolved.components.values() {
        match resolved.service(component).map(|it| &it.fields.scale) {
            Some(Scale::Hpa(hpa)) if !hpa.objects.is_empty() => objects(resolved, component, hpa, sink),
            Some(Scale::Keda(keda)) => {
                let answers = triggers(resolved, component, keda, sink);
                callers.extend(answers.iter().filter_map(|it| it.of.clone()));
                let bound = answers.into_iter().map(|it| it.watched).collect();
                watched.push((component.name.clone(), bound));
            }
            _ => {}
        }
    }
    resolved.watched.extend(watched);
    let cluster = &resolved.stack.cluster;
    for (name, ports) in callers {
        let Some(component) = resolved.components.get_mut(&name) else { continue };
        component.endpoints.callers.push(Caller {
            namespace: cluster.keda_namespace.to_string(),
            pods: cluster.keda_labels.iter().map(|(key, it)| (key.to_string(), it.clone())).collect(),
            ports,
            mesh: cluster.keda_mesh,
        });
    }
}

/// What KEDA looks at for a component.
fn triggers(resolved: &Resolved, component: &Component, keda: &Keda, sink: &mut Sink) -> Vec<Answer> {
    let all = component.route().join("scale").join("keda").join("triggers");
    let mut found = Vec::new();
    for (name, trigger) in &keda.triggers {
        let at = all.join(name.as_str()).join(trigger.word());
        let watched = Watched {
            name: name.clone(),
            kind: trigger.word(),
            parameters: Vec::new(),
            logins: trigger.logins().into_iter().map(|(key, it)| (key, it.clone())).collect(),
            missing: Vec::new(),
            declared: Vec::new(),
        };
        let answer = Answer { watched, of: None };
        found.extend(match trigger.from() {
            None => Some(answer),
            Some(from) => ask(resolved, component, (trigger, from), &at, answer, sink),
        });
    }
    found
}

/// Fills in whom a trigger asks.
fn ask(
    resolved: &Resolved,
    component: &Component,
    (trigger, from): (&Trigger, &Name),
    at: &Route,
    mut answer: Answer,
    sink: &mut Sink,
) -> Option<Answer> {
    let at = &at.join("from");
    if let Some(external) = resolved.stack.externals.get(from) {
        answer.watched.parameters = outside(trigger, external, at, sink);
        return Some(answer);
    }
    let Some(to) = resolved.components.get(from) else {
        if ["services", "stateful", "externals"].iter().any(|it| resolved.is_written(it, from.as_str())) {
            return None;
        }
        let message = format!("there is no tier or external `{from}` to ask");
        let found = Diagnostic::at_value(&codes::UNKNOWN_NAME, at, message);
        let names = resolved.components.keys().chain(resolved.stack.externals.keys()).map(Name::as_str);
        sink.push(match nearest(from.as_str(), names) {
            Some(near) => found.help(format!("write `{near}`")),
            None => found.help("name a tier of `stateful` or an entry of `externals`"),
        });
        return None;
    };
    if let Trigger::Prometheus(it) = trigger {
        let (parameters, port) = prometheus(resolved, to, it, at, sink)?;
        answer.watched.parameters = parameters;
        answer.of = Some((to.name.clone(), vec![port]));
        return Some(answer);
    }
    let Some(gauge) = gauge(resolved, to, trigger) else {
        let kind = resolved
            .engine(to)
            .map_or("a service".to_owned(), |it| format!("a tier of kind `{}`", it.kind()));
        let message = format!("a trigger `{}` cannot ask `{from}`, {kind}", trigger.word());
        let fitting: Vec<&str> = resolved
            .components
            .values()
            .filter(|it| gauge(resolved, it, trigger).is_some())
            .map(|it| it.name.as_str())
            .collect();
        let help = if fitting.is_empty() {
            "name an entry of `externals`, or declare the tier".to_owned()
        } else {
            format!("name {}, or an entry of `externals`", and_list(fitting))
        };
        sink.push(
            Diagnostic::at_value(&BAD_VALUE, at, message)
                .also(At::Node(to.route().clone(), Part::Key), "declared here")
                .help(help),
        );
        return None;
    };
    let watched = &mut answer.watched;
    watched.kind = gauge.kind;
    watched.parameters = gauge.parameters;
    watched.declared = gauge.declared;
    let whole = watched.logins.iter().any(|(key, _)| *key == "connection");
    for (parameter, own) in gauge.logins {
        if whole || watched.logins.iter().any(|(key, _)| *key == parameter) {
            continue;
        }
        let near =
            |it: &&SecretKey| resolved.secret(&it.secret).is_some_and(|it| it.0 == component.namespace);
        match own.as_ref().filter(near) {
            Some(key) => watched.logins.push((parameter, key.clone())),
            None => watched.missing.push((parameter, own)),
        }
    }
    answer.of = Some((to.name.clone(), gauge.ports));
    Some(answer)
}

/// How a trigger asks a component, if it can.
fn gauge(resolved: &Resolved, to: &Component, trigger: &Trigger) -> Option<Gauge> {
    let namespace = resolved.namespace(&to.namespace);
    let domain = &resolved.stack.cluster.domain;
    let (name, service) = (to.called.as_str(), to.service.as_str());
    let headless = resolved.headless(to);
    resolved.tier(to)?.gauge(&Asked { trigger, name, service, headless: &headless, namespace, domain })
}

/// What KEDA is told of something outside the cluster.
fn outside(
    trigger: &Trigger,
    external: &External,
    at: &Route,
    sink: &mut Sink,
) -> Vec<(&'static str, String)> {
    let (host, port) = (&external.host, external.port.get());
    let address = format!("{host}:{port}");
    match trigger {
        Trigger::Nats(_) => vec![("natsServerMonitoringEndpoint", address)],
        Trigger::Kafka(_) => vec![("bootstrapServers", address)],
        Trigger::RabbitMq(it) => {
            let scheme = match (it.asked_by(), port) {
                (RabbitMqProtocol::Amqp, 5671) => "amqps",
                (RabbitMqProtocol::Amqp, _) => "amqp",
                (RabbitMqProtocol::Http, 443 | 15671) => "https",
                (RabbitMqProtocol::Http, _) => "http",
            };
            let mut found = vec![("host", format!("{scheme}://{address}/"))];
            if scheme == "amqps" {
                found.push(("tls", "enable".to_owned()));
            }
            found
        }
        Trigger::Redis(_) => vec![("address", address)],
        Trigger::Postgres(it) => {
            complete(it, at, sink);
            let mut found = vec![("host", host.clone()), ("port", port.to_string())];
            if it.ssl.is_none() {
                found.push(("sslmode", "require".to_owned()));
            }
            found
        }
        Trigger::Prometheus(it) => {
            let scheme = if port == 443 { "https" } else { "http" };
            let path = it.path.as_deref().unwrap_or_default();
            vec![("serverAddress", format!("{scheme}://{address}{path}"))]
        }
        Trigger::Cron(_) => Vec::new(),
    }
}

/// Of a database outside the stack nobody else says these.
fn complete(trigger: &PostgresTrigger, from: &Route, sink: &mut Sink) {
    let login = trigger.login.as_deref();
    if login.is_some_and(|it| it.connection.is_some()) {
        return;
    }
    let user = trigger.user.is_some() || login.is_some_and(|it| it.user_name.is_some());
    for (key, given) in [("dbName", trigger.database.is_some()), ("userName", user)] {
        if !given {
            let message = format!("`{key}` is missing: of a database outside the stack it is not known");
            sink.push(Diagnostic::at_value(&MISSING_FIELD, from, message).help(format!("add `{key}`")));
        }
    }
}

/// What KEDA is told of a Prometheus of the stack, and the container port that it calls.
fn prometheus(
    resolved: &Resolved,
    to: &Component,
    trigger: &PrometheusTrigger,
    from: &Route,
    sink: &mut Sink,
) -> Option<(Vec<(&'static str, String)>, u16)> {
    let ports = &to.endpoints.ports;
    let port = match &trigger.port {
        Some(name) => ports.iter().find(|it| it.name == *name),
        None => ports.first(),
    };
    let Some(port) = port else {
        sink.extend(match &trigger.port {
            Some(name) => resolved.unknown_port(to, name.as_str(), from),
            None => Some(Diagnostic::at_value(&BAD_VALUE, from, format!("`{}` listens on no port", to.name))),
        });
        return None;
    };
    let host = resolved.service_host(to.service.as_str(), &to.namespace, None);
    let path = trigger.path.as_deref().unwrap_or_default();
    Some((vec![("serverAddress", format!("http://{host}:{}{path}", port.service))], port.number))
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
