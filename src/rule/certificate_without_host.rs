//! Certificates of tiers for other names than the tier's own.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Warning, Sink, and_list};
use crate::k8s::Object;
use crate::model::FileSource;
use crate::resolve::Component;
use crate::stateful::ServedName;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Object(check) };

static CODE: Code = Code {
    id: "SG409",
    name: "certificate-without-host",
    severity: Warning,
    docs: "\
## What it finds
A tier that serves with a certificate of the stack that is not for the tier's name in the cluster, or not for those of its pods where they are called, too.

## Why it matters
Clients check the name that they ask for, and so do the tier's own nodes: they refuse the connection, and a cluster never forms.

## Example
```yaml
certificates: { vault-tls: { issuer: { name: internal-ca }, dnsNames: [vault.example.com] } }
stateful: { vault: { kind: vault, tls: { certificate: vault-tls } } }
```

## What to do
Add the name to `dnsNames`; the message gives it. A certificate may be for several names.
",
};

fn check(facts: &Facts<'_>, _: Option<&Component>, object: &Object, sink: &mut Sink) {
    let Object::Certificate(certificate) = object else { return };
    let resolved = facts.resolved;
    let (Some(name), Some(namespace)) = (&certificate.metadata.name, &certificate.metadata.namespace) else {
        return;
    };
    for component in resolved.components.values() {
        if resolved.namespace(&component.namespace) != namespace || !serves(facts, component, name) {
            continue;
        }
        let mut missing = served_names(facts, component, namespace);
        missing.retain(|it| !certificate.spec.dns_names.iter().any(|name| covers(name, &it.host)));
        missing.dedup_by(|it, before| it.entry == before.entry);
        if missing.is_empty() {
            continue;
        }
        let at = Route::of(&["certificates", name, "dnsNames"]);
        let hosts = and_list(missing.iter().map(|it| it.host.as_str()));
        let message = format!("the certificate is not for {hosts}, where `{}` serves", component.name);
        sink.push(
            Diagnostic::at_value(&CODE, &at, message)
                .also(At::Node(component.route().clone(), Part::Key), "serves with it")
                .note("clients and the tier's own nodes refuse it")
                .help(format!("add {}", and_list(missing.iter().map(|it| it.entry.as_str())))),
        );
    }
}

/// The names under which a component is called by TLS.
fn served_names(facts: &Facts<'_>, component: &Component, namespace: &str) -> Vec<ServedName> {
    let (resolved, cluster) = (facts.resolved, &facts.resolved.stack.cluster);
    let mut found = Vec::new();
    if component.endpoints.scheme == Some("https") {
        let host = format!("{}.{namespace}.svc.{}", component.service, cluster.domain);
        found.push(ServedName { entry: host.clone(), host });
    }
    let tier = resolved.tier(component);
    found.extend(
        tier.into_iter().flat_map(|it| it.served_names(component.called.as_str(), namespace, cluster)),
    );
    found
}

/// Whether a tier has the certificate's key.
fn serves(facts: &Facts<'_>, component: &Component, certificate: &str) -> bool {
    let Some(tier) = facts.resolved.tier(component) else { return false };
    let asked =
        tier.credentials().iter().any(|it| it.secret.as_str() == certificate && it.key.as_str() == "tls.key");
    let mounts =
        |it: &FileSource| matches!(it, FileSource::Secret { name, .. } if name.as_str() == certificate);
    asked
        || tier.pod().is_some_and(|(main, pod)| {
            let sides = pod.sides().map(|(_, side, _)| &side.container);
            std::iter::once(main).chain(sides).any(|it| it.files.values().any(mounts))
        })
}

/// Whether a name of a certificate is a host's; `*` stands for the first label.
fn covers(name: &str, host: &str) -> bool {
    let rest = host.split_once('.').map(|(_, rest)| rest);
    name == host || name.strip_prefix("*.").is_some_and(|it| Some(it) == rest)
}
