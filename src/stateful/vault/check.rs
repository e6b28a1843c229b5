//! What cannot work.

use super::access::{VaultCapability, VaultEngine};
use super::pod::LEAVE;
use super::unseal::{Unseal, VaultAutoUnseal};
use super::{Nodes, access, settings};
use crate::diag::{Diagnostic, Route, Sink, and_list, nearest};
use crate::model::Name;
use crate::model::codes::{BAD_VALUE, MISSING_FIELD};
use crate::stateful::codes::{IMPOSSIBLE_TOPOLOGY, MANUAL_UNSEAL, NOBODY_SETS_UP, check_grace, even_quorum};

/// Seconds that a node needs to hand over its lock and close its store.
const LEAST: u32 = 10;

/// Policies that Vault has by itself.
const BUILT_IN: [&str; 2] = ["default", "root"];

/// What a path of the second version of kv has after its mount.
const KV_2: [&str; 8] = ["data", "metadata", "delete", "undelete", "destroy", "subkeys", "config", "options"];

/// Reports everything; `at` is the tier's place.
pub(super) fn check(tier: &Nodes<'_>, at: &Route, sink: &mut Sink) {
    let fields = tier.fields;
    topology(tier, at, sink);
    settings::check(tier, &at.join("config"), sink);
    let why = format!(
        "{LEAVE} s go by before a node is told, and one that is killed keeps its lock until it expires"
    );
    check_grace(fields.grace, LEAVE + LEAST, why, at, sink);
    unsealing(tier, &at.join("unseal"), sink);
    policies(tier, &at.join("policies"), sink);
    roles(tier, &at.join("roles"), sink);
    setup(tier, at, sink);
}

fn topology(tier: &Nodes<'_>, at: &Route, sink: &mut Sink) {
    let at = &at.join("replicas");
    match tier.fields.replicas {
        0 => sink.push(
            Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, at, "no node keeps the data").help("use 1, 3 or 5"),
        ),
        even if even.is_multiple_of(2) => sink.push(even_quorum(at, even)),
        many if many > 7 => {
            let message = format!("{many} nodes that all vote make each write wait for {}", many / 2 + 1);
            sink.push(
                Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, at, message)
                    .note("the community edition has no other nodes than voters")
                    .help("use 3 or 5"),
            );
        }
        _ => {}
    }
}

fn unsealing(tier: &Nodes<'_>, at: &Route, sink: &mut Sink) {
    match &tier.fields.unseal {
        Unseal::Manual => sink.push(
            Diagnostic::at_value(
                &MANUAL_UNSEAL,
                at,
                "each node waits for people with the keys after each start",
            )
            .note("until then it serves nobody; with half of the nodes or more sealed, none does")
            .help(format!("know the procedure in {}, or unseal with a key elsewhere", tier.brand.page)),
        ),
        Unseal::Auto(VaultAutoUnseal::AwsKms(it)) if it.access_key.is_some() != it.secret_key.is_some() => {
            let (has, lacks) =
                if it.access_key.is_some() { ("accessKey", "secretKey") } else { ("secretKey", "accessKey") };
            sink.push(
                Diagnostic::at_key(
                    &MISSING_FIELD,
                    &at.join("awskms").join(has),
                    format!("`{has}` without `{lacks}`"),
                )
                .help("give both, or none to use the pod's identity"),
            );
        }
        Unseal::Auto(_) => {}
    }
}

fn policies(tier: &Nodes<'_>, at: &Route, sink: &mut Sink) {
    for (name, policy) in &tier.access.policies {
        let at = at.join(name.as_str());
        if BUILT_IN.contains(&name.as_str()) {
            let message = format!("the policy `{name}` is {}'s own", tier.brand.title);
            sink.push(
                Diagnostic::at_key(&BAD_VALUE, &at, message)
                    .help("give it another name; every token has `default` beside its policies"),
            );
        }
        if policy.paths.is_empty() {
            let message = format!("the policy `{name}` allows nothing");
            sink.push(Diagnostic::at_key(&MISSING_FIELD, &at, message).help("add `paths`"));
        }
        for (path, capabilities) in &policy.paths {
            let at = at.join("paths").join(path);
            self::path(tier, path, &at, sink);
            if capabilities.is_empty() {
                sink.push(
                    Diagnostic::at_key(&MISSING_FIELD, &at, format!("`{path}` without a capability"))
                        .help(format!("add some of {}", and_list(VaultCapability::WORDS.iter().copied()))),
                );
            }
        }
    }
}

/// A path that can never match a request.
fn path(tier: &Nodes<'_>, path: &str, at: &Route, sink: &mut Sink) {
    if path.starts_with('/') || path.contains("${") || path.chars().any(char::is_control) {
        let message = format!("`{}` is no path of {}", path.escape_debug(), tier.brand.title);
        sink.push(
            Diagnostic::at_key(&BAD_VALUE, at, message)
                .help("write it without a leading `/` and without `${`"),
        );
        return;
    }
    let Some((mount, rest)) = path.split_once('/') else { return };
    if tier.access.mounts.get(mount) != Some(&VaultEngine::KvV2) {
        return;
    }
    let next = rest.split('/').next().unwrap_or(rest);
    if !KV_2.contains(&next) && !next.contains('*') && next != "+" {
        let message = format!("`{path}` is no path of the engine that is mounted at `{mount}`");
        sink.push(
            Diagnostic::at_key(&BAD_VALUE, at, message)
                .note("the second version of kv keeps values below `data/` and names below `metadata/`")
                .help(format!("write `{mount}/data/{rest}`")),
        );
    }
}

fn roles(tier: &Nodes<'_>, at: &Route, sink: &mut Sink) {
    for (name, role) in &tier.access.roles {
        let at = at.join(name.as_str());
        let lists = [
            ("serviceAccounts", &role.service_accounts),
            ("namespaces", &role.namespaces),
            ("policies", &role.policies),
        ];
        for (key, list) in lists {
            if list.is_empty() {
                let message = format!("the role `{name}` has no `{key}`");
                sink.push(Diagnostic::at_key(&MISSING_FIELD, &at, message).help(format!("add `{key}`")));
            }
        }
        let known = || tier.access.policies.keys().map(Name::as_str);
        for (index, policy) in role.policies.iter().enumerate() {
            if policy.as_str() == "default" || tier.access.policies.contains_key(policy) {
                continue;
            }
            let found = Diagnostic::at_value(
                &BAD_VALUE,
                &at.join("policies").index(index),
                format!("there is no policy `{policy}`"),
            );
            sink.push(match nearest(policy.as_str(), known()) {
                Some(near) => found.help(format!("write `{near}`")),
                None => found.help("declare it under `policies`"),
            });
        }
    }
}

/// What is declared and done by nobody.
fn setup(tier: &Nodes<'_>, at: &Route, sink: &mut Sink) {
    if tier.fields.setup_token.is_some() || access::script(tier).is_none() {
        return;
    }
    let access = tier.access;
    let written = [
        ("mounts", access.mounts.is_empty()),
        ("policies", access.policies.is_empty()),
        ("roles", access.roles.is_empty()),
    ];
    let mut declared: Vec<&str> = written.iter().filter(|(_, empty)| !empty).map(|(key, _)| *key).collect();
    if declared.is_empty() {
        declared.push("audit");
    }
    let what = and_list(declared.iter().copied());
    sink.push(
        Diagnostic::at_key(
            &NOBODY_SETS_UP,
            &at.join(declared[0]),
            format!("nobody sets up {what} without `setupToken`"),
        )
        .note("a Job with a token would; the script is rendered all the same")
        .help(format!("run setup.sh as {} says, or give a Job a token with `setupToken`", tier.brand.page)),
    );
}
