//! The roles, their ports and their flags.

use super::SeaweedfsTier;
use crate::model::Quantity;
use crate::stateful::setting::Known;
use crate::stateful::{TierContext, pieces, setting::Kind};

/// A port with its name. Of each but that for metrics there is a second for gRPC, ten thousand higher.
pub(super) type Port = (&'static str, u16);

pub(super) const S3: Port = ("s3", 8333);
pub(super) const FILER: Port = ("filer", 8888);
pub(super) const MASTER: Port = ("master", 9333);
pub(super) const VOLUME: Port = ("volume", 8080);
pub(super) const METRICS: Port = ("metrics", 9327);

/// The port for gRPC that belongs to a port.
pub(super) const fn grpc(port: u16) -> u16 {
    port + 10_000
}

/// Where each role keeps its data.
pub(super) const DATA: &str = "/data";
/// The identities of S3.
pub(super) const S3_CONFIG: &str = "/etc/seaweedfs/secrets/s3.json";

/// What a pod does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Everything, in one process.
    Server,
    /// Knows which volumes there are and where; decides by Raft.
    Master,
    /// Keeps the volumes.
    Volume,
    /// Keeps the names of files, and speaks S3.
    Filer,
}

impl Role {
    /// The label of the part, which is also the name of `weed`'s command.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Master => "master",
            Self::Volume => "volume",
            Self::Filer => "filer",
        }
    }

    /// The name of the `StatefulSet` of a tier.
    pub(super) fn set(self, tier: &str) -> String {
        match self {
            Self::Server => tier.to_owned(),
            role => format!("{tier}-{}", role.label()),
        }
    }

    /// Whether clients of the tier talk to it.
    pub(super) fn serves_clients(self) -> bool {
        matches!(self, Self::Server | Self::Filer)
    }

    /// The port that says how the process is.
    pub(super) fn main_port(self) -> Port {
        match self {
            Self::Server | Self::Filer => S3,
            Self::Master => MASTER,
            Self::Volume => VOLUME,
        }
    }

    /// The container's ports. In one process the roles find each other over localhost.
    pub(super) fn ports(self, metrics: bool) -> Vec<Port> {
        let mut ports = match self {
            Self::Server => vec![S3, FILER],
            Self::Master => vec![MASTER, ("master-grpc", grpc(MASTER.1))],
            Self::Volume => vec![VOLUME, ("volume-grpc", grpc(VOLUME.1))],
            Self::Filer => vec![S3, FILER, ("filer-grpc", grpc(FILER.1))],
        };
        ports.extend(metrics.then_some(METRICS));
        ports
    }

    /// What the role calls a flag of `weed server`; none where the flag is another role's.
    fn own(self, flag: &str) -> Option<&str> {
        match self {
            Self::Server => Some(flag),
            Self::Master => flag.strip_prefix("master."),
            Self::Volume => flag.strip_prefix("volume."),
            Self::Filer => flag.strip_prefix("filer.").or_else(|| flag.starts_with("s3.").then_some(flag)),
        }
    }
}

/// The command line of a role.
pub(super) fn command(tier: &SeaweedfsTier, cx: &TierContext<'_>, role: Role) -> Vec<String> {
    let fields = &tier.fields;
    let mut line = vec!["weed".to_owned(), "-logtostderr=true".to_owned(), role.label().to_owned()];
    let mut add = |flag: String| line.push(format!("-{flag}"));
    let host = match role {
        Role::Server => "localhost".to_owned(),
        role => {
            let headless = pieces::headless(&role.set(cx.name));
            format!("$(POD_NAME).{headless}.{}.svc.{}", cx.namespace, cx.cluster.domain)
        }
    };
    add(format!("ip={host}"));
    // Without it the process listens on the address of its name only, which may not be known yet.
    add("ip.bind=0.0.0.0".to_owned());
    match role {
        Role::Server => {
            add(format!("dir={DATA}"));
            add("filer".to_owned());
            add("s3".to_owned());
        }
        Role::Master => {
            add(format!("mdir={DATA}"));
            add(format!("peers={}", masters(tier, cx)));
        }
        Role::Volume => {
            add(format!("dir={DATA}"));
            add(format!("master={}", masters(tier, cx)));
        }
        Role::Filer => {
            add("s3".to_owned());
            add(format!("master={}", masters(tier, cx)));
        }
    }
    let size = volume_size(&tier.storage.size);
    let mut derived = vec![
        ("master.defaultReplication", fields.replication.clone()),
        ("master.resumeState", "true".to_owned()),
        ("master.volumeSizeLimitMB", size.to_string()),
        ("volume.max", "0".to_owned()),
        ("volume.minFreeSpace", "5".to_owned()),
        ("s3.config", S3_CONFIG.to_owned()),
    ];
    if fields.version.reports_home() {
        derived.push(("master.telemetry", "false".to_owned()));
    }
    let written = fields.config.iter().map(|(name, value)| (name.as_str(), value.text().to_owned()));
    // The last of two equal flags wins.
    for (flag, value) in derived.into_iter().chain(written) {
        if let Some(flag) = role.own(flag) {
            add(format!("{flag}={value}"));
        }
    }
    if fields.metrics {
        add(format!("metricsPort={}", METRICS.1));
    }
    line
}

/// Every master's name and port.
fn masters(tier: &SeaweedfsTier, cx: &TierContext<'_>) -> String {
    let set = Role::Master.set(cx.name);
    let host = |ordinal| format!("{}:{}", cx.pod_host_of(&set, ordinal), MASTER.1);
    (0..tier.master().replicas).map(host).collect::<Vec<_>>().join(",")
}

/// What a volume may grow to, in MiB: 1/128 of the disk, so that there is room for many buckets, each of which has
/// volumes of its own (seven at once without copies).
pub(super) fn volume_size(disk: &Quantity) -> u64 {
    let mebibytes = u64::try_from(disk.whole() >> 20).unwrap_or_default();
    (mebibytes / 128).clamp(64, 30_000)
}

/// The flags that the tier decides, and the kinds of those that people write most.
pub(super) static KNOWN: Known = Known {
    kinds: &[
        ("filer.dirListLimit", Kind::Integer),
        ("filer.disableDirListing", Kind::Switch),
        ("filer.encryptVolumeData", Kind::Switch),
        ("filer.maxMB", Kind::Integer),
        ("master.garbageThreshold", Kind::Number),
        ("master.raftHashicorp", Kind::Switch),
        ("master.resumeState", Kind::Switch),
        ("master.volumePreallocate", Kind::Switch),
        ("master.volumeSizeLimitMB", Kind::Integer),
        ("s3.allowDeleteBucketNotEmpty", Kind::Switch),
        ("volume.compactionMBps", Kind::Integer),
        ("volume.concurrentUploadLimitMB", Kind::Integer),
        ("volume.fileSizeLimitMB", Kind::Integer),
        ("volume.index", Kind::Word(&["memory", "leveldb", "leveldbMedium", "leveldbLarge"])),
        ("volume.max", Kind::Integer),
        ("volume.preStopSeconds", Kind::Integer),
        ("volume.readMode", Kind::Word(&["local", "proxy", "redirect"])),
    ],
    reserved: &[
        ("filer.defaultStoreDir", ""),
        ("filer.ip", ""),
        ("filer.ip.bind", ""),
        ("filer.master", ""),
        ("filer.metricsPort", "use `metrics: true`"),
        ("filer.port", ""),
        ("filer.port.grpc", ""),
        ("filer.s3", ""),
        ("master.defaultReplication", "use `replication`"),
        ("master.dir", ""),
        ("master.ip", ""),
        ("master.ip.bind", ""),
        ("master.mdir", ""),
        ("master.metricsPort", "use `metrics: true`"),
        ("master.peers", "use `master.replicas`"),
        ("master.port", ""),
        ("master.port.grpc", ""),
        ("s3.config", "use `s3Config`"),
        ("s3.ip.bind", ""),
        ("s3.metricsPort", "use `metrics: true`"),
        ("s3.port", ""),
        ("s3.port.grpc", ""),
        ("volume.dir", ""),
        ("volume.ip", ""),
        ("volume.ip.bind", ""),
        ("volume.master", ""),
        ("volume.metricsPort", "use `metrics: true`"),
        ("volume.mserver", ""),
        ("volume.port", ""),
        ("volume.port.grpc", ""),
    ],
};

/// Seconds that a volume server waits, unless told otherwise, between telling the masters that it goes and going.
pub(super) const PRE_STOP: u32 = 10;
