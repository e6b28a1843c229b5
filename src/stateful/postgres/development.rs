//! One server for development: the image's own way of starting.

use std::fmt::Write as _;

use super::plain::version;
use super::{PORT, PORT_NAME, PostgresTier, release};
use crate::stateful::pieces::{env, exec_probe, secret_env};
use crate::stateful::{Development, Node};

/// Where the image looks for scripts at its first start.
const INIT: &str = "/docker-entrypoint-initdb.d";

/// The node.
pub(super) fn node(tier: &PostgresTier, cx: &Development<'_>) -> Node {
    let (fields, version) = (&tier.fields, version(tier));
    let image = if tier.operated() {
        // The operator's images start by the operator alone.
        format!("{}:{}", release::TABLE.image, version.line().version)
    } else {
        version.image(fields.image.as_ref())
    };
    let mut args = vec!["postgres".to_owned()];
    let settings = fields.config.iter().map(|(name, it)| (name.as_str(), it.text().to_owned()));
    for (name, value) in
        std::iter::once(("max_connections", fields.max_connections.to_string())).chain(settings)
    {
        args.extend(["-c".to_owned(), format!("{name}={value}")]);
    }
    let mut files = Vec::new();
    if !fields.databases.is_empty() {
        let mut sql = String::new();
        for name in &fields.databases {
            // Writing to a string cannot fail.
            let _ = writeln!(sql, "CREATE DATABASE {} OWNER {};", quoted(name), quoted(&fields.owner));
        }
        files.push((format!("{INIT}/00-databases.sql"), sql));
    }
    for (key, path) in tier.scripts() {
        let text = cx.tier.files.get(path.as_str()).cloned().unwrap_or_default();
        files.push((format!("{INIT}/{key}"), text));
    }
    // By TCP, on which nobody listens until the scripts are done.
    let ready = ["pg_isready", "-q", "-h", "127.0.0.1", "-U", &fields.owner, "-d", &fields.database];
    Node {
        image,
        args,
        env: vec![
            env("POSTGRES_USER", &fields.owner),
            env("POSTGRES_DB", &fields.database),
            secret_env("POSTGRES_PASSWORD", &fields.password),
        ],
        files,
        data: Some(version.line().mount),
        ready: Some(exec_probe(&ready, 5, 5)),
        ports: vec![(PORT_NAME, PORT)],
        ..Node::default()
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
