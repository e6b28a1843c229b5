//! From bound names to a Compose project, component by component.

use std::collections::BTreeSet;

use super::line::{bind, is_fatal};
use crate::compose::{Builder, Images, Project};
use crate::diag::Sink;
use crate::document::Document;
use crate::resolve::{Binder, Resolved};
use crate::rule::{self, Facts, Seen};

/// Checks what is resolved, and makes a project of it.
pub(super) fn run(
    resolved: &Resolved,
    document: &Document,
    mut binder: Binder<'_>,
    images: &Images,
    sink: &mut Sink,
) -> Project {
    let (nothing, seen) = (BTreeSet::new(), Seen::default());
    let facts = Facts { resolved, document, used: &nothing, seen: &seen, addresses: 0 };
    let mut builder = Builder::new(resolved, images, &mut |text, at| binder.text(text, at, sink));
    for component in resolved.components.values() {
        let mut found = Sink::default();
        let (bound, texts) = bind(&mut binder, resolved, component, &mut found);
        if !is_fatal(&found) {
            rule::component(&facts, component, &mut found);
            builder.add(component, bound, &texts);
        }
        sink.append(found);
    }
    rule::stack(&Facts { used: &binder.used, addresses: builder.addresses(), ..facts }, sink);
    builder.finish()
}
