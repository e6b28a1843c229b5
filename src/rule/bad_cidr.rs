//! Address blocks that are none.

use std::net::IpAddr;

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Route, Severity::Error, Sink};
use crate::k8s::reach::Network;
use crate::model::Expose;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG504",
    name: "bad-cidr",
    severity: Error,
    docs: "\
## What it finds
An entry of `cidrs`, `except` or `sources` that is no address block, or that names an address inside its block (`10.0.0.1/24`).

## Why it matters
The API server refuses a malformed block. Of one with bits behind its prefix, nobody knows whether the host or the network was meant, and newer API servers refuse that too.

## Example
```yaml
externals: { mail: { host: smtp.example.com, cidrs: 192.0.2.7/24 } }
```

## What to do
Write the network (`192.0.2.0/24`), or the single address (`192.0.2.7/32`).
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    for (at, text) in networks(facts) {
        if let Err((why, help)) = parse(&text) {
            let message = format!("`{text}` is no address block: {why}");
            sink.push(Diagnostic::at_value(&CODE, &at, message).help(help));
        }
    }
}

/// Every network that the stack names, with its place.
fn networks(facts: &Facts<'_>) -> Vec<(Route, String)> {
    let mut found = Vec::new();
    for (at, block) in facts.blocks() {
        let excepting = facts.is_written(&at.join("cidr"));
        found.push((if excepting { at.join("cidr") } else { at.clone() }, block.cidr.clone()));
        let except = at.join("except");
        let left_out = block.except.iter().enumerate();
        found.extend(left_out.map(|(index, it)| (facts.item(&except, index), it.clone())));
    }
    for (name, service) in &facts.resolved.stack.services {
        if let Some(Expose::LoadBalancer(balancer)) = &service.fields.expose {
            let at = Route::of(&["services", name.as_str(), "expose", "loadBalancer", "sources"]);
            let sources = balancer.sources.0.iter().enumerate();
            found.extend(sources.map(|(index, it)| (facts.item(&at, index), it.clone())));
        }
    }
    found
}

/// What is wrong with a block, and what to write instead.
fn parse(text: &str) -> Result<(), (String, String)> {
    let example = || "write an address and a prefix length, such as `10.0.0.0/8`".to_owned();
    let Some((address, length)) = text.split_once('/') else {
        return Err(match text.parse::<IpAddr>() {
            Ok(it) => {
                let all = if it.is_ipv4() { 32 } else { 128 };
                ("it has no prefix length".to_owned(), format!("write `{text}/{all}` for this one address"))
            }
            Err(_) => ("it is no address".to_owned(), example()),
        });
    };
    let Ok(address) = address.parse::<IpAddr>() else {
        return Err((format!("`{address}` is no address"), example()));
    };
    let bits: u32 = if address.is_ipv4() { 32 } else { 128 };
    let well_formed = !length.is_empty() && length.bytes().all(|it| it.is_ascii_digit());
    let Some(length) = length.parse::<u32>().ok().filter(|it| well_formed && *it <= bits) else {
        return Err((format!("its prefix length is not 0 to {bits}"), example()));
    };
    let network = Network::parse(text).map(Network::address).filter(|it| *it != address);
    if let Some(network) = network {
        return Err((
            format!("`{address}` is an address inside `{network}/{length}`"),
            format!("write `{network}/{length}` for the network, or `{address}/{bits}` for the one address"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_others() {
        for good in ["0.0.0.0/0", "10.1.0.0/16", "192.0.2.7/32", "::/0", "2001:db8::/32"] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "10.0.0.0",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.1/24",
            "2001:db8::1/32",
            "host/8",
            "10.0.0.0/",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
