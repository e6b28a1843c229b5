//! Ports and hosts that callers still use: the better way is to have both for a while.

use super::{Dish, Draft, step};
use crate::diff::compare::What;
use crate::diff::impact::Impact;
use crate::diff::object::Item;

/// What to do instead of taking a port or a host away at once.
pub(super) fn draft(dish: &Dish<'_>, after: &Item) -> Draft {
    let mut draft = Draft::default();
    if dish.tier.is_some() {
        // Its engine says which ports it has.
        return draft;
    }
    for (words, what) in dish.of(Impact::Downtime) {
        match (&*after.id.kind, &words[..]) {
            ("Service", ["spec", "ports", _]) => {
                let What::Removed(port) = what else { continue };
                let name =
                    port.get("name").or_else(|| port.get("port")).map(|it| it.to_string().replace('"', ""));
                draft.instead.push(step(
                    format!(
                        "in the stack, keep the port `{}` beside the others for now",
                        name.unwrap_or_default()
                    ),
                    "callers move one after the other, and it goes when none is left",
                ));
            }
            ("HTTPRoute" | "GRPCRoute", ["spec", "hostnames", ..])
            | ("Ingress", ["spec", "rules", .., "host"]) => {
                let host = match what {
                    What::Removed(host) | What::Changed(host, _) => host.to_string().replace('"', ""),
                    _ => continue,
                };
                draft.instead.push(step(
                    format!("in the stack, keep the host `{host}` beside the new one for now"),
                    "names are kept by resolvers and bookmarks: it goes when nobody asks for it any more",
                ));
            }
            _ => {}
        }
    }
    draft
}
