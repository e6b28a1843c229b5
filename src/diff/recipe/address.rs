//! Ports and hosts that callers still use: the better way is to have both for a while.

use serde_json::Value;

use super::{Dish, Draft, step};
use crate::diff::compare::What;
use crate::diff::impact::Impact;
use crate::diff::object::Item;

/// What to do instead of taking a port or a host away at once.
pub(super) fn draft(dish: &Dish<'_>, before: &Item, after: &Item) -> Draft {
    let mut draft = Draft::default();
    if dish.tier.is_some() {
        // Its engine says which ports it has.
        return draft;
    }
    let mut moves = false;
    for (words, what) in dish.of(Impact::Downtime) {
        match (&*after.id.kind, &words[..]) {
            ("Service", ["spec", "ports", _]) => {
                let What::Removed(port) = what else { continue };
                let name = port.get("name").or_else(|| port.get("port"));
                draft.instead.push(step(
                    format!(
                        "in the stack, keep the port `{}` beside the others for now",
                        name.map(plain).unwrap_or_default()
                    ),
                    "callers move one after the other, and it goes when none is left",
                ));
            }
            ("HTTPRoute" | "GRPCRoute" | "TLSRoute", ["spec", "hostnames", ..])
            | ("Ingress", ["spec", "rules", ..]) => moves = true,
            _ => {}
        }
    }
    let (old, new) = (hosts(before), hosts(after));
    for host in old.iter().filter(|it| moves && !new.contains(it)) {
        draft.instead.push(step(
            format!("in the stack, keep the host `{host}` beside the new one for now"),
            "names are kept by resolvers and bookmarks: it goes when nobody asks for it any more",
        ));
    }
    draft
}

/// The hosts of a route or an Ingress.
fn hosts(item: &Item) -> Vec<String> {
    let (at, key) =
        if item.id.kind == "Ingress" { ("/spec/rules", "/host") } else { ("/spec/hostnames", "") };
    let all = item.at(at).and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|it| it.pointer(key)).map(plain).collect()
}

/// A value without quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
