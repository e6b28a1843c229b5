//! The configuration files: what is derived, and what the stack says itself.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;

use super::file::{CONFIG, DERIVED, Folder};
use super::{ClickhouseTier, KeeperFields, keeper, server};
use crate::stateful::setting::{Setting, SettingName};
use crate::stateful::{TierContext, pieces, render};

/// A file of the servers.
pub(super) struct ServerFile {
    /// Its key in the ConfigMap.
    pub(super) key: &'static str,
    /// Its name in the folder.
    pub(super) mounted: &'static str,
    /// The folder.
    pub(super) folder: Folder,
}

/// The tier's own files of the servers.
pub(super) static SERVER_FILES: [ServerFile; 3] = [
    ServerFile { key: "server.xml", mounted: DERIVED, folder: Folder::Config },
    ServerFile { key: "config.xml", mounted: CONFIG, folder: Folder::Config },
    ServerFile { key: "users.xml", mounted: DERIVED, folder: Folder::Users },
];

const GIB: u64 = 1 << 30;

/// What `server.xml` is rendered from.
#[derive(Debug, Serialize)]
struct Server<'a> {
    cluster: &'a str,
    database: &'a str,
    user: &'a str,
    secret: bool,
    ports: Ports,
    wait: u32,
    memory: Option<Memory>,
    shards: Vec<Vec<String>>,
    keepers: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Ports {
    native: u16,
    http: u16,
    interserver: u16,
    keeper: u16,
}

/// Shares of the memory limit, in bytes.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Memory {
    total: u64,
    mark_cache: u64,
}

impl Memory {
    /// The shares of a limit; `docs/engines/clickhouse.md` has the reasons.
    fn of(limit: u64) -> Self {
        Self { total: limit / 5 * 4, mark_cache: (limit / 8).min(5 * GIB) }
    }
}

#[derive(Debug, Serialize)]
struct Users<'a> {
    user: &'a str,
    settings: String,
}

#[derive(Debug, Serialize)]
struct Keeper {
    data: &'static str,
    client: u16,
    control: u16,
    raft: u16,
    memory: Option<u64>,
    hosts: Vec<String>,
}

/// The files of the servers, by their keys.
pub(super) fn server(tier: &ClickhouseTier, cx: &TierContext<'_>) -> BTreeMap<String, String> {
    let fields = &tier.fields;
    let hosts = |shard| {
        let set = tier.set(cx.name, shard);
        (0..fields.replicas).map(|it| cx.pod_host_of(&set, it)).collect()
    };
    let server = Server {
        cluster: &fields.cluster,
        database: &fields.database,
        user: &fields.user,
        secret: fields.interserver_secret.is_some(),
        ports: Ports {
            native: server::NATIVE.1,
            http: server::HTTP.1,
            interserver: server::INTERSERVER.1,
            keeper: keeper::CLIENT.1,
        },
        wait: fields.grace.saturating_sub(server::LEAVE + server::CLOSE).max(1),
        memory: pieces::memory_limit(tier.common.resources.as_deref()).map(Memory::of),
        shards: (0..fields.shards).map(hosts).collect(),
        keepers: tier.keeper().map(|it| keeper_hosts(&it, cx)).unwrap_or_default(),
    };
    let users = Users { user: &fields.user, settings: elements(&fields.settings, 3) };
    let own = |source, name| render(name, source, &server);
    let mut files = BTreeMap::from([
        (
            "server.xml".to_owned(),
            own(include_str!("../../../templates/clickhouse/server.xml.j2"), "clickhouse/server.xml.j2"),
        ),
        ("config.xml".to_owned(), format!("<clickhouse>\n{}</clickhouse>\n", elements(&fields.config, 1))),
        (
            "users.xml".to_owned(),
            render(
                "clickhouse/users.xml.j2",
                include_str!("../../../templates/clickhouse/users.xml.j2"),
                &users,
            ),
        ),
    ]);
    for (key, path) in &fields.files {
        // A file that cannot be read is reported where it is read, and then nothing is lowered.
        files.insert(key.config_key(), cx.files.get(path.as_str()).cloned().unwrap_or_default());
    }
    files
}

/// The files of the voters, by their keys.
pub(super) fn keeper(keeper: &KeeperFields, cx: &TierContext<'_>) -> BTreeMap<String, String> {
    let context = Keeper {
        data: keeper::DATA_PATH,
        client: keeper::CLIENT.1,
        control: keeper::CONTROL.1,
        raft: keeper::RAFT.1,
        memory: pieces::memory_limit(Some(&keeper.resources)).map(|it| it / 4 * 3),
        hosts: keeper_hosts(keeper, cx),
    };
    BTreeMap::from([
        (
            "keeper_config.xml".to_owned(),
            render(
                "clickhouse/keeper_config.xml.j2",
                include_str!("../../../templates/clickhouse/keeper_config.xml.j2"),
                &context,
            ),
        ),
        (
            "start.sh".to_owned(),
            render("clickhouse/start.sh.j2", include_str!("../../../templates/clickhouse/start.sh.j2"), &()),
        ),
    ])
}

fn keeper_hosts(keeper: &KeeperFields, cx: &TierContext<'_>) -> Vec<String> {
    let set = keeper::set(cx.name);
    (0..keeper.replicas).map(|it| cx.pod_host_of(&set, it)).collect()
}

/// Settings as elements, each on a line: `a.b` is `b` inside `a`. A boolean is `true` or `false`.
fn elements(settings: &IndexMap<SettingName, Setting>, depth: usize) -> String {
    let mut text = String::new();
    for (name, value) in settings {
        let inner = escape(value.text());
        let element =
            name.as_str().rsplit('.').fold(inner, |inner, step| format!("<{step}>{inner}</{step}>"));
        text.push_str(&"    ".repeat(depth));
        text.push_str(&element);
        text.push('\n');
    }
    text
}

/// Text inside an element.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::decode::Key as _;

    #[test]
    fn settings_become_elements() {
        let pairs = [("merge_tree.parts_to_throw_insert", "600"), ("timezone", "a<b&c")];
        let settings = pairs
            .map(|(name, it)| (SettingName::key(name).unwrap(), Setting::Text(it.to_owned())))
            .into_iter()
            .chain([(SettingName::key("x").unwrap(), Setting::Switch(true))])
            .collect();
        let expected = "    <merge_tree><parts_to_throw_insert>600</parts_to_throw_insert></merge_tree>\n    \
                        <timezone>a&lt;b&amp;c</timezone>\n    <x>true</x>\n";
        assert_eq!(elements(&settings, 1), expected);
    }

    #[test]
    fn memory_is_shared_as_documented() {
        assert_eq!(Memory::of(2 * GIB), Memory { total: 1_717_986_916, mark_cache: 256 << 20 });
        assert_eq!(Memory::of(64 * GIB).mark_cache, 5 * GIB);
    }
}
