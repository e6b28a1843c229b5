use serde_json::json;

use super::*;
use crate::k8s::crd::testing::{assert_prints, named};

#[test]
fn prints_the_mesh_wide_policy() {
    let tls = ClientTls { mode: ClientTlsMode::IstioMutual, ..ClientTls::default() };
    let object = DestinationRule {
        metadata: named("mtls"),
        spec: DestinationRuleSpec {
            host: "*.apps.svc.cluster.local".into(),
            traffic_policy: Some(TrafficPolicy { tls: Some(tls), ..TrafficPolicy::default() }),
            ..DestinationRuleSpec::default()
        },
        version: IstioVersion::V1Beta1,
    };
    let expected = json!({
        "apiVersion": "networking.istio.io/v1beta1",
        "kind": "DestinationRule",
        "metadata": {"name": "mtls", "namespace": "apps"},
        "spec": {
            "host": "*.apps.svc.cluster.local",
            "trafficPolicy": {"tls": {"mode": "ISTIO_MUTUAL"}},
        },
    });
    assert_prints(&object, &expected);
}

#[test]
fn prints_everything() {
    let object = DestinationRule {
        metadata: named("ledger"),
        spec: DestinationRuleSpec {
            export_to: vec![".".into()],
            host: "ledger.apps.svc.cluster.local".into(),
            subsets: vec![Subset {
                labels: [("track".into(), "canary".into())].into(),
                name: "canary".into(),
                traffic_policy: None,
            }],
            traffic_policy: Some(full_policy()),
            workload_selector: Some(WorkloadSelector {
                match_labels: [("app".into(), "gateway".into())].into(),
            }),
        },
        version: IstioVersion::V1,
    };
    let expected = json!({
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": {"name": "ledger", "namespace": "apps"},
        "spec": {
            "exportTo": ["."],
            "host": "ledger.apps.svc.cluster.local",
            "subsets": [{"labels": {"track": "canary"}, "name": "canary"}],
            "trafficPolicy": {
                "connectionPool": {
                    "http": {
                        "http1MaxPendingRequests": 1,
                        "http2MaxRequests": 2,
                        "idleTimeout": "1h",
                        "maxRequestsPerConnection": 3,
                        "maxRetries": 4,
                    },
                    "tcp": {
                        "connectTimeout": "10s",
                        "idleTimeout": "1h",
                        "maxConnectionDuration": "2h",
                        "maxConnections": 100,
                        "tcpKeepalive": {"interval": "75s", "probes": 9, "time": "7200s"},
                    },
                },
                "loadBalancer": {
                    "consistentHash": {"httpHeaderName": "x-tenant"},
                    "localityLbSetting": {
                        "enabled": true,
                        "failoverPriority": ["topology.kubernetes.io/zone"],
                    },
                },
                "outlierDetection": {
                    "baseEjectionTime": "30s",
                    "consecutive5xxErrors": 5,
                    "consecutiveGatewayErrors": 3,
                    "interval": "10s",
                    "maxEjectionPercent": 50,
                    "minHealthPercent": 20,
                },
                "portLevelSettings": [{
                    "loadBalancer": {"simple": "LEAST_REQUEST"},
                    "port": {"number": 9090},
                    "tls": {"mode": "DISABLE"},
                }],
                "tls": {
                    "caCertificates": "/certs/ca.pem",
                    "clientCertificate": "/certs/tls.crt",
                    "mode": "MUTUAL",
                    "privateKey": "/certs/tls.key",
                    "sni": "ledger",
                    "subjectAltNames": ["ledger"],
                },
            },
            "workloadSelector": {"matchLabels": {"app": "gateway"}},
        },
    });
    assert_prints(&object, &expected);
}

#[test]
fn prints_each_hash_key_under_its_own_name() {
    let print = |hash: &ConsistentHash| serde_json::to_string(hash).unwrap();
    assert_eq!(print(&ConsistentHash::UseSourceIp(true)), r#"{"useSourceIp":true}"#);
    assert_eq!(
        print(&ConsistentHash::HttpQueryParameterName("t".into())),
        r#"{"httpQueryParameterName":"t"}"#
    );
}

fn full_policy() -> TrafficPolicy {
    TrafficPolicy {
        connection_pool: Some(ConnectionPool {
            http: Some(HttpPool {
                http1_max_pending_requests: Some(1),
                http2_max_requests: Some(2),
                idle_timeout: Some("1h".into()),
                max_requests_per_connection: Some(3),
                max_retries: Some(4),
            }),
            tcp: Some(TcpPool {
                connect_timeout: Some("10s".into()),
                idle_timeout: Some("1h".into()),
                max_connection_duration: Some("2h".into()),
                max_connections: Some(100),
                tcp_keepalive: Some(TcpKeepalive {
                    interval: Some("75s".into()),
                    probes: Some(9),
                    time: Some("7200s".into()),
                }),
            }),
        }),
        load_balancer: Some(LoadBalancer {
            consistent_hash: Some(ConsistentHash::HttpHeaderName("x-tenant".into())),
            locality_lb_setting: Some(LocalityLb {
                enabled: Some(true),
                failover_priority: vec!["topology.kubernetes.io/zone".into()],
            }),
            simple: None,
        }),
        outlier_detection: Some(OutlierDetection {
            base_ejection_time: Some("30s".into()),
            consecutive_5xx_errors: Some(5),
            consecutive_gateway_errors: Some(3),
            interval: Some("10s".into()),
            max_ejection_percent: Some(50),
            min_health_percent: Some(20),
        }),
        port_level_settings: vec![PortPolicy {
            load_balancer: Some(LoadBalancer {
                simple: Some(SimpleLb::LeastRequest),
                ..LoadBalancer::default()
            }),
            port: PortSelector { number: 9090 },
            tls: Some(ClientTls { mode: ClientTlsMode::Disable, ..ClientTls::default() }),
            ..PortPolicy::default()
        }],
        tls: Some(ClientTls {
            ca_certificates: Some("/certs/ca.pem".into()),
            client_certificate: Some("/certs/tls.crt".into()),
            credential_name: None,
            mode: ClientTlsMode::Mutual,
            private_key: Some("/certs/tls.key".into()),
            sni: Some("ledger".into()),
            subject_alt_names: vec!["ledger".into()],
        }),
    }
}
