//! What cannot work.

use super::{DRAIN, Plugin, RabbitMqTier, settings};
use crate::diag::{Diagnostic, Route, Sink};
use crate::model::codes::{BAD_VALUE, MISSING_FIELD};
use crate::stateful::codes::{IMPOSSIBLE_TOPOLOGY, check_grace, even_quorum};
use crate::stateful::setting::reserved;

/// Reports everything; `at` is the tier's place.
pub(super) fn check(tier: &RabbitMqTier, at: &Route, sink: &mut Sink) {
    let fields = &tier.fields;
    fields.version.check_image(fields.image.as_ref(), &at.join("image"), sink);
    topology(tier, at, sink);
    names(tier, at, sink);
    settings(tier, &at.join("config"), sink);
    plugins(tier, at, sink);
}

fn topology(tier: &RabbitMqTier, at: &Route, sink: &mut Sink) {
    let replicas = tier.fields.replicas;
    let place = &at.join("replicas");
    match replicas {
        0 | 8.. => {
            let message = format!("{replicas} replicas are no RabbitMQ tier");
            sink.push(
                Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, place, message)
                    .note("every node takes part in every change of the metadata")
                    .help("use 1, 3, 5 or 7"),
            );
        }
        even if even.is_multiple_of(2) => sink.push(even_quorum(place, even)),
        _ => {}
    }
    if !tier.clustered() {
        return;
    }
    if tier.fields.erlang_cookie.is_none() && !tier.operated() {
        let message = "several nodes without `erlangCookie`";
        sink.push(
            Diagnostic::at_value(&MISSING_FIELD, place, message)
                .note("nodes talk only to those that have the same cookie")
                .help("add `erlangCookie` with `secret` and `key`: 20 letters and digits or more"),
        );
    }
    if let Some(grace) = tier.fields.grace {
        let why = format!(
            "a node waits for the others in all but the last {DRAIN} seconds, or takes a queue's majority with it"
        );
        check_grace(grace, 2 * DRAIN, why, at, sink);
    }
}

/// Names reach URLs and environment variables: only those that mean the same everywhere.
fn names(tier: &RabbitMqTier, at: &Route, sink: &mut Sink) {
    let plain = |it: &str| {
        let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        !it.is_empty() && it.len() <= 63 && it.chars().all(inner)
    };
    let help = "use at most 63 letters, digits, `_`, `-` and `.`";
    let (user, vhost) = (&tier.fields.user, &tier.fields.vhost);
    if !plain(user) {
        let message = format!("`{user}` is no name for the administrator");
        sink.push(Diagnostic::at_value(&BAD_VALUE, &at.join("user"), message).help(help));
    } else if user == "guest" {
        let message = "`guest` may connect from its own node only";
        sink.push(Diagnostic::at_value(&BAD_VALUE, &at.join("user"), message).help("use another name"));
    }
    if vhost != "/" && !plain(vhost) {
        let message = format!("`{vhost}` is no name for a virtual host");
        sink.push(
            Diagnostic::at_value(&BAD_VALUE, &at.join("vhost"), message).help(format!("{help}, or `/`")),
        );
    }
}

fn settings(tier: &RabbitMqTier, at: &Route, sink: &mut Sink) {
    settings::KNOWN.check(&tier.fields.config, at, sink);
    for (name, value) in &tier.fields.config {
        let at = at.join(name.as_str());
        let prefixes = settings::RESERVED_PREFIXES.iter();
        if let Some((_, instead)) = prefixes.into_iter().find(|(it, _)| name.as_str().starts_with(it)) {
            sink.push(reserved(name.as_str(), instead, &at));
        }
        if value.text().contains(|it: char| it.is_control() || it == '#') {
            let message = format!("`{}` cannot be written on one line", name.as_str());
            sink.push(
                Diagnostic::at_value(&BAD_VALUE, &at, message)
                    .note("rabbitmq.conf has a setting a line, and a `#` begins a comment"),
            );
        }
    }
}

fn plugins(tier: &RabbitMqTier, at: &Route, sink: &mut Sink) {
    let (plugins, version) = (&tier.fields.plugins, tier.fields.version.as_str());
    if version.contains("management") && !plugins.contains(&Plugin::Management) {
        let message = format!("the image of `{version}` has its pages on, `plugins` has not");
        sink.push(
            Diagnostic::at_value(&BAD_VALUE, &at.join("version"), message)
                .note("`plugins` alone decides, because ports and policies follow it; all images have the same plugins")
                .help("add `plugins: [rabbitmq_management]`, or use the version without `management`"),
        );
    }
    if tier.fields.monitor.is_some() && !tier.operated() && !plugins.contains(&Plugin::Prometheus) {
        let message = "nothing shows metrics that `monitor` could collect";
        sink.push(
            Diagnostic::at_key(&BAD_VALUE, &at.join("monitor"), message)
                .help("add `rabbitmq_prometheus` to `plugins`, or remove `monitor`"),
        );
    }
    let at = &at.join("plugins");
    for (index, plugin) in plugins.iter().enumerate() {
        if plugins[..index].contains(plugin) {
            let message = format!("`{}` is there twice", plugin.as_str());
            sink.push(Diagnostic::at_value(&BAD_VALUE, &at.index(index), message).help("remove one"));
        }
    }
}
