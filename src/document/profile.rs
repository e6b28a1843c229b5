//! Components over their profiles.

use std::collections::BTreeSet;

use super::load::strings;
use super::shape::COMPONENT;
use super::{COMPONENTS, codes};
use crate::diag::{At, Diagnostic, Sink, is_slip_of_name, nearest};
use crate::syntax::{Map, Node, merge};

/// What a component's profiles give it together, a later one over an earlier one; notes which were used.
pub(super) fn base(
    component: &Node,
    profiles: Option<&Map>,
    used: &mut BTreeSet<String>,
    sink: &mut Sink,
) -> Option<Node> {
    let mut base: Option<Node> = None;
    for (name, span) in strings(component.get("profile")) {
        let Some(profile) = profiles.and_then(|it| it.get(name.as_str())) else {
            let found =
                Diagnostic::at_span(&codes::BAD_PROFILE, span, format!("there is no profile `{name}`"));
            let known = || profiles.into_iter().flatten().map(|(key, _)| &**key);
            sink.push(match nearest(&name, known()) {
                Some(near) => {
                    let certain = is_slip_of_name(&name, near, known());
                    found.write(near, At::Span(span), certain.then_some(&name))
                }
                None => found.help("declare it under `profiles`"),
            });
            continue;
        };
        used.insert(name);
        if let Some(nested) = profile.value.get("profile") {
            let message = "a profile has no profile of its own";
            sink.push(
                Diagnostic::at_span(&codes::BAD_PROFILE, nested.span, message)
                    .help("let the component list both: `profile: [first, second]`"),
            );
            continue;
        }
        base = Some(match base {
            Some(base) => merge(&base, &profile.value, &COMPONENT),
            None => profile.value.clone(),
        });
    }
    base.filter(|_| component.as_map().is_some())
}

/// Whether a section holds components.
pub(super) fn is_component_section(section: &str) -> bool {
    COMPONENTS.contains(&section)
}
