//! Services that run in two versions for a while. The second one is the service with some of its keys said otherwise, and from
//! here on a service of its own: it has names, labels, policies and a controller like any other.
//!
//! It needs a name of its own because the first one must not change: the selector of a Deployment is immutable, and one that
//! two controllers share is an error (kubernetes.io/docs/concepts/workloads/controllers/deployment, "Selector").

use std::collections::BTreeMap;
use std::sync::Arc;

use super::environment::COMPOSE;
use super::shape::COMPONENT;
use crate::diag::{Route, Span};
use crate::syntax::{Entry, Kind, Map, Node, Scalar, merge};

/// The section whose entries may have variants.
const SERVICES: &str = "services";

/// The variants of a document's services.
#[derive(Clone, Debug, Default)]
pub struct Variants(BTreeMap<Arc<str>, Arc<str>>);

impl Variants {
    /// The service that a name is a variant of.
    #[must_use]
    pub fn base(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|it| &**it)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The variants, each with the service that it is one of.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, base)| (&**name, &**base))
    }

    /// A place of a variant as the one of its service; none for other places.
    #[must_use]
    pub fn place(&self, route: &Route) -> Option<Route> {
        if self.0.is_empty() {
            return None;
        }
        let mut steps = route.steps();
        steps.next().filter(|it| it == SERVICES)?;
        let base = self.base(&steps.next()?)?;
        Some(steps.fold(Route::of(&[SERVICES, base]), |at, step| at.join(&step)))
    }
}

/// Puts the variants of services beside them, for what the environment compiles to. A name that is taken stays as it is.
pub(super) fn derive(sections: &mut Map, target: Option<&str>) -> Variants {
    let mut found = Variants::default();
    if target == Some(COMPOSE) {
        // A second version that takes its share of the traffic is nothing that Compose knows.
        return found;
    }
    let Some(Kind::Map(services)) = sections.get_mut(SERVICES).map(|it| &mut it.value.kind) else {
        return found;
    };
    if !services.values().any(|it| Second::of(&it.value).is_some()) {
        return found;
    }
    let mut all = Map::default();
    for (name, entry) in services.iter() {
        let Some(second) = Second::of(&entry.value) else {
            all.insert(Arc::clone(name), entry.clone());
            continue;
        };
        let variant: Arc<str> = format!("{name}-{}", second.suffix()).into();
        let value = match second.first() {
            Some(first) => merge(&entry.value, first, &COMPONENT),
            None => entry.value.clone(),
        };
        all.insert(Arc::clone(name), Entry { key: entry.key, value });
        if !services.contains_key(&variant) {
            all.insert(
                Arc::clone(&variant),
                Entry { key: second.key(), value: second.service(name, &entry.value) },
            );
            found.0.insert(variant, Arc::clone(name));
        }
    }
    *services = Arc::new(all);
    found
}

/// The second version of a service, as its `rollout` says.
enum Second<'a> {
    /// What a canary says otherwise.
    Canary(&'a Entry),
    /// What the two colours say otherwise.
    Colours { blue: &'a Entry, green: &'a Entry },
}

impl<'a> Second<'a> {
    fn of(service: &'a Node) -> Option<Self> {
        let rollout = service.get("rollout")?.as_map()?;
        if let Some(canary) = rollout.get("canary") {
            let shares = canary.value.get("weights").is_some() && canary.value.get("steps").is_none();
            return shares.then_some(Self::Canary(canary));
        }
        let colours = rollout.get("blue-green")?.value.as_map()?;
        Some(Self::Colours { blue: colours.get("blue")?, green: colours.get("green")? })
    }

    fn suffix(&self) -> &'static str {
        match self {
            Self::Canary(_) => "canary",
            Self::Colours { .. } => "green",
        }
    }

    /// Where it is written.
    fn key(&self) -> Span {
        match self {
            Self::Canary(it) | Self::Colours { green: it, .. } => it.key,
        }
    }

    /// What the service itself takes from its `rollout`.
    fn first(&self) -> Option<&'a Node> {
        match self {
            Self::Canary(_) => None,
            Self::Colours { blue, .. } => Some(&blue.value),
        }
    }

    /// It, as a service: it has the identity that the service has to others (its ServiceAccount), and no ways in of its own.
    fn service(&self, name: &str, base: &Node) -> Node {
        let (own, left_out): (_, &[&str]) = match self {
            Self::Canary(it) => (&it.value, &["adopt", "expose", "build", "scale", "disruption"]),
            Self::Colours { green, .. } => (&green.value, &["adopt", "expose", "build"]),
        };
        let mut value = merge(&without(base, left_out), &without(own, &["weights"]), &COMPONENT);
        let Kind::Map(map) = &mut value.kind else { return value };
        let map = Arc::make_mut(map);
        if let Some(rollout) = map.get_mut("rollout") {
            rollout.value = without(&rollout.value, &["canary", "blue-green"]);
        }
        let at = self.key();
        let mut give = |key: &str, text: &str| {
            if !map.contains_key(key) {
                let kind = Kind::Scalar(Scalar { text: text.into(), plain: true });
                map.insert(key.into(), Entry { key: at, value: Node { kind, span: at, beat: None } });
            }
        };
        give("serviceAccount", name);
        give("folder", name);
        if matches!(self, Self::Canary(_)) {
            give("scale", "1");
        }
        value
    }
}

/// A mapping without some of its keys.
fn without(node: &Node, keys: &[&str]) -> Node {
    let mut node = node.clone();
    if let Kind::Map(map) = &mut node.kind
        && keys.iter().any(|it| map.contains_key(*it))
    {
        Arc::make_mut(map).retain(|key, _| !keys.contains(&&**key));
    }
    node
}
