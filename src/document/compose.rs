//! [`Loaded`] and the name of an environment to one spanned document.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;

use super::environment::layered;
use super::load::Loaded;
use super::parameter::Parameter;
use super::substitute::{Scope, substitute};
use super::{
    COMPONENTS, Removed, Variants, bound, codes, environment, made_here, parameter, profile, variant,
};
use crate::diag::{At, Diagnostic, Edit, Label, Part, Route, Sink, Sources, Span};
use crate::syntax::{Entry, Kind, Map, Node, Plain, Scalar, settle, settle_entries};

/// A stack as one environment sees it.
#[derive(Debug)]
pub struct Document {
    /// The environment's name.
    pub environment: String,
    /// What it compiles to, as it or the nearest that it extends says it.
    pub target: Option<Arc<str>>,
    /// The sections, components merged over their profiles, early references replaced, nothing marked removed.
    pub root: Node,
    /// The value of each parameter.
    pub parameters: IndexMap<String, String>,
    /// The entries of the versions file.
    pub versions: IndexMap<String, String>,
    /// What the environment takes out of the stack.
    pub removed: Removed,
    /// The second versions of services, which are services of the document, too.
    pub variants: Variants,
    /// The objects that the stack has as they are, by what they are called; read after composing.
    pub manifests: Vec<(String, Node)>,
    /// What was used so far: `parameters.sha`, `versions.GO_VERSION`, `profiles.go-service`.
    pub used: BTreeSet<String>,
    /// The parameters that were put into each text that had some.
    filled: Filled,
    /// Where each parameter has its value from: a place, and whether it is the declaration of what `--set` gave.
    places: IndexMap<String, (Span, bool)>,
}

/// The parameters that were put into texts, by their places.
pub(super) type Filled = BTreeMap<Span, BTreeSet<String>>;

/// What one environment is, before anything is put into it.
#[derive(Debug)]
pub struct Outline {
    /// Its parameters.
    pub parameters: IndexMap<String, Parameter>,
    /// The name of its instances as written, where it is rendered once for each of many.
    pub instance: Option<String>,
    /// What it compiles to, as it or the nearest that it extends says it.
    pub target: Option<Arc<str>>,
}

/// What one environment is; none where it does not exist. What is wrong is said by [`compose`].
#[must_use]
pub fn outline(loaded: &Loaded, environment: &str) -> Option<Outline> {
    let root = layered(loaded, environment, &mut Sink::default())?;
    let name = root.get("instance").and_then(|it| it.get("name")).and_then(Node::as_scalar);
    let instance = name.map(|it| it.text.to_string());
    let target = environment::target(loaded, environment);
    Some(Outline { parameters: parameter::declared(&root), instance, target })
}

/// Composes one environment. `None` when the environment does not exist.
pub fn compose(
    loaded: &Loaded,
    environment: &str,
    set: &[(String, String)],
    sources: &Sources,
    sink: &mut Sink,
) -> Option<Document> {
    let mut root = layered(loaded, environment, sink)?;
    let mut removed = Removed::of(&root);
    let declared = parameter::declared(&root);
    let parameters = parameter::values(&declared, set, loaded, environment, sink);
    let (used, filled, mut profiles_used) = (RefCell::default(), RefCell::default(), BTreeSet::new());
    let profiles = root.get("profiles").and_then(Node::as_map).cloned();
    let plain = Plain::of(profiles.iter().flat_map(Map::values).map(|it| &it.value));
    let mut variants = Variants::default();
    let kinds = bound::Kinds::of(&root);
    if let Kind::Map(sections) = &mut root.kind {
        let scope = |name| Scope {
            sources,
            environment,
            parameters: &parameters,
            versions: &loaded.versions,
            name,
            used: &used,
            plain: &plain,
            filled: &filled,
        };
        // What is wrong with a target is said where it is put in for good.
        let target = |node: &Node| {
            let mut node = node.clone();
            substitute(&mut node, &scope(None), &mut Sink::default());
            node.as_scalar().filter(|_| !node.is_null()).map(|it| Arc::clone(&it.text))
        };
        let mut gone = Vec::new();
        let sections = Arc::make_mut(sections);
        sections.retain(|section, _| removed.place(section, None).is_none());
        for section in COMPONENTS {
            let Some(Kind::Map(components)) = sections.get_mut(section).map(|it| &mut it.value.kind) else {
                continue;
            };
            for component in Arc::make_mut(components).values_mut().filter(|it| !it.value.is_null()) {
                let own = &component.value;
                let base = profile::base(own, profiles.as_ref(), &mut profiles_used, sink);
                let mut whole = bound::layered(base.clone(), Vec::new(), own);
                let forms = bound::forms(&whole, &kinds, &mut gone, &target);
                if !forms.is_empty() {
                    whole = bound::layered(base, forms, own);
                }
                component.value = whole;
            }
        }
        bound::leave_out(sections, &mut removed, &mut gone, &target, sink);
        bound::leave_out_secrets(sections, &mut removed, &gone);
        for it in &gone {
            removed.note(it);
        }
        for (section, entry) in &mut *sections {
            if matches!(&**section, "parameters" | "environments" | "profiles") {
                continue;
            }
            if !profile::is_component_section(section) {
                substitute(&mut entry.value, &scope(None), sink);
                continue;
            }
            let Kind::Map(components) = &mut entry.value.kind else { continue };
            for (name, component) in Arc::make_mut(components) {
                if component.value.is_null() {
                    continue;
                }
                substitute(&mut component.value, &scope(Some(name)), sink);
                bound::settle_forms(&mut component.value, &plain);
                settle(&mut component.value, &plain, &mut |key, entry| sink.push(idle(key, entry.key)));
            }
        }
        settle_sections(sections, &plain, sink);
        variants = variant::derive(sections, environment::target(loaded, environment).as_deref());
    }
    made_here::check(&mut root, sink);
    let mut used = used.into_inner();
    used.extend(profiles_used.into_iter().map(|it| format!("profiles.{it}")));
    let text = |(name, value): (String, Scalar)| (name, value.text.to_string());
    let given = |name: &String, it: &Parameter| {
        let set = set.iter().any(|(given, _)| given == name);
        let value = it.given.as_ref().or(it.default.as_ref()).map_or(it.key, |it| it.span);
        if set { (it.key, true) } else { (value, false) }
    };
    let places = declared.iter().map(|(name, it)| (name.clone(), given(name, it))).collect();
    Some(Document {
        environment: environment.to_owned(),
        target: environment::target(loaded, environment),
        root,
        parameters: parameters.into_iter().map(text).collect(),
        versions: texts(&loaded.versions),
        removed,
        variants,
        manifests: Vec::new(),
        used,
        filled: filled.into_inner(),
        places,
    })
}

/// Carries removals out everywhere.
fn settle_sections(sections: &mut Map, plain: &Plain, sink: &mut Sink) {
    for (section, entry) in sections {
        let mut idle = |key: &str, entry: &Entry| sink.push(idle(key, entry.key));
        match &mut entry.value.kind {
            // Their components are settled.
            Kind::Map(components) if profile::is_component_section(section) => {
                settle_entries(Arc::make_mut(components), &mut idle);
            }
            _ if matches!(&**section, "environments" | "profiles") => {}
            Kind::Map(patches) if &**section == "patches" => {
                settle_patches(Arc::make_mut(patches), plain, &mut idle);
            }
            _ => settle(&mut entry.value, plain, &mut idle),
        }
    }
}

/// Carries removals out in patches, but not in what they do: a null there is the patch's own.
fn settle_patches(patches: &mut Map, plain: &Plain, idle: &mut dyn FnMut(&str, &Entry)) {
    settle_entries(patches, idle);
    for patch in patches.values_mut() {
        let Kind::Map(fields) = &mut patch.value.kind else { continue };
        let fields = Arc::make_mut(fields);
        settle_entries(fields, idle);
        if let Some(target) = fields.get_mut("target") {
            settle(&mut target.value, plain, idle);
        }
    }
}

fn texts(map: &Map) -> IndexMap<String, String> {
    map.iter()
        .filter_map(|(key, entry)| Some((key.to_string(), entry.value.as_scalar()?.text.to_string())))
        .collect()
}

fn idle(key: &str, at: Span) -> Diagnostic {
    Diagnostic::at_span(
        &codes::OVERRIDE_MATCHES_NOTHING,
        at,
        format!("`{key}` has no value, and there is none to remove"),
    )
    .note("an empty value or `null` removes what a profile or the stack gave")
    .help(if key.contains(' ') {
        "quote the text before it: in `{ … }` a comma ends a value".to_owned()
    } else {
        format!("give `{key}` a value, or drop the line")
    })
}

impl Document {
    /// Whether the environment compiles to a Compose project.
    #[must_use]
    pub fn is_compose(&self) -> bool {
        self.target.as_deref() == Some(environment::COMPOSE)
    }

    /// The node at a route, if the route is written.
    #[must_use]
    pub fn find(&self, route: &Route) -> Option<&Node> {
        let (_, node, whole) = self.walk(route);
        whole.then_some(node)
    }

    /// Where a route stands: its own place, or that of its nearest written ancestor, with `false`.
    #[must_use]
    pub fn locate(&self, route: &Route, part: Part) -> (Span, bool) {
        let (key, node, whole) = self.walk(route);
        // What is written short, `certificate: bus-tls`, is the place of all that it stands for.
        let whole = whole || node.as_scalar().is_some();
        // A map's value spans all its lines: the key says more.
        let by_key = part == Part::Key || !whole || node.as_scalar().is_none() && node.as_seq().is_none();
        (if by_key { key.unwrap_or(node.span) } else { node.span }, whole)
    }

    fn walk(&self, route: &Route) -> (Option<Span>, &Node, bool) {
        let (mut key, mut node) = (None, &self.root);
        for step in route.steps() {
            let next = match &node.kind {
                Kind::Map(map) => map.get(&*step).map(|it| (Some(it.key), &it.value)),
                Kind::Seq(items) => item(items, &step).map(|it| (Some(it.span), it)),
                Kind::Scalar(_) => None,
            };
            match next {
                Some((at, value)) => (key, node) = (at, value),
                None => return (key, node, false),
            }
        }
        (key, node, true)
    }

    /// The parameters in the value at a route; none where it is not written.
    #[must_use]
    pub fn parameters_at(&self, route: &Route) -> BTreeSet<&str> {
        let filled = self.find(route).and_then(|it| self.filled.get(&it.span));
        filled.into_iter().flatten().map(String::as_str).collect()
    }

    /// Every value at or below a route that holds parameters, with these.
    #[must_use]
    pub fn parameters_below(&self, route: &Route) -> Vec<(Route, BTreeSet<&str>)> {
        let below = |key: &str| self.parameters_below(&route.join(key));
        match self.find(route).map(|it| &it.kind) {
            Some(Kind::Map(map)) => map.keys().flat_map(|key| below(key)).collect(),
            Some(Kind::Seq(items)) => (0..items.len()).flat_map(|it| below(&it.to_string())).collect(),
            Some(Kind::Scalar(_)) => {
                let found = self.parameters_at(route);
                if found.is_empty() { Vec::new() } else { vec![(route.clone(), found)] }
            }
            None => Vec::new(),
        }
    }

    /// Shows where the parameters come from that are in a value of the wrong shape.
    fn explain(&self, diagnostic: &mut Diagnostic) {
        let At::Span(span) = &diagnostic.primary.at else { return };
        for name in
            self.filled.get(span).into_iter().flatten().filter(|_| diagnostic.code.id.starts_with("SG1"))
        {
            let (Some(value), Some((place, set))) = (self.parameters.get(name), self.places.get(name)) else {
                continue;
            };
            let text = if *set {
                format!("`--set` makes `{name}` `{value}`")
            } else {
                format!("`{name}` is `{value}`")
            };
            diagnostic.secondary.push(Label { at: At::Span(*place), text });
        }
    }

    /// Drops what is found of the second version of a service where the same is found of the service, at the same place.
    pub fn drop_echoes(&self, findings: &mut Vec<Diagnostic>) {
        if self.variants.is_empty() {
            return;
        }
        let span = |it: &Diagnostic| match &it.primary.at {
            At::Node(route, part) => Some(self.locate(route, *part).0),
            At::Span(span) => Some(*span),
            At::Nowhere => None,
        };
        let of_variant = |it: &Diagnostic| match &it.primary.at {
            At::Node(route, _) => self.variants.place(route).is_some(),
            _ => false,
        };
        let others = findings.iter().filter(|it| !of_variant(it));
        let known: BTreeSet<(&str, Option<Span>)> = others.map(|it| (it.code.id, span(it))).collect();
        let echo: Vec<bool> =
            findings.iter().map(|it| of_variant(it) && known.contains(&(it.code.id, span(it)))).collect();
        let mut echo = echo.into_iter();
        findings.retain(|_| !echo.next().unwrap_or_default());
    }

    /// Whether the value at the place of an edit is what it is to replace, where it says what that is.
    fn holds(&self, edit: &Edit) -> bool {
        let (At::Node(route, Part::Value), Some(word)) = (&edit.at, &edit.instead_of) else { return true };
        self.find(route).and_then(Node::as_scalar).is_some_and(|it| *it.text == **word)
    }

    /// Replaces symbolic places of a finding by spans.
    pub fn concretize(&self, diagnostic: &mut Diagnostic) {
        let resolve = |at: &mut At| {
            if let At::Node(route, part) = at {
                let (span, whole) = self.locate(route, *part);
                *at = At::Span(span);
                return whole;
            }
            true
        };
        if !resolve(&mut diagnostic.primary.at) && diagnostic.primary.text.is_empty() {
            diagnostic.primary.text.push_str("not set here: the value is a default");
        }
        for label in &mut diagnostic.secondary {
            resolve(&mut label.at);
        }
        for help in &mut diagnostic.helps {
            // What is not set there, or is only a part of what is, cannot be replaced.
            help.edit = help.edit.take().filter(|it| self.holds(it)).and_then(|mut it| {
                let whole = resolve(&mut it.at);
                whole.then_some(it)
            });
        }
        self.explain(diagnostic);
    }
}

/// The item of a list by its number, or by its text up to a `:` (`uses: [ iam:grpc ]` has the item `iam`).
fn item<'a>(items: &'a [Node], step: &str) -> Option<&'a Node> {
    if let Some(item) = step.parse::<usize>().ok().and_then(|it| items.get(it)) {
        return Some(item);
    }
    let named = |it: &&Node| it.as_scalar().is_some_and(|it| it.text.split(':').next() == Some(step));
    items.iter().find(named)
}
