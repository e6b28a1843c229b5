//! Who collects metrics and telemetry.

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::decode::{Cx, Decode, Place};
use super::macros::{model, words};
use super::{AbsolutePath, Alerts, Duration, LabelKey, Name, ProbeScheme, SecretKey, codes};
use crate::diag::Diagnostic;

words! {
    /// How a collector learns what to collect.
    pub enum Collector {
        /// From annotations of pods: `prometheus.io/scrape`, `port`, `path` and `scheme`.
        "annotations" Annotations,
        /// From a `PodMonitor` of the Prometheus Operator for each component.
        "prometheus-operator" Operator,
    }

    /// How telemetry is sent.
    pub enum OtlpProtocol {
        /// gRPC, on port 4317 by custom.
        "grpc" Grpc,
        /// HTTP with binary messages, on port 4318 by custom.
        "http/protobuf" HttpProtobuf,
    }

    /// Which traces are sent, in the words of the OpenTelemetry specification.
    pub enum Sampler {
        /// All.
        "always_on" AlwaysOn,
        /// None.
        "always_off" AlwaysOff,
        /// A share.
        "traceidratio" Ratio,
        /// What the caller sends; all where there is none.
        "parentbased_always_on" ParentAlwaysOn,
        /// What the caller sends; none where there is none.
        "parentbased_always_off" ParentAlwaysOff,
        /// What the caller sends; a share where there is none.
        "parentbased_traceidratio" ParentRatio,
    }
}

impl OtlpProtocol {
    /// The port that the specification gives it.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Self::Grpc => 4317,
            Self::HttpProtobuf => 4318,
        }
    }
}

impl Sampler {
    /// Whether it takes a share.
    #[must_use]
    pub fn takes_ratio(self) -> bool {
        matches!(self, Self::Ratio | Self::ParentRatio)
    }
}

model! {
    /// Metrics, telemetry, logs and alerts of the whole stack.
    pub struct Observability {
        /// Who collects metrics.
        "metrics" metrics: Option<Collection>,
        /// Where traces, metrics and logs are sent by OTLP.
        "otlp" otlp: Option<Otlp>,
        /// How much is logged, in the words of the programs: `${observability.logLevel}` where they want it.
        "logLevel" log_level: Option<String>,
        /// What calls somebody: a `PrometheusRule` for each component. Needs `metrics` with the Prometheus Operator.
        "alerts" alerts: Option<Alerts>,
    }

    /// Who collects the metrics of every component that shows some.
    pub struct Collection {
        /// The collector: a name of `clients`. It is let in to the ports with metrics, and to no others.
        "by" by: Name,
        /// How it learns what to collect.
        "with" with: Collector,
        /// Labels of each `PodMonitor`, by which the collector may select it.
        "labels" labels: IndexMap<LabelKey, String>,
        /// Time between two collections; the collector's own unless given. Not with annotations, which cannot say it.
        "interval" interval: Option<Duration>,
    }

    /// Where a container shows metrics.
    pub struct MetricsPort {
        /// The port, by its name among those of the component.
        "port" port: Name,
        /// The path.
        "path" path: AbsolutePath = AbsolutePath::parse("/metrics").ok()?,
        /// Whether the port speaks TLS.
        "scheme" scheme: ProbeScheme = ProbeScheme::Http,
        /// The token that the port asks for, of a secret in the component's namespace. Not with annotations, which cannot
        /// say it.
        "bearer" bearer: Option<SecretKey>,
    }

    /// Where telemetry is sent. Each service gets the variables of the OpenTelemetry specification and a path to the collector.
    pub struct Otlp {
        /// The collector: a service, tier or external, with `:port` where its port is not clear.
        "to" to: OtlpTarget,
        /// How it is sent.
        "protocol" protocol: OtlpProtocol = OtlpProtocol::HttpProtobuf,
        /// Whether the collector is called by TLS; externals are unless given.
        "tls" tls: Option<bool>,
        /// Whether each pod calls the collector of its own node: a service with `scale: per-node`.
        "nodeLocal" node_local: bool = false,
        /// Which traces are sent; the program's own choice unless given.
        "sampler" sampler: Option<Sampler>,
        /// The share of traces that is sent, 0 to 1: with no other word `parentbased_traceidratio`.
        "ratio" ratio: Option<Ratio>,
        /// Further attributes of everything that is sent, beside those that the stack knows.
        "attributes" attributes: IndexMap<LabelKey, String>,
    }
}

/// Who takes telemetry: a name, and a port of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtlpTarget {
    /// The component or external.
    pub name: Name,
    /// The port; found by the protocol where none.
    pub port: Option<Name>,
}

impl Decode for OtlpTarget {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let text = cx.text(at.node, "`target` or `target:port`")?;
        let (name, port) = match text.text.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (&*text.text, None),
        };
        match (Name::parse(name), port.map(Name::parse).transpose()) {
            (Ok(name), Ok(port)) => Some(Self { name, port }),
            (Err(why), _) | (_, Err(why)) => {
                cx.push(Diagnostic::at_span(&codes::BAD_NAME, at.node.span, why));
                None
            }
        }
    }
}

impl JsonSchema for OtlpTarget {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "OtlpTarget".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A service, tier or external, and with `:port` a port of it by name.",
            "type": "string",
            "pattern": "^[a-z0-9-]+(:[a-z0-9-]+)?$",
        })
    }
}

/// A share, 0 to 1, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ratio(String);

impl Ratio {
    /// The text as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Decode for Ratio {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let text = cx.text(at.node, "a share, 0 to 1")?;
        let plain = text.text.chars().all(|it| it.is_ascii_digit() || it == '.');
        if plain && text.text.parse::<f64>().is_ok_and(|it| (0.0..=1.0).contains(&it)) {
            return Some(Self(text.text.to_string()));
        }
        let message = format!("`{}` is no share: 0 to 1, such as `0.1`", text.text);
        cx.push(Diagnostic::at_span(&codes::BAD_VALUE, at.node.span, message));
        None
    }
}

impl JsonSchema for Ratio {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Ratio".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "description": "A share, 0 to 1.", "type": "number", "minimum": 0, "maximum": 1 })
    }
}
