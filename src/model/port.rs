//! Ports.

use schemars::JsonSchema;

use super::PortNumber;
use super::decode::{Cx, Decode, Place};
use super::macros::{model, words};

words! {
    /// A transport protocol.
    pub enum Protocol {
        /// TCP.
        "TCP" Tcp,
        /// UDP.
        "UDP" Udp,
    }
}

model! {
    /// A port with more to say than its number.
    pub struct PortFields {
        /// The port that the container listens on.
        "port" port: PortNumber,
        /// The Service's port, where another.
        "service" service: Option<PortNumber>,
        /// The transport protocol.
        "protocol" protocol: Protocol = Protocol::Tcp,
        /// The application protocol, for meshes and gateways: `http`, `grpc`, `tcp`, …
        "appProtocol" app_protocol: Option<String>,
    }
}

/// A port of a container and of its Service.
#[derive(Clone, Debug)]
pub struct Port {
    /// The port that the container listens on.
    pub number: PortNumber,
    /// The Service's port.
    pub service: PortNumber,
    /// The transport protocol.
    pub protocol: Protocol,
    /// The application protocol.
    pub app_protocol: Option<String>,
}

impl Port {
    /// A TCP port that is the same on the Service.
    #[must_use]
    pub fn tcp(number: u16) -> Self {
        let number = PortNumber::known(number);
        Self { number, service: number, protocol: Protocol::Tcp, app_protocol: None }
    }
}

impl Decode for Port {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        if at.node.as_map().is_none() {
            let number = PortNumber::decode(at, cx)?;
            return Some(Self { number, service: number, protocol: Protocol::Tcp, app_protocol: None });
        }
        let read = PortFields::decode(at, cx)?;
        Some(Self {
            number: read.port,
            service: read.service.unwrap_or(read.port),
            protocol: read.protocol,
            app_protocol: read.app_protocol,
        })
    }
}

impl JsonSchema for Port {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Port".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let (number, fields) =
            (generator.subschema_for::<PortNumber>(), generator.subschema_for::<PortFields>());
        schemars::json_schema!({ "anyOf": [number, fields] })
    }
}
