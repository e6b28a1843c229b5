//! `mongodb`: a replica set of `MongoDB` from the official image, of one member or an odd number.
//! What it does and why is in `docs/engines/mongodb.md`.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;

use super::fields::{SecretKey, Storage, Stored};
use super::setting::{Setting, SettingName};
use super::upgrade::{Fixed, Members, OWN, Running, Standing};
use super::{Credential, Development, Node, Plan, Tier, TierContext, engine, pieces, render};
use crate::diag::{Route, Sink};
use crate::model::macros::{model, parts};
use crate::model::{Cluster, Common, Image};
use crate::workload::{
    Budget, ConfigFiles, Controller, Endpoints, Login, Part, Run, Seed, ServiceKind, Update, Workload,
};

mod check;
mod pod;
mod release;
mod settings;
#[cfg(test)]
mod tests;

pub use release::Release;

const PORT: u16 = 27017;
const PORT_NAME: &str = "mongodb";

model! {
    /// What only a `MongoDB` tier has.
    pub struct MongodbFields {
        /// The kind: `mongodb`.
        "kind" kind: String,
        /// The version, as the official image's tags write it.
        "version" version: Release = Release::standard(),
        /// The image, where another than the official one of the version: a mirror, or one built on it.
        "image" image: Option<Image>,
        /// The members of the replica set: 1, 3, 5 or 7.
        "replicas" replicas: u32 = 1,
        /// The name of the replica set. It can never change.
        "replicaSet" replica_set: String = "rs0".to_owned(),
        /// The database that the address names.
        "database" database: String = "test".to_owned(),
        /// The superuser (role `root`).
        "user" user: String = "root".to_owned(),
        /// The superuser's password.
        "password" password: SecretKey,
        /// The key that the members show each other: 6 to 1024 characters of base64.
        "keyFile" key_file: SecretKey,
        /// Settings of `mongod.conf` by their full names, such as `net.maxIncomingConnections`; they win over those that
        /// are derived.
        "config" config: IndexMap<SettingName, Setting>,
        /// Seconds from the request to stop until the kill.
        "terminationGracePeriodSeconds" grace: u32 = release::TABLE.drain,
    }
}

parts! {
    /// A tier of `MongoDB`.
    pub struct MongodbTier {
        /// What every component has.
        common: Common,
        /// The storage of each member.
        storage: Storage,
        /// What only a `MongoDB` tier has.
        fields: MongodbFields,
    }
}

engine!(
    /// The engine.
    Mongodb, "mongodb", MongodbTier, Some(&release::TABLE)
);

/// What the script that makes the replica set is rendered from: literals of JavaScript, of which JSON is a part.
#[derive(Serialize)]
struct InitContext {
    hosts: String,
    set: String,
    user: String,
}

impl Tier for MongodbTier {
    fn common(&self) -> &Common {
        &self.common
    }

    fn replicas(&self) -> u32 {
        self.fields.replicas
    }

    fn endpoints(&self, name: &str, _: &Cluster) -> Endpoints {
        let fields = &self.fields;
        let seed =
            |ordinal| Seed { pod: format!("{name}-{ordinal}"), headless: Some(pieces::headless(name)) };
        Endpoints {
            ports: vec![pieces::endpoint(PORT_NAME, PORT)],
            scheme: Some("mongodb"),
            login: Some(Login {
                user: fields.user.clone(),
                secret: fields.password.secret.clone(),
                key: fields.password.key.clone(),
            }),
            path: format!("/{}?replicaSet={}&authSource=admin", fields.database, fields.replica_set),
            // The Job that makes the replica set calls the members, too.
            peers: vec![PORT],
            seeds: (0..fields.replicas).map(seed).collect(),
            properties: vec![
                ("database", fields.database.clone()),
                ("replicaSet", fields.replica_set.clone()),
                ("user", fields.user.clone()),
            ],
            ..Endpoints::default()
        }
    }

    fn storages(&self) -> Vec<Stored> {
        Stored::own(&self.storage)
    }

    fn credentials(&self) -> Vec<Credential> {
        vec![self.fields.password.credential("password"), self.fields.key_file.credential("keyFile")]
    }

    fn check(&self, at: &Route, _: &Cluster, sink: &mut Sink) {
        check::check(self, at, sink);
    }

    fn standing(&self) -> Standing {
        let fields = &self.fields;
        let fixed = |at, value: &str, why| Fixed { at, value: value.to_owned(), why };
        Standing {
            release: Some(Running::of(&fields.version)),
            members: vec![Members {
                at: &["replicas"],
                what: "voters",
                parts: OWN,
                number: fields.replicas,
                fewer: "take each one out first, by `rs.remove()`: one that is only gone still counts to the majority",
                more: None,
            }],
            fixed: vec![
                fixed(
                    &["replicaSet"],
                    &fields.replica_set,
                    "the name is in each member's data, which does not start under another",
                ),
                fixed(
                    &["user"],
                    &fields.user,
                    "the user was made at the first start: make the other by hand",
                ),
            ],
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
        let config = format!("{}-config", cx.name);
        let headless = cx.headless();
        let ports = [(PORT_NAME, PORT)];
        let servers = Workload {
            name: cx.name.to_owned(),
            part: Some("server"),
            controller: Controller::StatefulSet {
                replicas: self.fields.replicas,
                headless: headless.clone(),
                // A member needs no other one to start, and the set is made when all are there.
                parallel: true,
                claims: vec![pieces::claim(&self.storage)],
                update: Update::Rolling,
            },
            pod: pod::server(self, &config),
        };
        let job = Workload {
            name: format!("{}-init", cx.name),
            part: Some("init"),
            controller: Controller::Job(Run::until_done(20)),
            pod: pod::init(self, &config),
        };
        let services = vec![
            pieces::service(cx.service().to_owned(), ServiceKind::ClusterIp, &ports),
            pieces::service(headless, ServiceKind::Headless, &ports),
        ];
        let budget = pieces::quorum_budget(self.fields.replicas);
        Plan {
            parts: vec![
                Part { workload: servers, services, budget },
                Part { workload: job, services: Vec::new(), budget: Budget::None },
            ],
            files: vec![ConfigFiles { name: config, files: self.config_files(cx) }],
            ..Plan::default()
        }
    }
}

impl MongodbTier {
    fn config_files(&self, cx: &TierContext<'_>) -> BTreeMap<String, String> {
        let host = |ordinal| format!("{}:{PORT}", cx.pod_host(ordinal));
        let hosts: Vec<String> = (0..self.fields.replicas).map(host).collect();
        let init = InitContext {
            hosts: serde_json::json!(hosts).to_string(),
            set: serde_json::json!(self.fields.replica_set).to_string(),
            user: serde_json::json!(self.fields.user).to_string(),
        };
        let script = include_str!("../../../templates/mongodb/init.js.j2");
        [
            ("init.js".to_owned(), render("mongodb/init.js.j2", script, &init)),
            ("mongod.conf".to_owned(), settings::file(self)),
        ]
        .into()
    }
}
