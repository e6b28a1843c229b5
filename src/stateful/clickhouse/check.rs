//! What cannot work.

use super::{ClickhouseFields, ClickhouseTier, release, server};
use crate::diag::{Diagnostic, Route, Sink};
use crate::model::codes::BAD_VALUE;
use crate::stateful::codes::{IMPOSSIBLE_TOPOLOGY, SMALL_MEMORY, UNREPLICATED, check_grace, even_quorum};
use crate::stateful::pieces;
use crate::stateful::setting::{Kind, Known, reserved};

/// The memory below which queries are refused often, in bytes
/// (<https://clickhouse.com/docs/operations/requirements>).
const ENOUGH_MEMORY: u64 = 4_000_000_000;

/// Elements of the server's configuration that the tier's Services, probes and other files rely on, each with what to do instead.
static RESERVED: [(&str, &str); 20] = [
    ("default_database", "use `database`"),
    ("distributed_ddl", "use a file under `files`"),
    ("http_port", ""),
    ("https_port", "use a file under `files`"),
    ("interserver_http_credentials", "use `interserverSecret`"),
    ("interserver_http_host", ""),
    ("interserver_http_port", ""),
    ("interserver_https_host", ""),
    ("interserver_https_port", ""),
    ("keeper_server", "use `keeper`"),
    ("listen_host", ""),
    ("logger", "use a file under `files`"),
    ("macros", "use a file under `files` for further ones"),
    ("path", ""),
    ("remote_servers", "use a file under `files` for further clusters"),
    ("shutdown_wait_unfinished", "use `terminationGracePeriodSeconds`"),
    ("tcp_port", ""),
    ("tcp_port_secure", "use a file under `files`"),
    ("users_config", "use a file under `files`"),
    ("zookeeper", "use `keeper`"),
];

/// Settings that people write most, whose values are no amounts of bytes (which may have a unit).
static KNOWN: Known = Known {
    kinds: &[
        ("async_load_databases", Kind::Switch),
        ("background_pool_size", Kind::Integer),
        ("background_schedule_pool_size", Kind::Integer),
        ("keep_alive_timeout", Kind::Integer),
        ("max_concurrent_queries", Kind::Integer),
        ("max_connections", Kind::Integer),
        ("max_server_memory_usage_to_ram_ratio", Kind::Number),
    ],
    reserved: &[],
};

/// Reports everything; `at` is the tier's place.
pub(super) fn check(tier: &ClickhouseTier, at: &Route, sink: &mut Sink) {
    let fields = &tier.fields;
    topology(tier, at, sink);
    images(fields, at, sink);
    names(fields, at, sink);
    for name in fields.config.keys() {
        let element = name.as_str().split('.').next().unwrap_or_default();
        let Some((_, instead)) = RESERVED.iter().find(|(key, _)| *key == element) else { continue };
        sink.push(reserved(name.as_str(), instead, &at.join("config").join(name.as_str())));
    }
    KNOWN.check(&fields.config, &at.join("config"), sink);
    for (key, map) in [("config", &fields.config), ("settings", &fields.settings)] {
        for name in map.keys().filter(|it| it.as_str().split('.').any(|step| !is_element(step))) {
            let message = format!("`{}` is no element's name", name.as_str());
            let at = at.join(key).join(name.as_str());
            sink.push(
                Diagnostic::at_key(&BAD_VALUE, &at, message)
                    .help("each part between the dots begins with a letter or `_`"),
            );
        }
    }
    times_and_sizes(tier, at, sink);
}

fn topology(tier: &ClickhouseTier, at: &Route, sink: &mut Sink) {
    let fields = &tier.fields;
    for (key, number) in [("replicas", fields.replicas), ("shards", fields.shards)] {
        if number == 0 {
            let message = format!("a cluster of 0 {key} holds nothing");
            sink.push(
                Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, &at.join(key), message)
                    .help(format!("use `{key}: 1` or more")),
            );
        }
    }
    let Some(keeper) = &fields.keeper else { return };
    let voters = &at.join("keeper").join("replicas");
    if keeper.replicas == 0 && fields.replicas > 1 {
        let message = format!("{} replicas without Keeper are {0} unrelated databases", fields.replicas);
        sink.push(
            Diagnostic::at_value(&UNREPLICATED, voters, message)
                .note("clients would read from one what they wrote to another")
                .help("use 3 or 5 voters, or `replicas: 1`"),
        );
    } else if keeper.replicas > 0 && keeper.replicas.is_multiple_of(2) {
        sink.push(even_quorum(voters, keeper.replicas));
    }
}

fn images(fields: &ClickhouseFields, at: &Route, sink: &mut Sink) {
    fields.version.check_image(fields.image.as_ref(), &at.join("image"), sink);
    let keeper = fields.keeper.as_ref().and_then(|it| it.image.as_ref());
    let keeper_at = at.join("keeper").join("image");
    for (image, at) in [(fields.image.as_ref(), at.join("image")), (keeper, keeper_at)] {
        if image.and_then(crate::model::Image::tag).is_some_and(|it| it.contains("distroless")) {
            sink.push(no_shell(&at));
        }
    }
    if fields.version.as_str().contains("distroless") {
        sink.push(no_shell(&at.join("version")));
    }
}

fn no_shell(at: &Route) -> Diagnostic {
    Diagnostic::at_value(&BAD_VALUE, at, "the image has no shell")
        .note("Keeper's number comes from its ordinal in a script, and a server sleeps before it stops")
        .help(format!("use a tag without `distroless`, such as `{}`", release::TABLE.default))
}

/// Names reach XML elements, URLs and queries: only those that mean the same everywhere.
fn names(fields: &ClickhouseFields, at: &Route, sink: &mut Sink) {
    let named = [("cluster", &fields.cluster), ("database", &fields.database), ("user", &fields.user)];
    for (key, name) in named {
        if name.len() > 63 || !is_element(name) {
            let message = format!("`{name}` is no name of a {key}");
            sink.push(
                Diagnostic::at_value(&BAD_VALUE, &at.join(key), message)
                    .help("use at most 63 letters, digits, `_` and `-`, beginning with a letter or `_`"),
            );
        }
    }
    if fields.database == "system" || fields.database.eq_ignore_ascii_case("information_schema") {
        let message = format!("the database `{}` is the server's own", fields.database);
        sink.push(Diagnostic::at_value(&BAD_VALUE, &at.join("database"), message).help("use another name"));
    }
}

/// Whether a text is an element's name and nothing else: no path of the configuration, no escape.
fn is_element(text: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    text.starts_with(first) && text.chars().all(|c| first(c) || c.is_ascii_digit() || c == '-')
}

fn times_and_sizes(tier: &ClickhouseTier, at: &Route, sink: &mut Sink) {
    let why = format!(
        "{} s pass before the server is told to stop, {} s are kept for closing its tables, and the rest is for running queries",
        server::LEAVE,
        server::CLOSE
    );
    check_grace(tier.fields.grace, server::LEAVE + server::CLOSE + 1, why, at, sink);
    let memory = pieces::memory_limit(tier.common.resources.as_deref());
    if memory.is_some_and(|it| it < ENOUGH_MEMORY) {
        let limit = at.join("resources").join("limits").join("memory");
        let message = "queries are refused often in less than 4 GB";
        sink.push(
            Diagnostic::at_value(&SMALL_MEMORY, &limit, message)
                .note("each query counts against what the server may use in all")
                .help("use a limit of `4Gi` or more where queries read much"),
        );
    }
}
