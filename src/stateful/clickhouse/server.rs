//! The servers: a StatefulSet a shard.

use k8s_openapi::api::core::v1::{ConfigMapVolumeSource, Container, EnvVar, Volume, VolumeMount};

use super::ClickhouseTier;
use super::config::SERVER_FILES;
use super::file::Folder;
use crate::stateful::TierContext;
use crate::stateful::pieces::{self, env, field_env, http_probe, mount, read_only, secret_env};
use crate::workload::{Controller, Part, Pod, ServiceKind, ServiceSpec, Update, Workload, resources};

/// The port of ClickHouse's own protocol, for clients and servers.
pub(super) const NATIVE: (&str, u16) = ("native", 9000);
/// The port for HTTP.
pub(super) const HTTP: (&str, u16) = ("http", 8123);
/// The port where replicas fetch parts from each other.
pub(super) const INTERSERVER: (&str, u16) = ("interserver", 9009);
/// Where the image keeps data; a volume of it.
pub(super) const DATA_PATH: &str = "/var/lib/clickhouse";

/// Seconds until the endpoint is gone everywhere, before the server is told to stop.
pub(super) const LEAVE: u32 = 5;
/// Seconds of the grace that are kept for what a server does after the last query: tables flush and close.
pub(super) const CLOSE: u32 = 25;

/// A shard's servers; the first shard comes with the Service of all of them.
pub(super) fn part(tier: &ClickhouseTier, cx: &TierContext<'_>, shard: u32, config: &str) -> Part {
    let name = tier.set(cx.name, shard);
    let headless = cx.headless_of(&name);
    let mut services = Vec::new();
    if shard == 0 {
        services.push(pieces::service(cx.service().to_owned(), ServiceKind::ClusterIp, &[NATIVE, HTTP]));
    }
    services.push(ServiceSpec {
        selector: tier.shard_labels(shard),
        ..pieces::service(headless.clone(), ServiceKind::Headless, &[NATIVE, HTTP, INTERSERVER])
    });
    let fields = &tier.fields;
    let pod = Pod {
        identity: tier.shard_labels(shard),
        security: pieces::pod_security(fields.version.user()),
        grace: fields.grace,
        volumes: volumes(tier, config),
        containers: vec![container(tier, cx, shard, &headless)],
        ..Pod::default()
    };
    let workload = Workload {
        name,
        part: Some("server"),
        controller: Controller::StatefulSet {
            replicas: fields.replicas,
            headless,
            // Each replica starts by itself, and finds the others when they are there.
            parallel: true,
            claims: vec![pieces::claim(&tier.storage)],
            update: Update::Rolling,
        },
        pod,
    };
    Part { workload, services, budget: pieces::replica_budget(fields.replicas) }
}

fn container(tier: &ClickhouseTier, cx: &TierContext<'_>, shard: u32, headless: &str) -> Container {
    let version = &tier.fields.version;
    // Parts are loaded before the server listens.
    let ping = |period, failures| Some(http_probe("/ping", HTTP.0, period, failures));
    let seconds = LEAVE.to_string();
    Container {
        name: cx.name.to_owned(),
        image: Some(version.image(tier.fields.image.as_ref())),
        // The image's entrypoint writes users into /etc and changes owners, neither of which is needed here.
        command: Some(
            ["clickhouse-server", "--config-file=/etc/clickhouse-server/config.xml"]
                .map(str::to_owned)
                .into(),
        ),
        env: Some(variables(tier, cx, shard, headless)),
        ports: Some([NATIVE, HTTP, INTERSERVER].map(|(name, number)| pieces::port(name, number)).into()),
        startup_probe: ping(5, 240),
        readiness_probe: ping(5, 3),
        liveness_probe: ping(10, 6),
        lifecycle: Some(pieces::pre_stop(&["sleep", &seconds])),
        resources: tier.common.resources.as_deref().map(resources),
        security_context: Some(pieces::security(version.user())),
        volume_mounts: Some(mounts(tier)),
        ..Container::default()
    }
}

fn variables(tier: &ClickhouseTier, cx: &TierContext<'_>, shard: u32, headless: &str) -> Vec<EnvVar> {
    let mut found = vec![
        field_env("POD_NAME", "metadata.name"),
        env("POD_HOST", format!("$(POD_NAME).{headless}.{}.svc.{}", cx.namespace, cx.cluster.domain)),
        env("SHARD", shard.to_string()),
        // Process 1 is the server itself, which the signal to stop must reach.
        env("CLICKHOUSE_WATCHDOG_ENABLE", "0"),
        // These two are also what `clickhouse-client` in the pod logs in with.
        env("CLICKHOUSE_USER", &tier.fields.user),
        secret_env("CLICKHOUSE_PASSWORD", &tier.fields.password),
    ];
    found.extend(tier.fields.interserver_secret.as_ref().map(|it| secret_env("INTERSERVER_SECRET", it)));
    found
}

fn mounts(tier: &ClickhouseTier) -> Vec<VolumeMount> {
    vec![
        mount(pieces::DATA, tier.fields.version.line().mount),
        read_only("config", "/etc/clickhouse-server/config.d"),
        read_only("users", "/etc/clickhouse-server/users.d"),
        mount("tmp", "/tmp"),
    ]
}

fn volumes(tier: &ClickhouseTier, config: &str) -> Vec<Volume> {
    let folder = |volume: &str, folder: Folder| {
        let own = SERVER_FILES.iter().filter(|it| it.folder == folder);
        let stack = tier.fields.files.keys().filter(|it| it.folder() == folder);
        let mut items: Vec<_> = own.map(|it| pieces::key_to_path(it.key, it.mounted)).collect();
        items.extend(stack.map(|it| pieces::key_to_path(&it.config_key(), it.name())));
        let source = ConfigMapVolumeSource {
            name: config.to_owned(),
            items: Some(items),
            ..ConfigMapVolumeSource::default()
        };
        Volume { name: volume.to_owned(), config_map: Some(source), ..Volume::default() }
    };
    vec![folder("config", Folder::Config), folder("users", Folder::Users), pieces::scratch("tmp", 64)]
}
