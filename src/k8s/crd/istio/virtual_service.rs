//! `VirtualService`: where callers' proxies send the requests to a host.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::destination_rule::PortSelector;
use super::{IstioVersion, NETWORKING};
use crate::k8s::crd::resource;

/// Where callers' proxies send the requests to a host.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VirtualService {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// Hosts and routes.
    pub spec: VirtualServiceSpec,
    /// API version to write.
    pub version: IstioVersion,
}

resource!(VirtualService, NETWORKING, |object| object.version.as_str());

/// Hosts and routes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VirtualServiceSpec {
    /// Full names of Services.
    pub hosts: Vec<String>,
    /// What happens to HTTP and gRPC; the first route that fits.
    pub http: Vec<HttpRoute>,
}

/// What happens to some requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HttpRoute {
    /// Which.
    #[serde(rename = "match")]
    pub matches: Vec<RequestMatch>,
    /// What others call the route.
    pub name: String,
    /// Who gets them.
    pub route: Vec<Share>,
}

/// Requests to a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RequestMatch {
    /// The Service's port.
    pub port: u16,
}

/// A share of the requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Who gets it.
    pub destination: Destination,
    /// How much, in percent.
    pub weight: u32,
}

/// A port of a Service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Destination {
    /// The Service's full name.
    pub host: String,
    /// Its port.
    pub port: PortSelector,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints_every_field() {
        let share = |host: &str, weight| Share {
            destination: Destination { host: host.into(), port: PortSelector { number: 80 } },
            weight,
        };
        let object = VirtualService {
            metadata: named("ledger"),
            spec: VirtualServiceSpec {
                hosts: vec!["ledger.apps.svc.cluster.local".into()],
                http: vec![HttpRoute {
                    matches: vec![RequestMatch { port: 80 }],
                    name: "http".into(),
                    route: vec![share("ledger", 90), share("ledger-canary", 10)],
                }],
            },
            version: IstioVersion::V1,
        };
        let expected = json!({
            "apiVersion": "networking.istio.io/v1",
            "kind": "VirtualService",
            "metadata": {"name": "ledger", "namespace": "apps"},
            "spec": {
                "hosts": ["ledger.apps.svc.cluster.local"],
                "http": [{
                    "match": [{"port": 80}],
                    "name": "http",
                    "route": [
                        {"destination": {"host": "ledger", "port": {"number": 80}}, "weight": 90},
                        {"destination": {"host": "ledger-canary", "port": {"number": 80}}, "weight": 10},
                    ],
                }],
            },
        });
        assert_prints(&object, &expected);
    }
}
