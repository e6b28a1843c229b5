//! Ports of pods of which Services say different things.

use super::objects::Spot;
use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG595",
    name: "port-of-two-protocols",
    severity: Warning,
    docs: "\
## What it finds
Two Services that lead to one port of the same pods with a sidecar of Istio and say different protocols, by `appProtocol` or the name of the port. Where the Namespace of the pods is not among the objects, any mesh counts.

## Why it matters
The proxy of the pods listens once. It takes one of the protocols for both: requests of the other Service fail, or pass without the policies that are for them.

## Example
```yaml
kind: Service
spec: { selector: { app: web }, ports: [ { name: tcp, port: 80 } ] }   # and another has { name: http, port: 80 }
```

## What to do
Say the same in both, or give the pods a port for each.
",
};

/// A port of a Service: itself, its number, where it leads to, and what is spoken there.
struct Way<'a> {
    port: Spot<'a>,
    number: String,
    target: String,
    protocol: &'static str,
}

fn check(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    if !objects.has_sidecar(object, pods).unwrap_or_else(|| objects.has_mesh()) {
        return;
    }
    let services = objects.serving(object.namespace, pods);
    let ways: Vec<Way<'_>> =
        services.flat_map(|it| it.root.below("spec.ports").items()).filter_map(way).collect();
    let pairs =
        ways.iter().enumerate().flat_map(|(index, one)| ways[..index].iter().map(move |it| (it, one)));
    for (one, other) in pairs.filter(|(one, it)| one.target == it.target && one.protocol != it.protocol) {
        let how = if one.number == other.number { "at one port" } else { "by two ports" };
        let message = format!(
            "Services reach the pods of the {} {how} with different protocols: `{}` and `{}`",
            object.title(),
            one.protocol,
            other.protocol,
        );
        sink.push(
            object
                .named()
                .found(&CODE, message)
                .also(one.port.at(), "the one")
                .also(other.port.at(), "the other")
                .help("say the same in both, or give the pods a port for each"),
        );
    }
}

fn way(port: Spot<'_>) -> Option<Way<'_>> {
    let said = port.below("appProtocol").text_or(port.below("name").text());
    let protocol = match said.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "http" | "http2" | "grpc" | "kubernetes.io/h2c" => "http",
        "https" | "tls" => "tls",
        "tcp" => "tcp",
        "mongo" => "mongo",
        "mysql" => "mysql",
        "redis" => "redis",
        _ => return None,
    };
    let number = port.below("port").value.to_string();
    let target = port.below("targetPort");
    let target = if target.is_written() { target.value.to_string() } else { number.clone() };
    Some(Way { port, number, target, protocol })
}
