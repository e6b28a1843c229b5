//! The server's configuration: what the tier decides, and the stack's own settings. A setting of a stanza is written
//! with the stanza's name: `raft.performance_multiplier`.

use serde::Serialize;

use super::unseal::Seal;
use super::{API_PORT, CLUSTER_PORT, Nodes};
use crate::diag::{Diagnostic, Route, Sink};
use crate::model::codes::BAD_VALUE;
use crate::stateful::TierContext;
use crate::stateful::setting::{Kind, Known, Setting, SettingName};

/// Stanzas whose settings the stack may write.
const STANZAS: [&str; 3] = ["listener", "raft", "telemetry"];

/// Names and kinds: developer.hashicorp.com/vault/docs/configuration and its pages `listener/tcp`, `storage/raft`.
pub(super) static KNOWN: Known = Known {
    kinds: &[
        ("disable_cache", Kind::Switch),
        ("enable_response_header_hostname", Kind::Switch),
        ("enable_response_header_raft_node_id", Kind::Switch),
        ("listener.max_request_size", Kind::Integer),
        ("listener.tls_min_version", Kind::Word(&["tls10", "tls11", "tls12", "tls13"])),
        ("log_format", Kind::Word(&["json", "standard"])),
        ("log_level", Kind::Word(&["trace", "debug", "info", "warn", "error"])),
        ("raft.max_entry_size", Kind::Integer),
        ("raft.performance_multiplier", Kind::Integer),
        ("raft.snapshot_threshold", Kind::Integer),
        ("raft.trailing_logs", Kind::Integer),
        ("raw_storage_endpoint", Kind::Switch),
    ],
    reserved: &[
        ("api_addr", ""),
        ("audit", "use the field `audit`"),
        ("cluster_addr", ""),
        ("disable_clustering", ""),
        ("disable_mlock", "no pod may lock memory: keep swap off on the nodes"),
        ("ha_storage", ""),
        ("listener", "write a setting of it as `listener.NAME`"),
        ("listener.address", ""),
        ("listener.cluster_address", ""),
        ("listener.tls_cert_file", "use `tls`"),
        ("listener.tls_client_ca_file", "probes and peers have no client certificate"),
        ("listener.tls_disable", "use `tls`"),
        ("listener.tls_key_file", "use `tls`"),
        ("listener.tls_require_and_verify_client_cert", "probes and peers have no client certificate"),
        ("raft", "write a setting of it as `raft.NAME`"),
        ("raft.node_id", ""),
        ("raft.path", ""),
        ("raft.retry_join", ""),
        ("seal", "use `unseal`"),
        ("service_registration", ""),
        ("storage", "write a setting of it as `raft.NAME`"),
        ("telemetry", "write a setting of it as `telemetry.NAME`"),
        ("ui", "use the field `ui`"),
    ],
};

/// What the configuration's template is made of.
#[derive(Serialize)]
struct Context<'a> {
    top: Vec<(&'a str, &'a Setting)>,
    title: &'static str,
    prefix: &'static str,
    root: &'static str,
    audit: bool,
    path: &'static str,
    raft: Vec<(&'a str, &'a Setting)>,
    peers: Vec<String>,
    server_name: String,
    api_port: u16,
    cluster_port: u16,
    listener: Vec<(&'a str, &'a Setting)>,
    telemetry: Vec<(&'a str, &'a Setting)>,
    seal: Option<Seal<'a>>,
}

/// The file.
pub(super) fn file(tier: &Nodes<'_>, cx: &TierContext<'_>) -> String {
    let fields = tier.fields;
    let peer = |ordinal| format!("https://{}:{API_PORT}", cx.pod_host(ordinal));
    let (ui, locked, hidden) = (Setting::Switch(fields.ui), Setting::Switch(true), Setting::Switch(true));
    let mut top = vec![("ui", &ui)];
    if tier.brand.locks {
        top.push(("disable_mlock", &locked));
    }
    let mut context = Context {
        top,
        title: tier.brand.title,
        prefix: tier.brand.prefix,
        root: tier.brand.root,
        audit: tier.access.audit && tier.brand.declares_audit,
        path: tier.data,
        raft: Vec::new(),
        // A single node joins nobody: it is initialised.
        peers: if fields.replicas > 1 { (0..fields.replicas).map(peer).collect() } else { Vec::new() },
        server_name: super::host(cx),
        api_port: API_PORT,
        cluster_port: CLUSTER_PORT,
        listener: Vec::new(),
        telemetry: Vec::new(),
        seal: fields.unseal.seal(tier.brand),
    };
    for (name, setting) in &fields.config {
        match name.as_str().split_once('.') {
            Some(("listener", key)) => context.listener.push((key, setting)),
            Some(("raft", key)) => context.raft.push((key, setting)),
            Some(("telemetry", key)) => context.telemetry.push((key, setting)),
            _ => context.top.push((name.as_str(), setting)),
        }
    }
    let named = context.telemetry.iter().any(|(key, _)| *key == "disable_hostname");
    if !named && !context.telemetry.is_empty() {
        // With the pod's name in every metric, a restart would begin a new series.
        context.telemetry.insert(0, ("disable_hostname", &hidden));
    }
    let source = include_str!("../../../templates/vault/vault.hcl.j2");
    crate::stateful::render("vault/vault.hcl.j2", source, &context)
}

/// Reports settings that the tier decides, values of the wrong kind, and stanzas that it does not write.
pub(super) fn check(tier: &Nodes<'_>, at: &Route, sink: &mut Sink) {
    KNOWN.check(&tier.fields.config, at, sink);
    for name in tier.fields.config.keys().map(SettingName::as_str) {
        let Some((stanza, key)) = name.split_once('.') else { continue };
        if !STANZAS.contains(&stanza) || key.contains('.') {
            let message = format!("`{name}` is a setting of no stanza that the tier writes");
            sink.push(
                Diagnostic::at_key(&BAD_VALUE, &at.join(name), message)
                    .help("use `listener.NAME`, `raft.NAME`, `telemetry.NAME`, or a name without `.`"),
            );
        }
    }
}
