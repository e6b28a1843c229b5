//! Settings of the server: what is derived, and what the stack may say itself.

use indexmap::IndexMap;

use super::ValkeyMode;
use crate::stateful::setting::{Kind, Known, Setting, SettingName};

/// What memory is derived from where no limit is written, in bytes.
const ASSUMED_MEMORY: u64 = 512 << 20;

const POLICIES: &[&str] = &[
    "allkeys-lfu",
    "allkeys-lru",
    "allkeys-random",
    "noeviction",
    "volatile-lfu",
    "volatile-lru",
    "volatile-random",
    "volatile-ttl",
];

/// What is known of the server's settings.
pub(super) static KNOWN: Known = Known {
    kinds: &[
        ("activedefrag", Kind::Switch),
        ("active-expire-effort", Kind::Integer),
        ("aof-use-rdb-preamble", Kind::Switch),
        ("appendfsync", Kind::Word(&["always", "everysec", "no"])),
        ("auto-aof-rewrite-percentage", Kind::Integer),
        ("databases", Kind::Integer),
        ("hz", Kind::Integer),
        ("io-threads", Kind::Integer),
        ("lazyfree-lazy-eviction", Kind::Switch),
        ("lazyfree-lazy-expire", Kind::Switch),
        ("lazyfree-lazy-server-del", Kind::Switch),
        ("lazyfree-lazy-user-del", Kind::Switch),
        ("loglevel", Kind::Word(&["debug", "notice", "nothing", "verbose", "warning"])),
        ("maxclients", Kind::Integer),
        ("maxmemory-policy", Kind::Word(POLICIES)),
        ("maxmemory-samples", Kind::Integer),
        ("min-replicas-max-lag", Kind::Integer),
        ("min-replicas-to-write", Kind::Integer),
        ("no-appendfsync-on-rewrite", Kind::Switch),
        ("slowlog-log-slower-than", Kind::Integer),
        ("slowlog-max-len", Kind::Integer),
        ("tcp-keepalive", Kind::Integer),
        ("timeout", Kind::Integer),
    ],
    reserved: &[
        ("aclfile", ""),
        ("appenddirname", ""),
        ("appendonly", "`mode` decides whether data is kept"),
        ("bind", ""),
        ("cluster-enabled", "clusters of shards are not built here"),
        ("daemonize", ""),
        ("dir", ""),
        ("include", "write the settings themselves"),
        ("logfile", ""),
        ("masterauth", "use `password`"),
        ("masteruser", ""),
        ("pidfile", ""),
        ("port", ""),
        ("primaryauth", "use `password`"),
        ("primaryuser", ""),
        ("protected-mode", ""),
        ("replica-announce-ip", ""),
        ("replica-announce-port", ""),
        ("replica-read-only", ""),
        ("replica-serve-stale-data", ""),
        ("replicaof", "use `mode: replicated`"),
        ("requirepass", "use `password`"),
        ("sentinel", ""),
        ("slaveof", "use `mode: replicated`"),
        ("supervised", ""),
        ("tls-port", ""),
        ("unixsocket", ""),
        ("user", ""),
    ],
};

/// The lines of the configuration: what the mode derives, unless the stack says it, and then what the stack says. Every
/// value is one quoted word, which the server also takes where it wants several.
pub(super) fn lines(
    mode: ValkeyMode,
    memory: Option<u64>,
    config: &IndexMap<SettingName, Setting>,
) -> Vec<(&str, String)> {
    let own = derived(mode, memory.unwrap_or(ASSUMED_MEMORY)).into_iter();
    let unsaid = own.filter(|(name, _)| !config.keys().any(|it| it.as_str() == *name));
    let said = config.iter().map(|(name, value)| (name.as_str(), said(value).to_owned()));
    unsaid.chain(said).map(|(name, value)| (name, quoted(&value))).collect()
}

fn derived(mode: ValkeyMode, memory: u64) -> Vec<(&'static str, String)> {
    let mut found = vec![
        ("maxmemory", max_memory(mode, memory).to_string()),
        ("maxmemory-policy", if mode == ValkeyMode::Cache { "allkeys-lru" } else { "noeviction" }.to_owned()),
        // The append-only file has everything that a snapshot would have.
        ("save", String::new()),
        ("appendonly", said(&Setting::Switch(mode != ValkeyMode::Cache)).to_owned()),
    ];
    if mode != ValkeyMode::Cache {
        found.push(("appendfsync", "everysec".to_owned()));
    }
    if mode == ValkeyMode::Replicated {
        // A primary that is cut off from the others stops taking writes that it would lose.
        found.push(("min-replicas-to-write", "1".to_owned()));
        found.push(("min-replicas-max-lag", "10".to_owned()));
    }
    found
}

/// A server that writes to a disk forks, and shares fewer and fewer pages with its child.
fn max_memory(mode: ValkeyMode, memory: u64) -> u64 {
    match mode {
        ValkeyMode::Cache => memory / 4 * 3,
        ValkeyMode::Persistent | ValkeyMode::Replicated => memory / 5 * 3,
    }
}

fn said(value: &Setting) -> &str {
    match value {
        Setting::Switch(true) => "yes",
        Setting::Switch(false) => "no",
        Setting::Text(text) => text,
    }
}

/// A word of the configuration file, whatever it holds.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for it in text.chars() {
        match it {
            '"' | '\\' => out.extend(['\\', it]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            it => out.push(it),
        }
    }
    out.push('"');
    out
}

/// Bytes as the server reads them (`100mb`, `1g`), or none.
pub(super) fn bytes(text: &str) -> Option<u64> {
    let text = text.to_ascii_lowercase();
    let digits = text.trim_end_matches(|it: char| it.is_ascii_alphabetic());
    let unit: u64 = match &text[digits.len()..] {
        "" | "b" => 1,
        "k" => 1000,
        "kb" => 1 << 10,
        "m" => 1_000_000,
        "mb" => 1 << 20,
        "g" => 1_000_000_000,
        "gb" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_shared_as_documented() {
        let gib = 1 << 30;
        assert_eq!(max_memory(ValkeyMode::Cache, gib), 805_306_368);
        assert_eq!(max_memory(ValkeyMode::Persistent, gib), 644_245_092);
        assert_eq!(max_memory(ValkeyMode::Replicated, gib), 644_245_092);
    }

    #[test]
    fn what_the_stack_says_replaces_what_is_derived() {
        let config = [("maxmemory", "1gb"), ("save", "60 1"), ("rename-command", "x \"y\"\nport 1")];
        let config = config.map(|(name, text)| {
            (crate::model::decode::Key::key(name).unwrap(), Setting::Text(text.to_owned()))
        });
        let config = config.into_iter().collect();
        let found: Vec<String> = lines(ValkeyMode::Cache, None, &config)
            .iter()
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        let expected = [
            r#"maxmemory-policy "allkeys-lru""#,
            r#"appendonly "no""#,
            r#"maxmemory "1gb""#,
            r#"save "60 1""#,
            r#"rename-command "x \"y\"\nport 1""#,
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn bytes_are_read_as_the_server_does() {
        let found = ["100", "1k", "1kb", "2MB", "3g", "1Gi", "x", "", "-1"].map(bytes);
        let none = None;
        let expected =
            [Some(100), Some(1000), Some(1024), Some(2 << 20), Some(3_000_000_000), none, none, none, none];
        assert_eq!(found, expected);
    }
}
