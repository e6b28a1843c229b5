//! `nats.conf`: what is derived, and what the stack may say itself.

use indexmap::IndexMap;
use serde::Serialize;

use super::NatsTier;
use crate::stateful::pieces;
use crate::stateful::setting::{Kind, Known, Setting};

/// What memory is derived from where no limit is written, in bytes.
const ASSUMED_MEMORY: u64 = 512 << 20;

/// What is known of the server's settings.
pub(super) static KNOWN: Known = Known {
    kinds: &[
        ("debug", Kind::Switch),
        ("disable_sublist_cache", Kind::Switch),
        ("logtime", Kind::Switch),
        ("max_connections", Kind::Integer),
        ("max_control_line", Kind::Integer),
        ("max_subscriptions", Kind::Integer),
        ("max_traced_msg_len", Kind::Integer),
        ("ping_max", Kind::Integer),
        ("trace", Kind::Switch),
    ],
    reserved: &[
        ("accounts", ""),
        ("authorization", "use `user` and `password`"),
        ("client_advertise", ""),
        ("cluster", "write `cluster.NAME`"),
        ("cluster.advertise", ""),
        ("cluster.authorization", ""),
        ("cluster.host", ""),
        ("cluster.listen", ""),
        ("cluster.name", ""),
        ("cluster.no_advertise", ""),
        ("cluster.port", ""),
        ("cluster.routes", ""),
        ("host", ""),
        ("http", ""),
        ("http_port", ""),
        ("https", ""),
        ("https_port", ""),
        ("include", "write the settings themselves"),
        ("jetstream", "write `jetstream.NAME`"),
        ("jetstream.enabled", ""),
        ("jetstream.max_file", "write `jetstream.max_file_store`"),
        ("jetstream.max_mem", "write `jetstream.max_memory_store`"),
        ("jetstream.max_mem_store", "write `jetstream.max_memory_store`"),
        ("jetstream.store", ""),
        ("jetstream.store_dir", ""),
        ("jetstream.storedir", ""),
        ("lame_duck_duration", "use `lameDuckDuration`"),
        ("lame_duck_grace_period", ""),
        ("listen", ""),
        ("log_file", ""),
        ("logfile", ""),
        ("monitor_port", ""),
        ("net", ""),
        ("no_auth_user", ""),
        ("pid_file", ""),
        ("pidfile", ""),
        ("port", ""),
        ("server_name", ""),
    ],
};

/// The blocks whose settings a stack may write, as `BLOCK.NAME`.
pub(super) const BLOCKS: [&str; 2] = ["cluster", "jetstream"];

/// What `nats.conf` is rendered from.
#[derive(Debug, Serialize)]
pub(super) struct Settings<'a> {
    cluster: &'a str,
    routes: Vec<String>,
    user: Option<&'a str>,
    lame_duck: &'a str,
    top: Vec<(&'a str, String)>,
    jetstream: Vec<(&'a str, String)>,
    own_cluster: Vec<(&'a str, String)>,
}

impl<'a> Settings<'a> {
    pub(super) fn new(tier: &'a NatsTier, name: &'a str, routes: Vec<String>) -> Self {
        let mut found = Self {
            cluster: name,
            routes,
            user: tier.fields.password.as_ref().map(|_| tier.user()),
            lame_duck: tier.fields.lame_duck.as_str(),
            top: Vec::new(),
            jetstream: Vec::new(),
            own_cluster: Vec::new(),
        };
        let mut jetstream: IndexMap<&str, String> = IndexMap::from([
            ("max_file_store", file_store(tier).to_string()),
            ("max_memory_store", memory_store(tier).to_string()),
        ]);
        for (key, value) in &tier.fields.config {
            match key.as_str().split_once('.') {
                Some(("jetstream", key)) => {
                    jetstream.insert(key, literal(value));
                }
                Some((_, key)) => found.own_cluster.push((key, literal(value))),
                None => found.top.push((key.as_str(), literal(value))),
            }
        }
        found.jetstream = jetstream.into_iter().collect();
        found
    }
}

/// Bytes that streams may fill on each volume: four fifths. The rest is for Raft's logs and for files being compacted.
pub(super) fn file_store(tier: &NatsTier) -> u64 {
    u64::try_from(tier.storage.size.whole()).unwrap_or_default() / 5 * 4
}

/// Bytes that streams in memory may fill on each server: a quarter.
pub(super) fn memory_store(tier: &NatsTier) -> u64 {
    pieces::memory_limit(tier.common.resources.as_deref()).unwrap_or(ASSUMED_MEMORY) / 4
}

/// A value of the server's configuration. Numbers may have a unit of bytes, in capitals (`8MB`): a small one would be a
/// time span (`2m`), which is text to the server.
fn literal(value: &Setting) -> String {
    let text = value.text();
    if matches!(value, Setting::Switch(_)) || is_number(text) {
        return text.to_owned();
    }
    let escaped = text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n").replace('\r', r"\r");
    format!("\"{escaped}\"")
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let unit = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
    let (number, unit) = digits.split_at(unit);
    let units = ["", "K", "M", "G", "T", "P"];
    let known = units
        .iter()
        .any(|it| unit.strip_prefix(it).is_some_and(|rest| matches!(rest, "" | "B" | "i" | "iB")));
    number.parse::<f64>().is_ok() && number.starts_with(|c: char| c.is_ascii_digit()) && known && unit != "B"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_the_server_reads_as_such() {
        let text = |it: &str| literal(&Setting::Text(it.to_owned()));
        for number in ["8MB", "64", "-1", "1.5", "2G", "512KiB"] {
            assert_eq!(text(number), number);
        }
        for word in ["2m", "10s", "off", "4222a", "B", "1.2.3", "", "i"] {
            assert_eq!(text(word), format!("\"{word}\""));
        }
        assert_eq!(text("a\"b\\c"), r#""a\"b\\c""#);
        assert_eq!(literal(&Setting::Switch(true)), "true");
    }
}
