//! Pods that believe whoever says that it is one of them.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Warning, Sink};
use crate::model::{MutualTls, Protocol};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG410",
    name: "peers-without-authentication",
    severity: Warning,
    docs: "\
## What it finds
A service whose pods find each other by gossip without a secret, where nothing else proves who they are: its namespace is in no mesh with mutual TLS `STRICT`, or the gossip goes by UDP, which no mesh carries.

## Why it matters
Who can send to the port joins the cluster: it is told of all members, and members hand work to it. The NetworkPolicy lets in the service's pods alone, by their labels and addresses; a network plugin that enforces nothing lets in everybody.

## Example
```yaml
services: { api: { peers: { port: 7946 } } }
```

## What to do
Give the gossip a key that is in a store, and name it: `peers: { port: 7946, secret: { secret: gossip, key: key } }`. Where the program knows none, accept the finding and say why the network is trusted.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some(peers) = facts.resolved.peers(component) else { return };
    // Ports that others call, too, are the program's own business.
    if peers.secret.is_some() || peers.port.is_none() {
        return;
    }
    let strict = facts.resolved.mesh_of(&component.namespace) == Some(MutualTls::Strict);
    let udp = peers.gossip(Protocol::Udp).is_some();
    if strict && !udp {
        return;
    }
    let note = if strict {
        "the mesh authenticates what goes by TCP; UDP goes past it"
    } else {
        "whoever reaches the port is told of all members, and is handed their work"
    };
    let message = format!("the pods of `{}` take anybody who says so for one of them", component.name);
    sink.push(Diagnostic::at_key(&CODE, &component.route().join("peers"), message).note(note).help(
        "give them a key from a store: `secret: { secret: NAME, key: KEY }`, and the same to the program",
    ));
}
