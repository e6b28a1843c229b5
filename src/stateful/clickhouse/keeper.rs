//! Keeper: voters that agree on what is replicated, in a StatefulSet of their own.

use k8s_openapi::api::core::v1::Container;

use super::ClickhouseTier;
use super::release::KEEPER_IMAGE;
use crate::model::macros::model;
use crate::model::{Image, Name, Quantity, Resources, StaticVolume};
use crate::stateful::TierContext;
use crate::stateful::fields::Storage;
use crate::stateful::pieces::{self, env, field_env, http_probe, mount, read_only, tcp_probe};
use crate::workload::{Controller, Part, Pod, ServiceKind, Update, Workload, resources};

/// The port for servers.
pub(super) const CLIENT: (&str, u16) = ("keeper", 9181);
/// The port where voters talk to each other.
pub(super) const RAFT: (&str, u16) = ("raft", 9234);
/// The port that says whether a voter sees a leader.
pub(super) const CONTROL: (&str, u16) = ("control", 9182);
/// Where the volume is.
pub(super) const DATA_PATH: &str = "/var/lib/clickhouse-keeper";

/// Seconds that a voter gets to stop: it closes its sessions and its log.
const GRACE: u32 = 30;
/// The key that describes them.
pub(super) const BELOW: &[&str] = &["keeper"];
const FOLDER: &str = "/etc/clickhouse-keeper";

model! {
    /// The Keeper quorum of a ClickHouse tier.
    pub struct KeeperFields {
        /// How many vote: an odd number, or 0 for none where nothing is replicated.
        "replicas" replicas: u32 = 3,
        /// The image, where another than the official one of the tier's version.
        "image" image: Option<Image>,
        /// Storage of each voter.
        "storage" storage: Quantity = standard_storage(),
        /// The `StorageClass`; that of the servers unless given.
        "storageClass" storage_class: Option<Name>,
        /// The volume of each voter, where it exists already.
        "volume" volume: Option<StaticVolume>,
        /// What each voter asks for and may use at most.
        "resources" resources: Resources = standard_resources(),
    }
}

impl KeeperFields {
    /// Keeper where the stack says nothing of it.
    pub(super) fn standard() -> Self {
        Self {
            replicas: 3,
            image: None,
            storage: standard_storage(),
            storage_class: None,
            volume: None,
            resources: standard_resources(),
        }
    }
}

fn amount(text: &str) -> Quantity {
    Quantity::parse(text).expect("a literal amount")
}

fn standard_storage() -> Quantity {
    amount("10Gi")
}

fn standard_resources() -> Resources {
    let memory = || ("memory".to_owned(), amount("512Mi"));
    Resources { requests: [("cpu".to_owned(), amount("100m")), memory()].into(), limits: [memory()].into() }
}

/// The name of the voters' StatefulSet.
pub(super) fn set(name: &str) -> String {
    format!("{name}-keeper")
}

/// The storage of each voter.
pub(super) fn storage(tier: &ClickhouseTier, keeper: &KeeperFields) -> Storage {
    Storage {
        size: keeper.storage.clone(),
        class: keeper.storage_class.clone().or_else(|| tier.storage.class.clone()),
        volume: keeper.volume.clone(),
    }
}

/// The voters.
pub(super) fn part(tier: &ClickhouseTier, keeper: &KeeperFields, cx: &TierContext<'_>, config: &str) -> Part {
    let name = set(cx.name);
    let headless = pieces::headless(&name);
    let user = tier.fields.version.user();
    let pod = Pod {
        security: pieces::pod_security(user),
        grace: GRACE,
        volumes: vec![
            pieces::config("config", config, &["keeper_config.xml", "start.sh"], Some(0o555)),
            pieces::scratch("tmp", 16),
        ],
        containers: vec![container(tier, keeper)],
        ..Pod::default()
    };
    let services = vec![pieces::service(headless.clone(), ServiceKind::Headless, &[CLIENT, RAFT])];
    let workload = Workload {
        name,
        part: Some("keeper"),
        controller: Controller::StatefulSet {
            replicas: keeper.replicas,
            headless,
            // A voter listens to servers only when it has found a majority.
            parallel: true,
            claims: vec![pieces::claim_below(&storage(tier, keeper), BELOW)],
            update: Update::Rolling,
        },
        pod,
    };
    Part { workload, services, budget: pieces::quorum_budget(keeper.replicas) }
}

fn container(tier: &ClickhouseTier, keeper: &KeeperFields) -> Container {
    let version = &tier.fields.version;
    let official = || format!("{KEEPER_IMAGE}:{}", version.as_str());
    Container {
        name: "keeper".to_owned(),
        image: Some(keeper.image.as_ref().map_or_else(official, ToString::to_string)),
        command: Some(vec![format!("{FOLDER}/start.sh")]),
        env: Some(vec![
            field_env("POD_NAME", "metadata.name"),
            // Process 1 is Keeper itself, which the signal to stop must reach.
            env("CLICKHOUSE_WATCHDOG_ENABLE", "0"),
        ]),
        ports: Some([CLIENT, RAFT, CONTROL].map(|(name, number)| pieces::port(name, number)).into()),
        // Long: it does not listen before a majority is there, and that is no fault of this pod.
        startup_probe: Some(tcp_probe(CLIENT.0, 5, 240)),
        // Only a voter that sees a leader counts, so that a rollout never takes the majority.
        readiness_probe: Some(http_probe("/ready", CONTROL.0, 5, 3)),
        liveness_probe: Some(tcp_probe(CLIENT.0, 10, 6)),
        resources: Some(resources(&keeper.resources)),
        security_context: Some(pieces::security(version.user())),
        volume_mounts: Some(vec![
            mount(pieces::DATA, DATA_PATH),
            read_only("config", FOLDER),
            mount("tmp", "/tmp"),
        ]),
        ..Container::default()
    }
}
