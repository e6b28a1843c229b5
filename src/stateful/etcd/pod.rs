//! The pod of a member: what `docs/engines/etcd.md` says of it.

use indexmap::IndexMap;
use k8s_openapi::api::core::v1::{Container, EnvVar};

use super::{CLIENT, CLIENT_PORT, EtcdTier, METRICS, METRICS_PORT, PEER, PEER_PORT};
use crate::stateful::TierContext;
use crate::stateful::pieces::{self, env, field_env, http_probe, mount, read_only};
use crate::workload::{Pod, resources};

/// Where the certificate is.
const TLS: &str = "/etc/etcd/tls";

/// The pod of a member.
pub(super) fn pod(tier: &EtcdTier, cx: &TierContext<'_>) -> Pod {
    let fields = &tier.fields;
    let user = fields.version.user();
    let keys = tier.certificate_keys();
    let mut mounts = vec![mount(pieces::DATA, fields.version.line().mount)];
    let mut volumes = Vec::new();
    if !keys.is_empty() {
        mounts.push(read_only("tls", TLS));
        let files: Vec<_> = keys.iter().map(|it| (it, it.key.as_str())).collect();
        volumes.push(pieces::secrets("tls", &files));
    }
    let container = Container {
        name: cx.name.to_owned(),
        image: Some(fields.version.image(fields.image.as_ref())),
        command: Some(vec!["etcd".to_owned()]),
        args: Some(arguments(tier, cx).into_iter().map(|(key, value)| format!("--{key}={value}")).collect()),
        env: Some(variables(tier, cx)),
        ports: Some(vec![
            pieces::port(CLIENT, CLIENT_PORT),
            pieces::port(METRICS, METRICS_PORT),
            pieces::port(PEER, PEER_PORT),
        ]),
        // What lives may wait for others; what is ready has a majority. A large log is replayed for minutes.
        startup_probe: Some(http_probe("/livez", METRICS, 5, 240)),
        readiness_probe: Some(http_probe("/readyz", METRICS, 5, 3)),
        liveness_probe: Some(http_probe("/livez", METRICS, 10, 6)),
        resources: tier.common.resources.as_deref().map(resources),
        security_context: Some(pieces::security(user)),
        volume_mounts: Some(mounts),
        ..Container::default()
    };
    Pod {
        security: pieces::pod_security(user),
        grace: fields.grace,
        volumes,
        containers: vec![container],
        ..Pod::default()
    }
}

/// The server's arguments without `--`; those of the stack replace the derived ones.
fn arguments(tier: &EtcdTier, cx: &TierContext<'_>) -> IndexMap<String, String> {
    let fields = &tier.fields;
    let scheme = tier.scheme();
    let domain = cx.pods_domain();
    let peer = |it| {
        let host = cx.pod_host(it);
        format!("{}-{it}=http://{host}:{PEER_PORT}", cx.name)
    };
    let members: Vec<String> = (0..fields.replicas).map(peer).collect();
    let mut found: IndexMap<String, String> = [
        ("name", "$(POD_NAME)".to_owned()),
        // Below the mount, so that the member makes it for itself alone, whatever the volume's own rights are.
        ("data-dir", format!("{}/data", fields.version.line().mount)),
        ("listen-client-urls", format!("{scheme}://0.0.0.0:{CLIENT_PORT}")),
        ("advertise-client-urls", format!("{scheme}://$(POD_NAME).{domain}:{CLIENT_PORT}")),
        ("listen-peer-urls", format!("http://0.0.0.0:{PEER_PORT}")),
        ("initial-advertise-peer-urls", format!("http://$(POD_NAME).{domain}:{PEER_PORT}")),
        ("listen-metrics-urls", format!("http://0.0.0.0:{METRICS_PORT}")),
        ("initial-cluster", members.join(",")),
        ("initial-cluster-state", fields.state.as_str().to_owned()),
        // Members of another cluster that come to the same address are refused.
        ("initial-cluster-token", format!("{}.{}", cx.name, cx.namespace)),
        ("quota-backend-bytes", tier.quota().to_string()),
        ("auto-compaction-mode", "periodic".to_owned()),
        ("auto-compaction-retention", "1h".to_owned()),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect();
    if fields.certificate.is_some() {
        found.insert("cert-file".to_owned(), format!("{TLS}/tls.crt"));
        found.insert("key-file".to_owned(), format!("{TLS}/tls.key"));
        if fields.client_cert_auth {
            found.insert("client-cert-auth".to_owned(), "true".to_owned());
            found.insert("trusted-ca-file".to_owned(), format!("{TLS}/ca.crt"));
        }
    }
    for (key, value) in &fields.config {
        // `$(X)` would be a variable to Kubernetes.
        found.insert(key.as_str().to_owned(), value.text().replace("$(", "$$("));
    }
    found
}

/// The pod's name, and what `kubectl exec POD -- etcdctl` needs.
fn variables(tier: &EtcdTier, cx: &TierContext<'_>) -> Vec<EnvVar> {
    let host = format!("$(POD_NAME).{}", cx.pods_domain());
    let mut found = vec![
        field_env("POD_NAME", "metadata.name"),
        env("ETCDCTL_ENDPOINTS", format!("{}://{host}:{CLIENT_PORT}", tier.scheme())),
    ];
    if tier.fields.certificate.is_some() {
        found.push(env("ETCDCTL_CACERT", format!("{TLS}/ca.crt")));
    }
    if tier.fields.client_cert_auth {
        found.push(env("ETCDCTL_CERT", format!("{TLS}/tls.crt")));
        found.push(env("ETCDCTL_KEY", format!("{TLS}/tls.key")));
    }
    found
}
