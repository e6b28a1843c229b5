//! `valkey` and `redis`: one implementation for both, since they differ in names alone.
//! What it does and why is in `docs/engines/valkey.md`.

use indexmap::IndexMap;

use super::fields::{SecretKey, Stored};
use super::procedure::Procedures;
use super::setting::{Setting, SettingName};
use super::upgrade::{Members, Running, Standing};
use super::{Asked, Credential, Development, Gauge, Node, Plan, Tier, TierContext, engine};
use crate::diag::{Diagnostic, Route, Sink};
use crate::model::codes::BAD_VALUE;
use crate::model::macros::{model, parts, words};
use crate::model::{Cluster, Common, Image, Name, Quantity, Resources, StaticVolume};
use crate::workload::Endpoints;

mod check;
mod operator;
mod pod;
mod release;
mod servers;
mod settings;
#[cfg(test)]
mod tests;

use operator::Operator;
pub use release::{RedisRelease, ValkeyRelease};
use servers::{Brand, Servers};

const PORT: u16 = 6379;
/// The port's name where there is one server, so that clients write to what they reach.
const REDIS_PORT_NAME: &str = "redis";
/// The port's name where there are several: most of them refuse writes.
const SERVER_PORT_NAME: &str = "server";
const SENTINEL_PORT: u16 = 26379;
const SENTINEL_NAME: &str = "sentinel";
const DATA_PATH: &str = "/data";
/// Seconds to stop: handing over takes up to [`HAND_OVER`], and the server waits 10 for its replicas and then writes.
const GRACE: u32 = 60;
/// The least that fits what stopping takes where there are replicas, in seconds.
const HAND_OVER: u32 = 40;
/// The least silence after which a Sentinel has heard from the replicas that the primary is gone, in seconds. It asks
/// them every 10 seconds, every second from then on, and chooses none whose answer is older than 5: with less it gives
/// up, and tries again only after twice the time of a failover.
const LEAST_DOWN_AFTER: u32 = 12;

words! {
    /// Who runs the servers of a Redis tier.
    pub enum RedisBackend {
        /// A StatefulSet.
        "plain" Plain,
        /// The Redis operator of OpsTree.
        "operator" Operator,
    }

    /// What a tier is for.
    pub enum ValkeyMode {
        /// Keeps nothing over a restart, and evicts what is used least when its memory is full.
        "cache" Cache,
        /// One server that keeps what it was told, and refuses writes when its memory is full.
        "persistent" Persistent,
        /// A primary with replicas that keep it, and Sentinels that choose another primary when it fails.
        "replicated" Replicated,
    }
}

model! {
    /// What only a Valkey tier has.
    pub struct ValkeyFields {
        /// The kind: `valkey`.
        "kind" kind: String,
        /// The version, as the official image's tags write it.
        "version" version: ValkeyRelease = ValkeyRelease::standard(),
    }

    /// What only a Redis tier has.
    pub struct RedisFields {
        /// The kind: `redis`.
        "kind" kind: String,
        /// Who runs the servers: `plain` or `operator`.
        "backend" backend: RedisBackend = RedisBackend::Plain,
        /// The version, as the official image's tags write it; with the operator a whole release. `8.10.2-alpine`, with
        /// the operator `8.6.2`, unless given.
        "version" version: Option<RedisRelease>,
        /// The image of the Sentinels, where `image` is given and the operator runs them: it has one of their own.
        "sentinelImage" sentinel_image: Option<Image>,
    }

    /// What tiers of Valkey and Redis have.
    pub struct ServerFields {
        /// The image, where another than the official one of the version: a mirror, or one built on it.
        "image" image: Option<Image>,
        /// What it is for: `cache`, `persistent` or `replicated`.
        "mode" mode: ValkeyMode,
        /// How many servers: one, or 3, 5 or 7 where `mode` is `replicated`.
        "replicas" replicas: u32 = 1,
        /// Storage of each server; needed unless `mode` is `cache`.
        "storage" storage: Option<Quantity>,
        /// The StorageClass; the cluster's default unless given.
        "storageClass" storage_class: Option<Name>,
        /// The volume of each server, where it exists already.
        "volume" volume: Option<StaticVolume>,
        /// The password of the clients, of the replicas and of the Sentinels.
        "password" password: SecretKey,
        /// Settings of the server; they win over those that are derived.
        "config" config: IndexMap<SettingName, Setting>,
        /// Seconds that a primary may be silent until the Sentinels take it for lost, where `mode` is `replicated`.
        "downAfterSeconds" down_after: u32 = 15,
        /// What a Sentinel asks for and may use, where `mode` is `replicated`.
        "sentinelResources" sentinel_resources: Option<Resources>,
        /// Seconds from the request to stop until the kill.
        "terminationGracePeriodSeconds" grace: u32 = GRACE,
    }
}

parts! {
    /// A tier of Valkey.
    pub struct ValkeyTier {
        /// What every component has.
        common: Common,
        /// What only a Valkey tier has.
        own: ValkeyFields,
        /// What it shares with Redis.
        fields: ServerFields,
    }

    /// A tier of Redis.
    pub struct RedisTier {
        /// What every component has.
        common: Common,
        /// What only a Redis tier has.
        own: RedisFields,
        /// What it shares with Valkey.
        fields: ServerFields,
    }
}

impl ValkeyFields {
    fn release(&self) -> ValkeyRelease {
        self.version.clone()
    }

    /// Reports an image of another kind than the version; `at` is the tier's place.
    fn check(&self, image: Option<&Image>, at: &Route, sink: &mut Sink) {
        self.version.check_image(image, &at.join("image"), sink);
    }

    /// Takes the operator out: it has none.
    #[expect(clippy::unused_self, reason = "its twin of Redis has fields for it")]
    fn without_operator(&mut self, _: &mut ServerFields) {}

    /// What its operator reads: it has none.
    #[expect(clippy::unused_self, reason = "its twin of Redis has fields for it")]
    fn operator(&self) -> Option<Operator<'_>> {
        None
    }
}

impl RedisFields {
    fn release(&self) -> RedisRelease {
        self.version.clone().unwrap_or_else(RedisRelease::standard)
    }

    /// Reports an image of another kind than the version, and what only the operator reads; `at` is the tier's place.
    fn check(&self, image: Option<&Image>, at: &Route, sink: &mut Sink) {
        self.release().check_image(image, &at.join("image"), sink);
        if self.sentinel_image.is_some() && self.backend == RedisBackend::Plain {
            let message = "only the operator's Sentinels have an image of their own";
            sink.push(
                Diagnostic::at_key(&BAD_VALUE, &at.join("sentinelImage"), message)
                    .help("remove `sentinelImage`: `image` is that of the Sentinels, too"),
            );
        }
    }

    /// Takes the operator out, and its images with it.
    fn without_operator(&mut self, fields: &mut ServerFields) {
        if self.backend == RedisBackend::Operator {
            self.backend = RedisBackend::Plain;
            self.sentinel_image = None;
            fields.image = None;
        }
    }

    /// What its operator reads, where it runs the servers.
    fn operator(&self) -> Option<Operator<'_>> {
        (self.backend == RedisBackend::Operator).then(|| Operator {
            version: self.version.as_ref().map(RedisRelease::as_str),
            sentinel_image: self.sentinel_image.as_ref(),
        })
    }
}

engine!(
    /// The engine.
    Valkey, "valkey", ValkeyTier, Some(&release::VALKEY)
);

engine!(
    /// The engine.
    Redis, "redis", RedisTier, Some(&release::REDIS)
);

/// What a tier does, whichever of the two it is.
macro_rules! tier {
    ($tier:ty, $brand:expr, $procedures:expr) => {
        impl $tier {
            fn servers(&self) -> Servers<'_> {
                let version = self.own.release();
                Servers {
                    brand: $brand,
                    common: &self.common,
                    fields: &self.fields,
                    image: version.image(self.fields.image.as_ref()),
                    user: version.user(),
                    operator: self.own.operator(),
                }
            }
        }

        impl Tier for $tier {
            fn common(&self) -> &Common {
                &self.common
            }

            fn replicas(&self) -> u32 {
                self.fields.replicas
            }

            fn endpoints(&self, name: &str, cluster: &Cluster) -> Endpoints {
                self.servers().endpoints(name, cluster)
            }

            fn storages(&self) -> Vec<Stored> {
                self.servers().storage().iter().flat_map(Stored::own).collect()
            }

            fn credentials(&self) -> Vec<Credential> {
                vec![self.fields.password.credential("password")]
            }

            fn check(&self, at: &Route, cluster: &Cluster, sink: &mut Sink) {
                self.own.check(self.fields.image.as_ref(), at, sink);
                check::check(&self.servers(), at, cluster, sink);
            }

            fn operator_objects(&self, name: &str) -> Vec<(&'static str, String)> {
                let servers = self.servers();
                if servers.operator.is_some() { operator::objects(&servers, name) } else { Vec::new() }
            }

            fn gauge(&self, asked: &Asked<'_>) -> Option<Gauge> {
                self.servers().gauge(asked)
            }

            fn standing(&self) -> Standing {
                Standing {
                    backend: Some(if self.own.operator().is_some() { "operator" } else { "plain" }),
                    release: Some(Running::of(&self.own.release())),
                    members: vec![Members {
                        at: &["replicas"],
                        what: "servers",
                        parts: &["", "redis"],
                        number: self.fields.replicas,
                        fewer: "Sentinels remember it until `SENTINEL RESET`, and wait for it in a failover",
                        more: None,
                    }],
                    ..Standing::default()
                }
            }

            fn procedures(&self) -> &'static Procedures {
                if self.own.operator().is_some() { &Procedures::NONE } else { $procedures }
            }

            fn development(&self, cx: &Development<'_>) -> Option<Node> {
                let mut one = self.clone();
                one.fields.replicas = 1;
                one.own.without_operator(&mut one.fields);
                Some(Node::of(one.lower(&cx.tier)))
            }

            fn lower(&self, cx: &TierContext<'_>) -> Plan {
                self.servers().lower(cx)
            }
        }
    };
}

tier!(ValkeyTier, Brand { name: "valkey" }, &release::PROCEDURES);
tier!(RedisTier, Brand { name: "redis" }, &release::REDIS_PROCEDURES);
