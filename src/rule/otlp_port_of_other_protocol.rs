//! Telemetry by one protocol to the port of another.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink};
use crate::model::OtlpProtocol;
use crate::resolve::Target;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG472",
    name: "otlp-port-of-other-protocol",
    severity: Error,
    docs: "\
## What it finds
`otlp` with a protocol and a port that is the other protocol's, by its number (4317 is gRPC's, 4318 is HTTP's), by its name or by its `appProtocol`.

## Why it matters
The collector refuses every message. The programs drop what they cannot send and go on, so nobody sees it but in dashboards that stay empty.

## Example
```yaml
observability: { otlp: { to: collector:otlp-grpc, protocol: http/protobuf } }
```

## What to do
Write the protocol of the port, or the port of the protocol. A port that only looks like the other's is accepted with a reason.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let resolved = facts.resolved;
    let Some(telemetry) = &resolved.telemetry else { return };
    let Some(otlp) = resolved.stack.observability.as_ref().and_then(|it| it.otlp.as_ref()) else { return };
    let port = &telemetry.port;
    let (own, other) = match otlp.protocol {
        OtlpProtocol::Grpc => (OtlpProtocol::Grpc, OtlpProtocol::HttpProtobuf),
        OtlpProtocol::HttpProtobuf => (OtlpProtocol::HttpProtobuf, OtlpProtocol::Grpc),
    };
    let word = if other == OtlpProtocol::Grpc { "grpc" } else { "http" };
    let external = matches!(telemetry.to, Target::External(_));
    let named = !external && port.name.as_str().split('-').any(|it| it == word);
    let spoken = port.app_protocol.as_deref().is_some_and(|it| it == word);
    let why = if port.number == other.port() {
        format!("{} is the port of `{}`", other.port(), other.as_str())
    } else if port.number == own.port() {
        return;
    } else if named {
        format!("the port is called `{}`", port.name)
    } else if spoken {
        format!("the port says `appProtocol: {word}`")
    } else {
        return;
    };
    let place = match &telemetry.to {
        Target::Component(it) => resolved.components.get(it).map(|it| it.route().clone()),
        Target::External(it) => Some(Route::of(&["externals", it.as_str()])),
    };
    let at = Route::of(&["observability", "otlp", "to"]);
    let message = format!("telemetry by `{}` does not fit this port: {why}", own.as_str());
    let found = Diagnostic::at_value(&CODE, &at, message);
    let found = match place {
        Some(place) => found.also(At::Node(place, Part::Key), "the collector"),
        None => found,
    };
    sink.push(found.help(format!(
        "write `protocol: {}`, or name the port that takes `{}`",
        other.as_str(),
        own.as_str()
    )));
}
