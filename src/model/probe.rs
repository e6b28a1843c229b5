//! Probes.

use schemars::JsonSchema;

use super::decode::{Cx, Decode, Fields, Place};
use indexmap::IndexMap;

use super::macros::{model, words};
use super::{Name, Text};

words! {
    /// How an HTTP probe connects.
    pub enum ProbeScheme {
        /// Plain.
        "HTTP" Http,
        /// Over TLS, whatever the certificate says.
        "HTTPS" Https,
    }
}

model! {
    /// A probe: one of `http`, `grpc`, `tcp` and `exec`, with Kubernetes' own timing fields.
    pub struct ProbeFields {
        /// The path of an HTTP GET.
        "http" http: Option<String>,
        /// How the HTTP GET connects.
        "scheme" scheme: Option<ProbeScheme>,
        /// Headers of the HTTP GET: a `Host`, for one.
        "httpHeaders" headers: IndexMap<String, Text>,
        /// The service name of the gRPC health protocol; empty text for the server as a whole.
        "grpc" grpc: Option<String>,
        /// Whether the port takes connections.
        "tcp" tcp: Option<bool>,
        /// A command.
        "exec" exec: Option<Vec<Text>>,
        /// The port, by name.
        "port" port: Option<Name>,
        /// Seconds before the first probe.
        "initialDelaySeconds" initial_delay: Option<i32>,
        /// Seconds between probes.
        "periodSeconds" period: Option<i32>,
        /// Seconds until an answer is too late.
        "timeoutSeconds" timeout: Option<i32>,
        /// Failures in a row until it counts.
        "failureThreshold" failure_threshold: Option<i32>,
        /// Successes in a row until it counts.
        "successThreshold" success_threshold: Option<i32>,
        /// Seconds from the request to stop until the kill, where this probe is what stops the container.
        "terminationGracePeriodSeconds" grace: Option<u32>,
    }

    /// The probes of a container.
    pub struct Probes {
        /// Fails: the container is restarted.
        "liveness" liveness: Option<Probe>,
        /// Fails: the pod gets no traffic.
        "readiness" readiness: Option<Probe>,
        /// Until it succeeds, the other two wait.
        "startup" startup: Option<Probe>,
    }
}

impl Probes {
    /// Those that there are, with their keys.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &Probe)> {
        let all = [("liveness", &self.liveness), ("readiness", &self.readiness), ("startup", &self.startup)];
        all.into_iter().filter_map(|(key, it)| Some((key, it.as_ref()?)))
    }
}

/// What a probe does.
#[derive(Clone, Debug)]
pub enum Action {
    /// An HTTP GET of a path.
    Http(String),
    /// The gRPC health protocol for a service name.
    Grpc(String),
    /// A connection.
    Tcp,
    /// A command.
    Exec(Vec<Text>),
}

/// A probe.
#[derive(Clone, Debug)]
pub struct Probe {
    /// What it does.
    pub action: Action,
    /// The timing and port fields.
    pub fields: ProbeFields,
}

impl Decode for Probe {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let (open, chosen) =
            Fields::open_choice(at, ProbeFields::KEYS, &["http", "grpc", "tcp", "exec"], cx)?;
        let mut fields = ProbeFields::decode_fields(&open, cx)?;
        let action = match chosen? {
            "http" => Action::Http(fields.http.take()?),
            "grpc" => Action::Grpc(fields.grpc.take()?),
            "tcp" => Action::Tcp,
            _ => Action::Exec(fields.exec.take()?),
        };
        Some(Self { action, fields })
    }
}

impl JsonSchema for Probe {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Probe".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        ProbeFields::json_schema(generator)
    }
}
