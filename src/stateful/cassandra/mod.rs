//! `cassandra`: a ring of Cassandra from the official image, of one datacenter.
//! What it does and why is in `docs/engines/cassandra.md`.

use crate::stateful::upgrade::{Fixed, Members, OWN, Running, Standing};
use indexmap::IndexMap;

use super::fields::{SecretKey, Storage, Stored};
use super::setting::{Setting, SettingName};
use super::{Credential, Development, Node, Plan, Tier, TierContext, engine, pieces};
use crate::diag::{Route, Sink};
use crate::model::macros::{model, parts};
use crate::model::{Cluster, Common, Image, Quantity};
use crate::workload::{
    Budget, ConfigFiles, Controller, Endpoints, Login, Part, Run, Seed, ServiceKind, Update, Workload,
};

mod check;
mod files;
mod keyspace;
mod pod;
mod release;
mod settings;
#[cfg(test)]
mod tests;

pub use keyspace::{Keyspace, KeyspaceName};
pub use release::Release;

/// Where clients connect.
const CQL: (&str, u16) = ("cql", 9042);
/// Where nodes gossip, copy and stream.
const GOSSIP: (&str, u16) = ("gossip", 7000);
/// How many nodes the others, and clients, ask about the ring first.
const SEEDS: u32 = 3;

model! {
    /// What only a Cassandra tier has.
    pub struct CassandraFields {
        /// The kind: `cassandra`.
        "kind" kind: String,
        /// The version, as the official image's tags write it.
        "version" version: Release = Release::standard(),
        /// The image, where another than the official one of the version: a mirror, or one built on it.
        "image" image: Option<Image>,
        /// How many nodes the ring has.
        "replicas" replicas: u32 = 1,
        /// The cluster's name; the tier's unless given. It can never change: it is on the disks.
        "clusterName" cluster_name: Option<String>,
        /// The datacenter of all nodes, which clients must name as theirs. It can never change.
        "datacenter" datacenter: String = "dc1".to_owned(),
        /// The rack of all nodes. It can never change.
        "rack" rack: String = "rack1".to_owned(),
        /// How many nodes hold a copy of each row, where a keyspace does not say; 3, or all nodes where they are fewer.
        "replicationFactor" replication_factor: Option<u32>,
        /// Keyspaces, which a Job makes; clients are given the first.
        "keyspaces" keyspaces: IndexMap<KeyspaceName, Keyspace>,
        /// The role of the application, which may do anything with the keyspaces but pass its rights on.
        "user" user: String = "app".to_owned(),
        /// Its password.
        "password" password: SecretKey,
        /// The superuser, in place of the one of the same password everywhere, which is locked.
        "superuser" superuser: String = "admin".to_owned(),
        /// Its password.
        "superuserPassword" superuser_password: SecretKey,
        /// Java's heap of each node; half of the memory limit, 16Gi at most.
        "heap" heap: Option<Quantity>,
        /// Settings of `cassandra.yaml`; they win over those that are derived. A `.` goes into a mapping:
        /// `memtable.configurations`.
        "config" config: IndexMap<SettingName, Setting>,
        /// Seconds from the request to stop until the kill.
        "terminationGracePeriodSeconds" grace: u32 = release::TABLE.drain,
    }
}

parts! {
    /// A tier of Cassandra.
    pub struct CassandraTier {
        /// What every component has.
        common: Common,
        /// The storage of each node.
        storage: Storage,
        /// What only a Cassandra tier has.
        fields: CassandraFields,
    }
}

engine!(
    /// The engine.
    Cassandra, "cassandra", CassandraTier, Some(&release::TABLE)
);

impl Tier for CassandraTier {
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
        let keyspace = fields.keyspaces.keys().next().map(|it| it.as_str().to_owned());
        let mut properties = vec![("datacenter", fields.datacenter.clone()), ("user", fields.user.clone())];
        properties.extend(keyspace.clone().map(|it| ("keyspace", it)));
        Endpoints {
            ports: vec![pieces::endpoint(CQL.0, CQL.1)],
            scheme: Some("cassandra"),
            login: Some(Login {
                user: fields.user.clone(),
                secret: fields.password.secret.clone(),
                key: fields.password.key.clone(),
            }),
            path: keyspace.map(|it| format!("/{it}")).unwrap_or_default(),
            // The Job that makes roles and keyspaces calls the nodes as clients do.
            peers: vec![GOSSIP.1, CQL.1],
            seeds: (0..self.seeds()).map(seed).collect(),
            properties,
            ..Endpoints::default()
        }
    }

    fn storages(&self) -> Vec<Stored> {
        Stored::own(&self.storage)
    }

    fn credentials(&self) -> Vec<Credential> {
        let fields = &self.fields;
        vec![
            fields.password.credential("password"),
            fields.superuser_password.credential("superuserPassword"),
        ]
    }

    fn check(&self, at: &Route, _: &Cluster, sink: &mut Sink) {
        check::check(self, at, sink);
    }

    fn standing(&self) -> Standing {
        let fields = &self.fields;
        let fixed = |at, value: &str, why| Fixed { at, value: value.to_owned(), why };
        let mut found = vec![fixed(
            &["datacenter"],
            &fields.datacenter,
            "the data centre is in the data of each node, which does not start under another: keep the name",
        )];
        let name = fields.cluster_name.as_ref();
        found.extend(name.map(|it| {
            fixed(&["clusterName"], it, "a node does not start on the data of another cluster: keep the name")
        }));
        Standing {
            release: Some(Running::of(&fields.version)),
            members: vec![Members {
                at: &["replicas"],
                what: "nodes",
                parts: OWN,
                number: fields.replicas,
                fewer: "first `nodetool decommission` on the last pod: one that is only gone leaves rows with a copy less",
                more: Some("`nodetool cleanup` on each old one afterwards frees what it gave away"),
            }],
            fixed: found,
            ..Standing::default()
        }
    }

    fn procedures(&self) -> &'static crate::stateful::procedure::Procedures {
        &release::PROCEDURES
    }

    fn development(&self, cx: &Development<'_>) -> Option<Node> {
        let mut one = self.clone();
        one.fields.replicas = 1;
        one.fields.replication_factor = None;
        for keyspace in one.fields.keyspaces.values_mut() {
            keyspace.replication_factor = None;
        }
        Some(Node::of(one.lower(&cx.tier)))
    }

    fn lower(&self, cx: &TierContext<'_>) -> Plan {
        let config = format!("{}-config", cx.name);
        let setup = format!("{}-setup", cx.name);
        let headless = cx.headless();
        let nodes = Workload {
            name: cx.name.to_owned(),
            part: Some("server"),
            controller: Controller::StatefulSet {
                replicas: self.fields.replicas,
                headless: headless.clone(),
                // A node that joins refuses to while another one does. The first needs no other to be ready.
                parallel: false,
                claims: vec![pieces::claim(&self.storage)],
                update: Update::Rolling,
            },
            pod: pod::node(self, cx.name, &config),
        };
        let job = Workload {
            pod: pod::setup(self, &setup),
            name: setup.clone(),
            part: Some("setup"),
            controller: Controller::Job(Run::until_done(6)),
        };
        let services = vec![
            pieces::service(cx.service().to_owned(), ServiceKind::ClusterIp, &[CQL]),
            pieces::service(headless, ServiceKind::Headless, &[CQL, GOSSIP]),
        ];
        Plan {
            parts: vec![
                Part { workload: nodes, services, budget: pieces::replica_budget(self.fields.replicas) },
                Part { workload: job, services: Vec::new(), budget: Budget::None },
            ],
            files: vec![
                ConfigFiles { name: config, files: files::node(self, cx) },
                ConfigFiles { name: setup, files: files::setup(self, cx) },
            ],
            ..Plan::default()
        }
    }
}

impl CassandraTier {
    fn seeds(&self) -> u32 {
        self.fields.replicas.min(SEEDS)
    }

    fn replication_factor(&self) -> u32 {
        self.fields.replication_factor.unwrap_or_else(|| self.fields.replicas.min(3))
    }

    fn copies(&self, keyspace: &Keyspace) -> u32 {
        keyspace.replication_factor.unwrap_or_else(|| self.replication_factor())
    }
}
