//! What a generated stack has besides its services, written out by hand.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::networking::v1 as net;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use stackgen::k8s::crd::vault::vault_auth::{AuthMethod, Kubernetes, VaultAuth, VaultAuthSpec};
use stackgen::k8s::crd::vault::vault_connection::{VaultConnection, VaultConnectionSpec};
use stackgen::k8s::crd::vault::vault_static_secret::{
    KeyValueEngine, VaultStaticSecret, VaultStaticSecretSpec,
};
use stackgen::k8s::crd::vault::{Destination, RolloutRestartKind, RolloutRestartTarget, Transformation};

use super::objects::{document, text};
use super::stack::Service;

/// Appends the documents of the namespace, then those of the secrets.
pub(crate) fn write(out: &mut String, services: &[Service]) {
    document(out, &namespace());
    document(out, &policy("default-deny", &["Ingress", "Egress"], None));
    document(out, &policy("allow-dns", &["Egress"], Some(vec![dns()])));
    document(
        out,
        &core::ServiceAccount {
            metadata: metadata("vault-auth"),
            automount_service_account_token: Some(false),
            ..Default::default()
        },
    );
    document(out, &connection());
    document(out, &login());
    for service in services {
        if let Some(name) = &service.secret {
            document(out, &secret(name, &service.name));
        }
    }
}

fn labels() -> BTreeMap<String, String> {
    [("app.kubernetes.io/managed-by", "stackgen"), ("app.kubernetes.io/part-of", "generated")]
        .map(|(key, it)| (key.to_owned(), it.to_owned()))
        .into()
}

fn metadata(name: &str) -> ObjectMeta {
    ObjectMeta { name: text(name), namespace: text("apps"), labels: Some(labels()), ..Default::default() }
}

fn namespace() -> core::Namespace {
    let mut labels = labels();
    for action in ["audit", "enforce", "warn"] {
        labels.insert(format!("pod-security.kubernetes.io/{action}"), "restricted".to_owned());
        labels.insert(format!("pod-security.kubernetes.io/{action}-version"), "latest".to_owned());
    }
    let metadata = ObjectMeta { name: text("apps"), labels: Some(labels), ..Default::default() };
    core::Namespace { metadata, ..Default::default() }
}

fn policy(
    name: &str,
    types: &[&str],
    egress: Option<Vec<net::NetworkPolicyEgressRule>>,
) -> net::NetworkPolicy {
    net::NetworkPolicy {
        metadata: metadata(name),
        spec: Some(net::NetworkPolicySpec {
            egress,
            ingress: None,
            pod_selector: Some(LabelSelector::default()),
            policy_types: Some(types.iter().map(|it| (*it).to_owned()).collect()),
        }),
    }
}

fn dns() -> net::NetworkPolicyEgressRule {
    let selector = |key: &str, it: &str| LabelSelector {
        match_labels: Some([(key.to_owned(), it.to_owned())].into()),
        ..Default::default()
    };
    let port = |protocol: &str| net::NetworkPolicyPort {
        port: Some(IntOrString::Int(53)),
        protocol: text(protocol),
        end_port: None,
    };
    net::NetworkPolicyEgressRule {
        ports: Some(vec![port("UDP"), port("TCP")]),
        to: Some(vec![net::NetworkPolicyPeer {
            namespace_selector: Some(selector("kubernetes.io/metadata.name", "kube-system")),
            pod_selector: Some(selector("k8s-app", "kube-dns")),
            ip_block: None,
        }]),
    }
}

fn connection() -> VaultConnection {
    VaultConnection {
        metadata: metadata("vault"),
        spec: VaultConnectionSpec {
            address: "https://vault.example.com:8200".to_owned(),
            ca_cert_secret_ref: None,
            headers: BTreeMap::new(),
            skip_tls_verify: false,
            timeout: None,
            tls_server_name: None,
        },
    }
}

fn login() -> VaultAuth {
    VaultAuth {
        metadata: metadata("vault"),
        spec: VaultAuthSpec {
            kubernetes: Some(Kubernetes {
                audiences: vec!["vault".to_owned()],
                role: "apps".to_owned(),
                service_account: "vault-auth".to_owned(),
                token_expiration_seconds: None,
            }),
            method: AuthMethod::Kubernetes,
            mount: "kubernetes".to_owned(),
            vault_connection_ref: text("vault"),
            ..Default::default()
        },
    }
}

fn secret(name: &str, service: &str) -> VaultStaticSecret {
    VaultStaticSecret {
        metadata: metadata(name),
        spec: VaultStaticSecretSpec {
            destination: Destination {
                create: true,
                name: name.to_owned(),
                transformation: Some(Transformation {
                    exclude_raw: true,
                    includes: vec!["^token$".to_owned()],
                    ..Default::default()
                }),
                ..Default::default()
            },
            hmac_secret_data: Some(true),
            mount: "secret".to_owned(),
            namespace: None,
            path: format!("apps/{service}"),
            refresh_after: text("1h"),
            rollout_restart_targets: vec![RolloutRestartTarget {
                kind: RolloutRestartKind::Deployment,
                name: service.to_owned(),
            }],
            sync_config: None,
            engine: KeyValueEngine::V2,
            vault_auth_ref: text("vault"),
            version: None,
        },
    }
}
