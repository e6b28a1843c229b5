//! Objects that have another name than before.
//!
//! In this order, and only where it is certain, which is where each side has one of a kind:
//!
//! 1. Where both sides were compiled: objects that are made from the same part of the stack.
//! 2. The same name in another namespace.
//! 3. Objects of the same component, and the same part of it, by their labels.
//! 4. Components that are on one side only, and whose workloads are the same but for the component's name.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::compare::{Change, What, compare};
use super::identity::Pair;
use super::object::Item;
use crate::k8s::labels;

/// Joins what is gone and what is new where it is the same under another name. `made_from` says the part of the stack that
/// an object of before (`true`) or after is made from, where that is known; `ours` whether one that is gone is of the stack.
pub(super) fn join(
    pairs: Vec<Pair>,
    made_from: &dyn Fn(&Item, bool) -> Option<String>,
    ours: &dyn Fn(&Item) -> bool,
) -> Vec<Pair> {
    let (mut gone, mut new) = (Vec::new(), Vec::new());
    for (at, pair) in pairs.iter().enumerate() {
        match pair {
            Pair::Gone(item) if ours(item) => gone.push((at, &**item)),
            Pair::New(item) => new.push((at, &**item)),
            _ => {}
        }
    }
    if gone.is_empty() || new.is_empty() {
        return pairs;
    }
    let mut found = Found { gone, new, joined: BTreeMap::new() };
    let own = |item: &Item| (item.id.group.to_string(), item.id.kind.to_string());
    let component = |item: &Item| Some(item.label(labels::NAME).to_owned()).filter(|it| !it.is_empty());
    found.by(&|item, before| {
        let part = item.label(labels::COMPONENT).to_owned();
        Some((own(item), made_from(item, before)?, part))
    });
    found.by(&|item, _| {
        item.id.namespace.as_ref().map(|_| (own(item), name(item).to_owned(), component(item)))
    });
    found.by(&|item, _| Some((own(item), component(item)?, item.label(labels::COMPONENT).to_owned())));
    found.namespaces();
    found.components(&pairs);
    let joined = found.joined;
    finish(pairs, &joined)
}

fn name(item: &Item) -> &str {
    item.base.as_ref().unwrap_or(&item.id.name)
}

/// The names that a name may have on the other side.
type Candidates<'a> = BTreeMap<&'a str, Vec<&'a str>>;

struct Found<'a> {
    gone: Vec<(usize, &'a Item)>,
    new: Vec<(usize, &'a Item)>,
    /// What is new, with what it was.
    joined: BTreeMap<usize, usize>,
}

impl<'a> Found<'a> {
    /// Joins where a key has one of each side.
    fn by<K: Ord>(&mut self, key: &dyn Fn(&'a Item, bool) -> Option<K>) {
        let mut keys: BTreeMap<K, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for (at, item) in &self.gone {
            if let Some(key) = key(item, true) {
                keys.entry(key).or_default().0.push(*at);
            }
        }
        for (at, item) in &self.new {
            if let Some(key) = key(item, false) {
                keys.entry(key).or_default().1.push(*at);
            }
        }
        for (gone, new) in keys.into_values() {
            if let ([gone], [new]) = (&gone[..], &new[..]) {
                self.join(*gone, *new);
            }
        }
    }

    fn join(&mut self, gone: usize, new: usize) {
        self.joined.insert(new, gone);
        self.gone.retain(|it| it.0 != gone);
        self.new.retain(|it| it.0 != new);
    }

    /// A namespace is another's where one is gone, one is new, and nothing else is known of either.
    fn namespaces(&mut self) {
        self.by(&|item, _| (item.id.kind == "Namespace").then(|| item.label(labels::PART_OF).to_owned()));
    }

    /// Components under another name.
    fn components(&mut self, pairs: &[Pair]) {
        let kept: BTreeSet<&str> = pairs
            .iter()
            .filter_map(|it| match it {
                Pair::Both(_, after) => Some(after.label(labels::NAME)),
                _ => None,
            })
            .collect();
        let names = |side: &[(usize, &'a Item)]| -> BTreeSet<&'a str> {
            let all = side.iter().map(|it| it.1.label(labels::NAME));
            all.filter(|it| !it.is_empty() && !kept.contains(it)).collect()
        };
        let (old, new) = (names(&self.gone), names(&self.new));
        let (mut from, mut to) = (Candidates::new(), Candidates::new());
        for old in &old {
            for new in new.iter().filter(|new| old != *new && self.alike(old, new)) {
                from.entry(old).or_default().push(new);
                to.entry(new).or_default().push(old);
            }
        }
        for (old, candidates) in from {
            let [new] = candidates[..] else { continue };
            if to[new].len() > 1 {
                continue;
            }
            let of = |side: &[(usize, &'a Item)], own: &str| -> Vec<(usize, &'a Item)> {
                side.iter().filter(|it| it.1.label(labels::NAME) == own).copied().collect()
            };
            let (gone, fresh) = (of(&self.gone, old), of(&self.new, new));
            for (was, before) in gone {
                let same = |it: &&(usize, &Item)| {
                    let kind = it.1.id.kind == before.id.kind && it.1.id.group == before.id.group;
                    kind && renamed(name(before), old, OUT) == renamed(name(it.1), new, OUT)
                };
                let mut all = fresh.iter().filter(same);
                if let (Some((is, _)), None) = (all.next(), all.next()) {
                    self.join(was, *is);
                }
            }
        }
    }

    /// Whether the workloads of two components, or all that they have where there are none, are the same but for the name.
    fn alike(&self, old: &str, new: &str) -> bool {
        let of = |side: &[(usize, &'a Item)], own: &str| -> Vec<(String, Value)> {
            let all: Vec<&Item> =
                side.iter().map(|it| it.1).filter(|it| it.label(labels::NAME) == own).collect();
            let workloads = all.iter().any(|it| it.pods().is_some());
            let counts = |it: &&&Item| !workloads || it.pods().is_some();
            let mut found: Vec<(String, Value)> = all
                .iter()
                .filter(counts)
                .map(|it| (renamed(name(it), own, OUT), with(it.value(), own, OUT)))
                .collect();
            found.sort_by(|a, b| a.0.cmp(&b.0));
            found
        };
        let (before, after) = (of(&self.gone, old), of(&self.new, new));
        !before.is_empty() && before == after
    }
}

fn finish(pairs: Vec<Pair>, joined: &BTreeMap<usize, usize>) -> Vec<Pair> {
    let gone: BTreeSet<usize> = joined.values().copied().collect();
    let mut all: Vec<Option<Pair>> = pairs.into_iter().map(Some).collect();
    let mut found = Vec::new();
    for at in 0..all.len() {
        if gone.contains(&at) {
            continue;
        }
        let Some(pair) = all[at].take() else { continue };
        let was = joined.get(&at).and_then(|it| all[*it].take());
        found.push(match (was, pair) {
            (Some(Pair::Gone(before)), Pair::New(after)) => Pair::Renamed(before, after),
            (_, pair) => pair,
        });
    }
    found
}

/// What stands for a name that is taken out: no name has it.
const OUT: &str = "\u{0}";

/// A text with another name for one in it, where that stands by itself.
fn renamed(text: &str, own: &str, new: &str) -> String {
    if own.is_empty() {
        return text.to_owned();
    }
    let inner = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut found = String::new();
    let mut copied = 0;
    for (at, _) in text.match_indices(own) {
        let end = at + own.len();
        found.push_str(&text[copied..at]);
        let stands = !inner(text[..at].chars().next_back()) && !inner(text[end..].chars().next());
        found.push_str(if stands { new } else { own });
        copied = end;
    }
    found.push_str(&text[copied..]);
    found
}

/// What differs between an object and the one that it became, beside its names. A name may be in a value that has nothing to
/// do with it: what is the same as it is written is no difference, whatever it would say under the new names.
pub(super) fn changes(before: &Item, after: &Item) -> Vec<Change> {
    let names = names(before, after);
    let said = |mut text: String| {
        for (old, new) in &names {
            text = renamed(&text, old, new);
        }
        text
    };
    let paths = |it: &Change| it.path.words().into_iter().map(str::to_owned).collect::<Vec<_>>();
    let mut written: Vec<Vec<String>> = Vec::new();
    let mut gone: Vec<Vec<String>> = Vec::new();
    for change in compare(&after.id.kind, before.value(), after.value()) {
        let path = paths(&change);
        if matches!(change.what, What::Removed(_)) {
            gone.push(path.iter().cloned().map(&said).collect());
        }
        written.push(path);
    }
    let within =
        |own: &[String], all: &[Vec<String>]| all.iter().any(|it| own.starts_with(it) || it.starts_with(own));
    let mut found = compare(&after.id.kind, &as_named(before, after), after.value());
    found.retain(|it| {
        let path = paths(it);
        match it.what {
            What::Removed(_) => within(&path, &gone),
            _ => within(&path, &written),
        }
    });
    found
}

/// The names of before that are others after.
fn names<'a>(before: &'a Item, after: &'a Item) -> Vec<(&'a str, &'a str)> {
    let names = [
        (before.text("/metadata/namespace"), after.text("/metadata/namespace")),
        (before.label(labels::NAME), after.label(labels::NAME)),
        (name(before), name(after)),
    ];
    names.into_iter().filter(|(old, new)| old != new && !old.is_empty()).collect()
}

/// What an object of before would say under the names of the one that it became.
fn as_named(before: &Item, after: &Item) -> Value {
    let mut value = before.value().clone();
    for (old, new) in names(before, after) {
        value = with(&value, old, new);
    }
    value
}

/// Fields whose text is another program where it has another name in it.
const IMAGES: [&str; 2] = ["image", "imageName"];

/// A value with another name for one in its texts and keys, but for images.
fn with(value: &Value, own: &str, new: &str) -> Value {
    match value {
        Value::String(text) => Value::String(renamed(text, own, new)),
        Value::Array(items) => Value::Array(items.iter().map(|it| with(it, own, new)).collect()),
        Value::Object(map) => {
            let one = |(key, it): (&String, &Value)| {
                let image = IMAGES.contains(&key.as_str()) && it.is_string();
                (renamed(key, own, new), if image { it.clone() } else { with(it, own, new) })
            };
            Value::Object(map.iter().map(one).collect())
        }
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::identity::pairs;
    use crate::diff::read::stream;

    fn workload(name: &str, image: &str) -> String {
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: {name}, namespace: x, labels: {{ app.kubernetes.io/name: {name} }} }}\n\
             spec: {{ template: {{ spec: {{ containers: [ {{ name: {name}, image: \"{image}\" }} ] }} }} }}\n"
        )
    }

    fn shown(before: &[String], after: &[String]) -> Vec<String> {
        let side = |it: &[String]| stream("-", &it.concat()).unwrap();
        let joined = join(pairs(side(before), side(after)), &|_, _| None, &|_| true);
        let one = |it: &Pair| match it {
            Pair::New(it) => format!("+ {}", it.title()),
            Pair::Gone(it) => format!("- {}", it.title()),
            Pair::Both(_, it) => format!("= {}", it.title()),
            Pair::Renamed(old, it) => format!("{} > {}", old.title(), it.title()),
        };
        joined.iter().map(one).collect()
    }

    #[test]
    fn a_component_is_known_by_what_it_is() {
        let (cart, basket) = (workload("cart", "r/shop:1"), workload("basket", "r/shop:1"));
        assert_eq!(
            shown(std::slice::from_ref(&cart), std::slice::from_ref(&basket)),
            ["Deployment x/cart > Deployment x/basket"]
        );
        // Another image is another program, whatever it is called.
        for image in ["r/shop:2", "r/basket:1"] {
            let before = workload("cart", image.replace("basket", "cart").replace(":2", ":1").as_str());
            assert_eq!(
                shown(&[before], &[workload("basket", image)]),
                ["+ Deployment x/basket", "- Deployment x/cart"]
            );
        }
        let bag = workload("bag", "r/shop:1");
        assert_eq!(
            shown(&[cart], &[bag, basket]),
            ["+ Deployment x/bag", "+ Deployment x/basket", "- Deployment x/cart"],
            "either could be it"
        );
    }

    #[test]
    fn what_moves_is_the_same() {
        let (here, there) =
            (workload("cart", "r:1"), workload("cart", "r:2").replace("namespace: x", "namespace: y"));
        assert_eq!(shown(&[here], &[there]), ["Deployment x/cart > Deployment y/cart"]);
    }

    /// What differs between the only objects of two texts.
    fn differs(before: &str, after: &str) -> Vec<String> {
        let one = |it: &str| stream("-", it).unwrap().remove(0);
        changes(&one(before), &one(after)).iter().map(|it| it.path.shown(None)).collect()
    }

    #[test]
    fn what_did_not_change_is_no_difference() {
        let of = |namespace: &str, label: &str, key: &str| {
            format!(
                "---\napiVersion: v1\nkind: Service\nmetadata: {{ name: web, namespace: {namespace}, labels: {{ part: {label}, {key}: a }} }}\n\
                 spec: {{ externalName: api.{namespace}.svc }}\n"
            )
        };
        let name = ["metadata.namespace"; 0];
        assert_eq!(differs(&of("shop", "shop", "shop"), &of("prod", "shop", "shop")), name);
        assert_eq!(differs(&of("shop", "shop", "x"), &of("prod", "till", "x")), ["metadata.labels.part"]);
        let found = differs(&of("shop", "a", "shop"), &of("prod", "a", "other"));
        assert_eq!(found, ["metadata.labels.other", "metadata.labels.prod"]);
    }

    #[test]
    fn what_a_text_says_of_itself_stays() {
        let of = |namespace: &str| {
            format!(
                "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: a, namespace: {namespace} }}\n\
                 data: {{ a: 'x\\u0000y', b: api.{namespace}.svc }}\n"
            )
        };
        assert_eq!(differs(&of("shop"), &of("prod")), [""; 0]);
    }

    #[test]
    fn another_image_is_said() {
        let (web, www) = (workload("web", "r/web:1"), workload("www", "r/www:1"));
        assert_eq!(differs(&web, &www), ["spec.template.spec.containers[www].image"]);
    }

    #[test]
    fn a_name_stands_by_itself() {
        assert_eq!(renamed("cart-headless.cart.svc", "cart", "till"), "till-headless.till.svc");
        assert_eq!(renamed("cartridge go-cart2", "cart", "till"), "cartridge go-cart2");
    }
}
