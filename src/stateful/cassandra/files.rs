//! The files of the pods.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{CQL, CassandraTier, release, settings};
use crate::stateful::{TierContext, render};

#[derive(Serialize)]
struct Start {
    service: String,
    seeds: Vec<String>,
    first: String,
    ip: &'static str,
    hosts: &'static str,
    data: &'static str,
    heap: u64,
    young: u64,
}

#[derive(Serialize)]
struct Ready {
    port: u16,
    data: &'static str,
}

#[derive(Serialize)]
struct Yaml {
    settings: Vec<(String, String)>,
}

#[derive(Serialize)]
struct Place<'a> {
    datacenter: &'a str,
    rack: &'a str,
}

#[derive(Serialize)]
struct Setup<'a> {
    hosts: Vec<String>,
    port: u16,
    nodes: u32,
    datacenter: &'a str,
    superuser: &'a str,
    user: &'a str,
    copies: u32,
    keyspaces: Vec<(&'a str, u32)>,
}

/// The files of the nodes.
pub(super) fn node(tier: &CassandraTier, cx: &TierContext<'_>) -> BTreeMap<String, String> {
    let fields = &tier.fields;
    let heap = settings::heap(fields.heap.as_ref(), tier.common.resources.as_deref());
    let start = Start {
        service: cx.pods_domain(),
        seeds: hosts(tier, cx),
        first: format!("{}-0", cx.name),
        ip: settings::POD_IP,
        hosts: settings::SEED_HOSTS,
        data: release::DATA,
        heap,
        young: heap / 4,
    };
    let ready = Ready { port: CQL.1, data: release::DATA };
    let yaml = Yaml { settings: settings::settings(tier, cx) };
    let place = Place { datacenter: &fields.datacenter, rack: &fields.rack };
    BTreeMap::from([
        (
            "cassandra-rackdc.properties".to_owned(),
            render(
                "cassandra/cassandra-rackdc.properties.j2",
                include_str!("../../../templates/cassandra/cassandra-rackdc.properties.j2"),
                &place,
            ),
        ),
        (
            "cassandra.yaml".to_owned(),
            render(
                "cassandra/cassandra.yaml.j2",
                include_str!("../../../templates/cassandra/cassandra.yaml.j2"),
                &yaml,
            ),
        ),
        ("logback.xml".to_owned(), include_str!("../../../templates/cassandra/logback.xml").to_owned()),
        (
            "ready.sh".to_owned(),
            render("cassandra/ready.sh.j2", include_str!("../../../templates/cassandra/ready.sh.j2"), &ready),
        ),
        (
            "start.sh".to_owned(),
            render("cassandra/start.sh.j2", include_str!("../../../templates/cassandra/start.sh.j2"), &start),
        ),
    ])
}

/// The file of the Job.
pub(super) fn setup(tier: &CassandraTier, cx: &TierContext<'_>) -> BTreeMap<String, String> {
    let fields = &tier.fields;
    let context = Setup {
        hosts: hosts(tier, cx),
        port: CQL.1,
        nodes: fields.replicas,
        datacenter: &fields.datacenter,
        superuser: &fields.superuser,
        user: &fields.user,
        copies: tier.replication_factor(),
        keyspaces: fields.keyspaces.iter().map(|(name, it)| (name.as_str(), tier.copies(it))).collect(),
    };
    let script =
        render("cassandra/setup.sh.j2", include_str!("../../../templates/cassandra/setup.sh.j2"), &context);
    BTreeMap::from([("setup.sh".to_owned(), script)])
}

fn hosts(tier: &CassandraTier, cx: &TierContext<'_>) -> Vec<String> {
    let host = |ordinal| cx.pod_host(ordinal);
    (0..tier.seeds()).map(host).collect()
}
