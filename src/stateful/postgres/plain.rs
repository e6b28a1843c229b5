//! What runs without an operator.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{PORT, PORT_NAME, PostgresTier, Release, backup, pod, release};
use crate::k8s::labels;
use crate::stateful::{Plan, TierContext, pieces, render};
use crate::workload::{ConfigFiles, Controller, Part, ServiceKind, ServiceSpec, Update, Workload};

/// What runs.
pub(super) fn plan(tier: &PostgresTier, cx: &TierContext<'_>) -> Plan {
    let config = format!("{}-config", cx.name);
    let headless = cx.headless();
    let service = |name: String, kind, pod: Option<String>| {
        let selector = pod.map(|it| (labels::POD_NAME.to_owned(), it));
        ServiceSpec {
            selector: selector.into_iter().collect(),
            ..pieces::service(name, kind, &[(PORT_NAME, PORT)])
        }
    };
    let primary = Some(format!("{}-0", cx.name));
    let mut services = vec![service(cx.service().to_owned(), ServiceKind::ClusterIp, primary)];
    if tier.replicated() {
        let standby = Some(format!("{}-1", cx.name));
        services.push(service(format!("{}-ro", cx.name), ServiceKind::ClusterIp, standby));
    }
    services.push(service(headless.clone(), ServiceKind::Headless, None));
    let workload = Workload {
        name: cx.name.to_owned(),
        part: Some("server"),
        controller: Controller::StatefulSet {
            replicas: tier.fields.replicas,
            headless,
            // A standby waits for its primary by itself, and a broken primary must not keep it from starting.
            parallel: true,
            claims: vec![pieces::claim(&tier.storage)],
            update: Update::Rolling,
        },
        pod: pod::pod(tier, cx.name, &config, cx.pods.late_proxy),
    };
    let mut plan = Plan {
        parts: vec![Part { workload, services, budget: pieces::replica_budget(tier.fields.replicas) }],
        files: vec![ConfigFiles { name: config, files: files(tier, cx) }],
        ..Plan::default()
    };
    if let Some(it) = tier.fields.backup.as_ref().map(|it| backup::plan(tier, it, cx)) {
        plan.parts.extend(it.parts);
        plan.files.push(it.files);
        plan.objects.extend(it.claim);
    }
    plan
}

/// The version that runs.
pub(super) fn version(tier: &PostgresTier) -> Release {
    tier.fields.version.clone().unwrap_or_else(Release::standard)
}

/// Seconds that a pod gets to stop by itself.
pub(super) fn grace(tier: &PostgresTier) -> u32 {
    tier.fields.grace.unwrap_or(release::TABLE.drain)
}

/// A script of the stack that runs at the first start.
pub(super) struct InitFile<'a> {
    /// Its key in the `ConfigMap`, apart from those of the tier's own files.
    pub(super) config_key: String,
    /// Its name in the container. The image runs scripts in the order of their names, `00-stackgen.sh` first.
    pub(super) mounted: String,
    /// Its path in the stack's folder.
    path: &'a str,
}

#[derive(Serialize)]
struct StartContext<'a> {
    hosts: Vec<String>,
    volume: &'a str,
}

#[derive(Serialize)]
struct InitContext<'a> {
    replicas: u32,
    databases: &'a [String],
}

/// The stack's own scripts.
pub(super) fn init_files(tier: &PostgresTier) -> impl Iterator<Item = InitFile<'_>> {
    tier.scripts().into_iter().map(|(key, path)| InitFile {
        config_key: format!("initdb.{key}"),
        mounted: format!("10-{key}"),
        path: path.as_str(),
    })
}

fn files(tier: &PostgresTier, cx: &TierContext<'_>) -> BTreeMap<String, String> {
    let fields = &tier.fields;
    let host = |ordinal: u32| format!("{}:{PORT}", cx.pod_host(ordinal));
    let start =
        StartContext { hosts: (0..fields.replicas).map(host).collect(), volume: version(tier).line().mount };
    let init = InitContext { replicas: fields.replicas, databases: &fields.databases };
    let mut files = BTreeMap::new();
    macro_rules! own {
        ($name:literal, $context:expr) => {
            let source = include_str!(concat!("../../../templates/postgres/", $name, ".j2"));
            files.insert($name.to_owned(), render(concat!("postgres/", $name, ".j2"), source, $context));
        };
    }
    own!("start.sh", &start);
    own!("postgresql.conf", &tier.settings());
    own!("pg_hba.conf", &());
    own!("init.sh", &init);
    for file in init_files(tier) {
        // A file that cannot be read is reported where it is read, and then nothing is lowered.
        let text = cx.files.get(file.path).cloned().unwrap_or_default();
        files.insert(file.config_key, text);
    }
    files
}
