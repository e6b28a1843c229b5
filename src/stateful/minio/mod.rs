//! `minio`: `MinIO`, one server, or several that keep each object in parts (erasure coding).
//! What it does and why is in `docs/engines/minio.md`.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::fields::{SecretKey, Storage, Stored};
use super::setting::{Setting, SettingName};
use super::upgrade::{Members, OWN, Running, Standing};
use super::{Credential, Development, Node, Plan, Tier, TierContext, engine, pieces, render};
use crate::diag::{Route, Sink};
use crate::model::macros::{model, parts};
use crate::model::{Cluster, Common, Image, Quantity};
use crate::workload::{Budget, ConfigFiles, Controller, Endpoints, Part, Run, ServiceKind, Update, Workload};

mod bucket;
mod check;
mod erasure;
mod pod;
mod release;
#[cfg(test)]
mod tests;

pub use bucket::BucketName;
pub use release::Release;

const API: &str = "api";
const API_PORT: u16 = 9000;
const CONSOLE: &str = "console";
const CONSOLE_PORT: u16 = 9001;

model! {
    /// A bucket.
    pub struct Bucket {
        /// Whether it keeps what is overwritten and deleted. Never turned off by stackgen.
        "versioning" versioning: bool = false,
        /// Whether objects can be locked. Only a new bucket can; it has versions too.
        "objectLock" object_lock: bool = false,
        /// How much it may hold.
        "quota" quota: Option<Quantity>,
    }

    /// What only a `MinIO` tier has.
    pub struct MinioFields {
        /// The kind: `minio`.
        "kind" kind: String,
        /// The version, as the image's tags write it: `RELEASE.` and the time of its release.
        "version" version: Release = Release::standard(),
        /// The image, where another than the last that the maker published.
        "image" image: Option<Image>,
        /// How many servers: 1, or 4 and more, which then never changes.
        "replicas" replicas: u32 = 1,
        /// The name of the root user.
        "rootUser" root_user: SecretKey,
        /// The root user's password, 8 characters at least.
        "rootPassword" root_password: SecretKey,
        /// The buckets that a Job makes.
        "buckets" buckets: IndexMap<BucketName, Bucket>,
        /// Settings of the server: its variables `MINIO_…`.
        "config" config: IndexMap<SettingName, Setting>,
        /// Seconds from the request to stop until the kill.
        "terminationGracePeriodSeconds" grace: u32 = 75,
    }
}

parts! {
    /// A tier of `MinIO`.
    pub struct MinioTier {
        /// What every component has.
        common: Common,
        /// The storage of each server.
        storage: Storage,
        /// What only a `MinIO` tier has.
        fields: MinioFields,
    }
}

engine!(
    /// The engine.
    Minio, "minio", MinioTier, Some(&release::TABLE)
);

impl Tier for MinioTier {
    fn common(&self) -> &Common {
        &self.common
    }

    fn replicas(&self) -> u32 {
        self.fields.replicas
    }

    fn endpoints(&self, _: &str, _: &Cluster) -> Endpoints {
        // The Job that makes the buckets is a client, and one pod of the tier among the others.
        let own = self.clustered() || !self.fields.buckets.is_empty();
        Endpoints {
            ports: vec![pieces::endpoint(API, API_PORT), pieces::endpoint(CONSOLE, CONSOLE_PORT)],
            scheme: Some("http"),
            peers: if own { vec![API_PORT] } else { Vec::new() },
            ..Endpoints::default()
        }
    }

    fn storages(&self) -> Vec<Stored> {
        Stored::own(&self.storage)
    }

    fn credentials(&self) -> Vec<Credential> {
        vec![
            self.fields.root_user.credential("rootUser"),
            self.fields.root_password.credential("rootPassword"),
        ]
    }

    fn check(&self, at: &Route, _: &Cluster, sink: &mut Sink) {
        check::check(self, at, sink);
    }

    fn standing(&self) -> Standing {
        let fixed = "the servers of a pool are as many as they were at its first start: copy the buckets to a new tier";
        Standing {
            release: Some(Running::of(&self.fields.version)),
            members: vec![Members {
                at: &["replicas"],
                what: "servers",
                parts: OWN,
                number: self.fields.replicas,
                fewer: fixed,
                more: Some(fixed),
            }],
            ..Standing::default()
        }
    }

    fn procedures(&self) -> &'static crate::stateful::procedure::Procedures {
        &release::PROCEDURES
    }

    fn development(&self, cx: &Development<'_>) -> Option<Node> {
        let mut one = self.clone();
        one.fields.replicas = 1;
        Some(Node::of(one.lower(&cx.tier)))
    }

    fn lower(&self, cx: &TierContext<'_>) -> Plan {
        let headless = cx.headless();
        let ports = [(API, API_PORT), (CONSOLE, CONSOLE_PORT)];
        let services = vec![
            pieces::service(cx.service().to_owned(), ServiceKind::ClusterIp, &ports),
            pieces::service(headless.clone(), ServiceKind::Headless, &ports),
        ];
        let workload = Workload {
            name: cx.name.to_owned(),
            part: Some("server"),
            controller: Controller::StatefulSet {
                replicas: self.fields.replicas,
                headless,
                // None serves before most of them are there.
                parallel: true,
                claims: vec![pieces::claim(&self.storage)],
                update: Update::Rolling,
            },
            pod: pod::server(self, cx),
        };
        // One at a time: what is away is written by the others and healed when it returns.
        let budget = pieces::replica_budget(self.fields.replicas);
        let mut plan = Plan { parts: vec![Part { workload, services, budget }], ..Plan::default() };
        if !self.fields.buckets.is_empty() {
            let setup = format!("{}-setup", cx.name);
            let workload = Workload {
                name: setup.clone(),
                part: Some("setup"),
                controller: Controller::Job(Run::until_done(6)),
                pod: pod::setup(self, cx.name, &setup),
            };
            plan.parts.push(Part { workload, services: Vec::new(), budget: Budget::None });
            let script = include_str!("../../../templates/minio/setup.sh.j2");
            let context = BTreeMap::from([("buckets", bucket::lines(&self.fields.buckets))]);
            let script = render("minio/setup.sh.j2", script, &context);
            plan.files.push(ConfigFiles { name: setup, files: [("setup.sh".to_owned(), script)].into() });
        }
        plan
    }
}

impl MinioTier {
    fn clustered(&self) -> bool {
        self.fields.replicas > 1
    }

    fn image(&self) -> String {
        self.fields.version.image(self.fields.image.as_ref())
    }
}
