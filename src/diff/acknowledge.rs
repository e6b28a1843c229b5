//! Changes that the stack says somebody has decided (`acknowledge`).

use super::impact::Impact;
use super::report::{Acknowledgement, Entry, Report, State};
use super::{Explain, Side};
use crate::diag::{Diagnostic, Route};
use crate::model::{Acknowledged, AcknowledgedImpact, ObjectName};
use crate::rule::ACKNOWLEDGE_WITHOUT_EFFECT;

/// Marks the changes that are acknowledged; finds what acknowledges none.
pub(super) fn settle(report: &mut Report, is: Side<'_>, explain: &Explain<'_>) {
    for (object, entry) in &is.resolved.stack.acknowledge {
        let at = Route::of(&["acknowledge", &object.to_string()]);
        let impact = most(entry);
        let mut needed = false;
        for changed in report.objects.iter_mut().filter(|it| is_meant(object, entry, it)) {
            if changed.effect.impact < Impact::Downtime {
                continue;
            }
            needed = true;
            // Who names a namespace means this object, and no other.
            if changed.acknowledged.is_some() && object.namespace.is_none() {
                continue;
            }
            changed.acknowledged = Some(Acknowledgement {
                impact,
                reason: entry.reason.clone(),
                holds: changed.effect.impact <= impact,
                cause: explain.route(&at),
            });
        }
        if !needed {
            let message = format!("no change needs this: `{object}`");
            let mut finding = Diagnostic::at_key(&ACKNOWLEDGE_WITHOUT_EFFECT, &at, message)
                .help("remove the entry: what it was for is done");
            is.document.concretize(&mut finding);
            finding.environments = vec![is.resolved.environment.clone()];
            report.findings.push(finding);
        }
    }
}

fn most(entry: &Acknowledged) -> Impact {
    match entry.impact {
        AcknowledgedImpact::Downtime => Impact::Downtime,
        AcknowledgedImpact::Recreate => Impact::Recreate,
        AcknowledgedImpact::Data => Impact::Data,
    }
}

fn is_meant(object: &ObjectName, acknowledged: &Acknowledged, entry: &Entry) -> bool {
    let fits = |title: &str| {
        let (kind, name) = title.split_once(' ').unwrap_or_default();
        let (namespace, name) = name.split_once('/').map_or((None, name), |(it, name)| (Some(it), name));
        object.fits(kind, namespace, name)
    };
    if acknowledged.removed {
        return entry.state == State::Gone && fits(&entry.title)
            || entry.renamed_from.as_deref().is_some_and(fits);
    }
    entry.state != State::Gone && fits(&entry.title)
}
