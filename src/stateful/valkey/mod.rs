//! `valkey` and `redis`: one implementation for both, since they differ in names alone.
//! What it does and why is in `docs/engines/valkey.md`.

use indexmap::IndexMap;

use super::fields::{SecretKey, Stored};
use super::setting::{Setting, SettingName};
use super::{Asked, Credential, Gauge, Plan, Tier, TierContext, engine};
use crate::diag::{Route, Sink};
use crate::model::macros::{model, parts, words};
use crate::model::{Cluster, Common, Image, Name, Quantity, Resources, StaticVolume};
use crate::workload::Endpoints;

mod check;
mod pod;
mod release;
mod servers;
mod settings;
#[cfg(test)]
mod tests;

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
        /// The version, as the official image's tags write it.
        "version" version: RedisRelease = RedisRelease::standard(),
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
    ($tier:ty, $brand:expr) => {
        impl $tier {
            fn servers(&self) -> Servers<'_> {
                Servers {
                    brand: $brand,
                    common: &self.common,
                    fields: &self.fields,
                    image: self.own.version.image(self.fields.image.as_ref()),
                    user: self.own.version.user(),
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

            fn endpoints(&self, name: &str, _: &Cluster) -> Endpoints {
                self.servers().endpoints(name)
            }

            fn storages(&self) -> Vec<Stored> {
                self.servers().storage().iter().flat_map(Stored::own).collect()
            }

            fn credentials(&self) -> Vec<Credential> {
                vec![self.fields.password.credential("password")]
            }

            fn check(&self, at: &Route, _: &Cluster, sink: &mut Sink) {
                self.own.version.check_image(self.fields.image.as_ref(), &at.join("image"), sink);
                check::check(&self.servers(), at, sink);
            }

            fn gauge(&self, asked: &Asked<'_>) -> Option<Gauge> {
                self.servers().gauge(asked)
            }

            fn lower(&self, cx: &TierContext<'_>) -> Plan {
                self.servers().lower(cx)
            }
        }
    };
}

tier!(ValkeyTier, Brand { name: "valkey" });
tier!(RedisTier, Brand { name: "redis" });
