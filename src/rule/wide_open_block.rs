//! Blocks that are every address.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Warning, Sink};
use crate::k8s::reach::Network;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG531",
    name: "wide-open-block",
    severity: Warning,
    docs: "\
## What it finds
An external or client whose `cidrs` are every address, `0.0.0.0/0` or `::/0`, without `except`. The `sources` of a load balancer are not meant: it is there to be public.

## Why it matters
Whoever uses the external may call any host on that port. Network plugins that go by addresses, such as Calico, take the block for every pod, every node and the cloud's metadata service as well.

## Example
```yaml
externals: { mail: { host: smtp.example.com, port: 587, cidrs: 0.0.0.0/0 } }
```

## What to do
Write the addresses that the host's owner publishes, or leave out those that are your own: `{ cidr: 0.0.0.0/0, except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16] }`. Where no list is to be had, accept the finding and say so.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    for (at, block) in facts.blocks() {
        let whole = Network::parse(&block.cidr).filter(|it| it.is_everything() && block.except.is_empty());
        let Some(whole) = whole else { continue };
        let private = if whole.address().is_ipv4() { "10.0.0.0/8" } else { "fc00::/7" };
        let place = if facts.is_written(&at.join("cidr")) { at.join("cidr") } else { at };
        sink.push(
            Diagnostic::at_value(&CODE, &place, format!("`{whole}` is every address"))
                .note("many network plugins take it for every pod, every node and the cloud's metadata service, too")
                .help("write the addresses that are meant")
                .help(format!("or leave out your own: `{{ cidr: \"{whole}\", except: [\"{private}\", …] }}`"))
                .help("or accept it, with the reason"),
        );
    }
}
