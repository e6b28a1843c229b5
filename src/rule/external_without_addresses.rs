//! Externals that no policy can let through.

use std::net::IpAddr;

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Route, Severity::Error, Sink};
use crate::model::{Fqdn, Policies};
use crate::resolve::Target;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG503",
    name: "external-without-addresses",
    severity: Error,
    docs: "\
## What it finds
An external that a component uses, without `cidrs`, while policies are made from `uses`; with `network: { fqdn: cilium }`, only one whose host is no DNS name of its own outside the cluster.

## Why it matters
A NetworkPolicy knows addresses, not host names: without them the default deny refuses the call.

## Example
```yaml
externals: { mail: { host: smtp.example.com, port: 587 } }
services: { web: { uses: [ mail ] } }
```

## What to do
Add the address blocks of the host under `cidrs`. Or, where Cilium is the cluster's network plugin, let it go by the name: `network: { fqdn: cilium }`. Or turn policies off: `network: { policies: none }`.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let resolved = facts.resolved;
    let network = &resolved.stack.network;
    if network.policies != Policies::FromUses {
        return;
    }
    for (name, external) in &resolved.stack.externals {
        let user = resolved.edges.iter().find(|it| it.to == Target::External(name.clone()));
        let Some(user) = user.filter(|_| external.cidrs.0.is_empty()) else { continue };
        let by_name = network.fqdn == Some(Fqdn::Cilium);
        let no_name = no_name(&external.host, &resolved.stack.cluster.domain);
        if by_name && no_name.is_none() {
            continue;
        }
        let message = format!("`{}` uses `{name}`, and no policy can let it through", user.from);
        let found = Diagnostic::at_key(&CODE, &Route::of(&["externals", name.as_str()]), message);
        let found = match no_name.filter(|_| by_name) {
            Some(why) => found.note(format!("Cilium goes by DNS names outside the cluster: {why}")),
            None => found.note("a NetworkPolicy knows addresses, not host names"),
        };
        let found = found.help(format!("add `cidrs` with the address blocks of {}", external.host));
        let found = if by_name {
            found
        } else {
            found.help("or, where Cilium is the network plugin, write `network: { fqdn: cilium }`")
        };
        sink.push(found.help("or turn policies off with `network: { policies: none }`"));
    }
}

/// Why a host has no DNS name outside the cluster, if it has none.
fn no_name(host: &str, domain: &str) -> Option<&'static str> {
    let letters = |it: &str| {
        !it.is_empty() && it.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '*'))
    };
    if host.parse::<IpAddr>().is_ok() {
        Some("this is an address")
    } else if host.strip_suffix(domain).unwrap_or(host).trim_end_matches('.').rsplit('.').next()
        == Some("svc")
    {
        Some("this is a Service, whose calls never leave for the address of its name")
    } else if !host.contains('.') || !host.strip_suffix('.').unwrap_or(host).split('.').all(letters) {
        Some("this is none")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_outside_the_cluster() {
        for good in ["api.example.com", "*.s3.example.com", "api.example.com.", "svc.example.com"] {
            assert_eq!(no_name(good, "cluster.local"), None, "{good}");
        }
        for bad in [
            "192.0.2.7",
            "2001:db8::1",
            "kubernetes.default.svc",
            "db.app.svc.cluster.local",
            "nas",
            "a..b",
            "https://a.b",
            "a.b:443",
        ] {
            assert!(no_name(bad, "cluster.local").is_some(), "{bad}");
        }
    }
}
