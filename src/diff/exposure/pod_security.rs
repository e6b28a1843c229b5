//! What admission refuses: the level that a namespace enforces, and the level that pods meet.

use k8s_openapi::api::core::v1::PodTemplateSpec;
use serde::Deserialize as _;

use super::secrets::template;
use super::{Class, Look, Place, Side, Subject};
use crate::diff::object::Item;
use crate::k8s::labels::POD_SECURITY;
use crate::k8s::pod_security::{Level, Violation, evaluate};

/// What labels say behind [`POD_SECURITY`].
const ENFORCE: &str = "enforce";
const VERSION: &str = "enforce-version";

/// The newest standard that is known, for what says `latest`.
const LATEST: u16 = u16::MAX;

pub(super) fn find(look: &mut Look<'_>) {
    namespaces(look);
    workloads(look);
}

/// What a namespace enforces: the level, none for `privileged`, and the minor version of the standard.
fn enforced(item: &Item) -> (Option<Level>, u16) {
    let label = |word: &str| item.label(&format!("{POD_SECURITY}{word}"));
    let level = match label(ENFORCE) {
        "baseline" => Some(Level::Baseline),
        "restricted" => Some(Level::Restricted),
        _ => None,
    };
    let version = label(VERSION).strip_prefix("v1.").and_then(|it| it.parse().ok());
    (level, version.unwrap_or(LATEST))
}

fn level(it: Option<Level>) -> &'static str {
    match it {
        None => "privileged",
        Some(Level::Baseline) => "baseline",
        Some(Level::Restricted) => "restricted",
    }
}

fn namespaces(look: &mut Look<'_>) {
    let all = look.of(&["/Namespace"]);
    if all.iter().all(|it| it.alike) || look.lacks(Class::PodSecurity, &["/Namespace"]) {
        return;
    }
    for subject in all.into_iter().filter(|it| !it.alike) {
        let (Some(before), Some(after)) = (subject.before, subject.after) else { continue };
        let (was, is) = (enforced(before), enforced(after));
        let (word, what) = if was.0 != is.0 {
            (ENFORCE, format!("enforces `{}` instead of `{}`", level(is.0), level(was.0)))
        } else if was.1 != is.1 && is.0.is_some() {
            let name = |it: u16| if it == LATEST { "the newest".to_owned() } else { format!("1.{it}") };
            (VERSION, format!("enforces the standard of {} instead of {}", name(is.1), name(was.1)))
        } else {
            continue;
        };
        // A newer standard refuses what an older one does, and more.
        let side = if is < was { Side::After } else { Side::Before };
        let who = after.title();
        // The line is the one in force in both directions.
        let place = Place::new(Subject { before: None, ..subject }, &["metadata", "labels"]);
        let place = place.key(&format!("{POD_SECURITY}{word}"));
        let reason = "pods that it refused before are admitted";
        let reason = if side == Side::After { reason } else { "pods that it admitted before are refused" };
        look.push(Class::PodSecurity, side, (who, what), &place, reason.to_owned());
    }
}

/// The level that pods meet, and what keeps them from the next one.
fn met(item: &Item) -> Option<(Option<Level>, Vec<Violation>)> {
    let pods = PodTemplateSpec::deserialize(item.pods()?).ok()?;
    let baseline = evaluate(&pods, Level::Baseline, LATEST);
    if !baseline.is_empty() {
        return Some((None, baseline));
    }
    let restricted = evaluate(&pods, Level::Restricted, LATEST);
    let level = if restricted.is_empty() { Level::Restricted } else { Level::Baseline };
    Some((Some(level), restricted))
}

fn workloads(look: &mut Look<'_>) {
    for subject in look.workloads().into_iter().filter(|it| !it.alike) {
        let security = |it: &Item| it.pods().cloned();
        let Some(item) = subject.after else { continue };
        if subject.before.is_some_and(|it| security(it) == security(item)) {
            continue;
        }
        let Some((is, violations)) = met(item) else { continue };
        let was = match subject.before.map(met) {
            Some(None) => continue,
            Some(Some(it)) => Some(it),
            None => None,
        };
        let why = |all: &[Violation]| match all.first() {
            Some(it) => format!("{} ({})", it.reason, it.detail),
            None => "nothing is forbidden to it any more".to_owned(),
        };
        let (side, what, reason) = match was {
            Some((was, _)) if was > is => {
                (Side::After, format!("asks for `{}`, and met `{}`", level(is), level(was)), why(&violations))
            }
            Some((was, before)) if was < is => {
                (Side::Before, format!("meets `{}`, and asked for `{}`", level(is), level(was)), why(&before))
            }
            // What is new and hardened as far as `baseline` opens nothing.
            None if is.is_none() => (Side::After, "asks for `privileged`".to_owned(), why(&violations)),
            _ => continue,
        };
        let place = Place { subject: Subject { before: None, ..subject }, steps: template(item) }.key("spec");
        let place = violations
            .first()
            .and_then(|it| it.control.fields.first())
            .map_or(place.clone(), |fields| fields.iter().fold(place, |place, it| place.key(it)));
        look.push(Class::PodSecurity, side, (item.title(), what), &place, reason);
    }
}
