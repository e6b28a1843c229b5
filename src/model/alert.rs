//! What calls somebody.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::decode::{Cx, Decode, Place};
use super::macros::{model, words};
use super::{Duration, HttpsUrl, LabelKey, codes, schema};
use crate::diag::Diagnostic;

words! {
    /// How bad it is.
    pub enum Severity {
        /// Somebody must act now.
        "critical" Critical,
        /// Somebody must act, but not at night.
        "warning" Warning,
    }

    /// An alert that the program knows.
    pub enum AlertName {
        /// Too few of the pods that vote are ready, or they know no leader.
        "QuorumLost" QuorumLost,
        /// A standby is behind its primary.
        "ReplicationLag" ReplicationLag,
        /// A volume will soon be full.
        "DiskFilling" DiskFilling,
        /// A volume is nearly full.
        "DiskAlmostFull" DiskAlmostFull,
        /// A schedule has had no success for too long.
        "JobOverdue" JobOverdue,
        /// A Job was given up.
        "JobFailed" JobFailed,
        /// A certificate was not renewed in time.
        "CertificateExpiring" CertificateExpiring,
        /// Fewer pods are ready than should be.
        "PodsNotReady" PodsNotReady,
        /// A container was started anew again and again.
        "PodRestarting" PodRestarting,
        /// Pods show no metrics.
        "MetricsDown" MetricsDown,
    }

    /// What the threshold of an alert is.
    pub enum Unit {
        /// A share, such as `15%`.
        "a percentage" Percent,
        /// A time span, such as `30s`.
        "a time span" Span,
        /// A whole number.
        "a whole number" Count,
    }
}

/// What an alert is unless the stack says otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Standard {
    /// How bad it is.
    pub severity: Severity,
    /// How long it must hold, in the words of `PromQL`.
    pub hold: &'static str,
    /// What it is held against; none where there is nothing to choose, or where the stack knows better.
    pub threshold: Option<Threshold>,
    /// What a threshold is; none where it has none.
    pub unit: Option<Unit>,
}

impl AlertName {
    /// What it is unless the stack says otherwise. Thresholds of disks are those of the kubernetes-mixin but for the last
    /// percents, which are too few for a volume of some gigabytes.
    #[must_use]
    pub fn standard(self) -> Standard {
        let (severity, hold, threshold, unit) = match self {
            Self::QuorumLost => (Severity::Critical, "2m", None, None),
            Self::ReplicationLag => {
                (Severity::Warning, "5m", Some(Threshold::Millis(30_000)), Some(Unit::Span))
            }
            Self::DiskFilling => (Severity::Warning, "1h", Some(Threshold::Percent(15)), Some(Unit::Percent)),
            Self::DiskAlmostFull => {
                (Severity::Critical, "1m", Some(Threshold::Percent(5)), Some(Unit::Percent))
            }
            Self::JobOverdue => (Severity::Warning, "15m", None, Some(Unit::Span)),
            Self::CertificateExpiring => (Severity::Warning, "1h", None, Some(Unit::Span)),
            Self::JobFailed | Self::PodsNotReady => (Severity::Warning, "15m", None, None),
            Self::PodRestarting => (Severity::Warning, "15m", Some(Threshold::Count(3)), Some(Unit::Count)),
            Self::MetricsDown => (Severity::Warning, "10m", None, None),
        };
        Standard { severity, hold, threshold, unit }
    }

    /// The alert of a name.
    fn of(word: &str) -> Option<Self> {
        const ALL: [AlertName; 10] = [
            AlertName::QuorumLost,
            AlertName::ReplicationLag,
            AlertName::DiskFilling,
            AlertName::DiskAlmostFull,
            AlertName::JobOverdue,
            AlertName::JobFailed,
            AlertName::CertificateExpiring,
            AlertName::PodsNotReady,
            AlertName::PodRestarting,
            AlertName::MetricsDown,
        ];
        ALL.into_iter().find(|it| it.as_str() == word)
    }
}

model! {
    /// What calls somebody.
    pub struct Alerts {
        /// Labels of each `PrometheusRule`, by which Prometheus may select it; those of `metrics` unless given.
        "labels" labels: IndexMap<LabelKey, String>,
        /// Labels of each alert, by which it is routed, beside `severity`, `stack` and `component`.
        "alertLabels" alert_labels: IndexMap<LabelKey, String>,
        /// What the label `severity` says: `critical: page`; the word itself unless given.
        "severities" severities: Severities = Severities::standard(),
        /// Where the pages are that say what to do: the alert's name comes after it.
        "runbooks" runbooks: Option<HttpsUrl>,
        /// Alerts that are not as they come: `false`, or what is otherwise.
        "rules" rules: AlertRules,
    }

    /// The words of the label `severity`.
    pub struct Severities {
        /// Somebody must act now.
        "critical" critical: String = "critical".to_owned(),
        /// Somebody must act, but not at night.
        "warning" warning: String = "warning".to_owned(),
    }

    /// What of an alert is otherwise.
    pub struct AlertRule {
        /// How bad it is.
        "severity" severity: Option<Severity>,
        /// How long it must hold until it fires.
        "for" hold: Option<Duration>,
        /// What it is held against: a percentage, a time span or a number, by the alert.
        "threshold" threshold: Option<Threshold>,
    }
}

impl Severities {
    fn standard() -> Self {
        Self { critical: "critical".to_owned(), warning: "warning".to_owned() }
    }

    /// What the label says.
    #[must_use]
    pub fn word(&self, severity: Severity) -> &str {
        match severity {
            Severity::Critical => &self.critical,
            Severity::Warning => &self.warning,
        }
    }
}

impl AlertRule {
    /// Nothing is otherwise.
    const AS_IT_COMES: Self = Self { severity: None, hold: None, threshold: None };
}

impl Alerts {
    /// What of an alert is otherwise: none where it is switched off.
    #[must_use]
    pub fn rule(&self, name: AlertName) -> Option<AlertRule> {
        match self.rules.0.get(&name) {
            None => Some(AlertRule::AS_IT_COMES),
            Some(it) => it.clone(),
        }
    }
}

/// What an alert is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// A share of 100.
    Percent(u32),
    /// A time span in milliseconds.
    Millis(u64),
    /// A number.
    Count(u32),
}

impl Threshold {
    fn unit(self) -> Unit {
        match self {
            Self::Percent(_) => Unit::Percent,
            Self::Millis(_) => Unit::Span,
            Self::Count(_) => Unit::Count,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if let Some(share) = text.strip_suffix('%') {
            return share.parse().ok().filter(|it| *it <= 100).map(Self::Percent);
        }
        let count = text.parse().ok().map(Self::Count);
        count.or_else(|| Duration::parse(text).ok().map(|it| Self::Millis(it.millis())))
    }
}

impl Decode for Threshold {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let text = cx.text(at.node, "a percentage, a time span or a whole number")?;
        let found = Self::parse(&text.text);
        if found.is_none() {
            let message = format!("`{}` is no threshold: `15%`, `30s` or `3`", text.text);
            cx.push(Diagnostic::at_span(&codes::BAD_VALUE, at.node.span, message));
        }
        found
    }
}

impl JsonSchema for Threshold {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Threshold".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A percentage, a time span or a whole number.",
            "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string" }],
        })
    }
}

/// Alerts that are not as they come; none is one that is switched off.
#[derive(Clone, Debug, Default)]
pub struct AlertRules(pub BTreeMap<AlertName, Option<AlertRule>>);

impl Decode for AlertRules {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let Some(map) = at.node.as_map() else {
            cx.wrong_type(at.node, "a mapping from an alert to `false` or what is otherwise");
            return None;
        };
        let mut found = BTreeMap::new();
        for (word, entry) in map {
            let Some(name) = AlertName::of(word) else {
                cx.push(codes::unknown_word(word, entry.key, AlertName::WORDS));
                continue;
            };
            let place = Place { node: &entry.value, key: entry.key };
            if entry.value.as_map().is_none() {
                match bool::decode(place, cx) {
                    Some(true) => _ = found.insert(name, Some(AlertRule::AS_IT_COMES)),
                    Some(false) => _ = found.insert(name, None),
                    None => {}
                }
                continue;
            }
            let Some(rule) = AlertRule::decode(place, cx) else { continue };
            let wanted = name.standard().unit;
            if let Some(given) = rule.threshold
                && wanted != Some(given.unit())
            {
                let at = entry.value.get("threshold").map_or(entry.key, |it| it.span);
                let message = match wanted {
                    Some(unit) => format!("the threshold of `{word}` is {}", unit.as_str()),
                    None => format!("`{word}` has no threshold"),
                };
                cx.push(Diagnostic::at_span(&codes::BAD_VALUE, at, message));
            }
            found.insert(name, Some(rule));
        }
        Some(Self(found))
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }
}

impl JsonSchema for AlertRules {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AlertRules".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let rule = generator.subschema_for::<AlertRule>().to_value();
        let one = serde_json::json!({ "anyOf": [{ "type": "boolean" }, rule] });
        let fields = AlertName::WORDS.iter().filter_map(|word| {
            let Standard { severity, hold, unit, .. } = AlertName::of(word)?.standard();
            let unit = unit.map_or_else(String::new, |it| format!("; its threshold is {}", it.as_str()));
            let about = format!("As it comes: {}, after {hold}{unit}.", severity.as_str());
            let schema = schemars::Schema::try_from(one.clone()).ok()?;
            Some((*word, schema::described(schema, &about), false))
        });
        schema::object("Alerts by name: `false`, or what is otherwise.", fields.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alert_is_found_by_its_name_and_has_a_threshold_of_its_unit() {
        for word in AlertName::WORDS {
            let standard = AlertName::of(word).unwrap().standard();
            let unit = standard.threshold.map(Threshold::unit);
            assert!(unit.is_none() || unit == standard.unit, "{word}");
        }
    }

    #[test]
    fn thresholds_are_read_by_their_form() {
        assert_eq!(Threshold::parse("15%"), Some(Threshold::Percent(15)));
        assert_eq!(Threshold::parse("1m30s"), Some(Threshold::Millis(90_000)));
        assert_eq!(Threshold::parse("3"), Some(Threshold::Count(3)));
        assert_eq!((Threshold::parse("101%"), Threshold::parse("soon")), (None, None));
    }
}
