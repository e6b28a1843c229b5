//! Settings of an engine's own configuration that a stack may write: `config`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;

use super::codes::RESERVED_SETTING;
use crate::diag::{Diagnostic, Route, Sink};
use crate::model::codes::BAD_VALUE;
use crate::model::decode::{Cx, Decode, Key, Place};
use crate::syntax::scalar;

/// A setting's name: letters, digits, `_`, `.` and `-`, not beginning with one of the last two.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SettingName(String);

impl SettingName {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Key for SettingName {
    fn key(text: &str) -> Result<Self, String> {
        let first = |c: char| c.is_ascii_alphabetic() || c == '_';
        let inner = |c: char| first(c) || c.is_ascii_digit() || matches!(c, '.' | '-');
        if text.starts_with(first) && text.chars().all(inner) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("`{text}` is no setting's name: letters, digits, `_`, `.` and `-`"))
        }
    }
}

impl JsonSchema for SettingName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SettingName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_.-]*$" })
    }
}

/// A setting's value. A number stays as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Setting {
    /// A boolean.
    Switch(bool),
    /// Anything else.
    Text(String),
}

impl Setting {
    /// The value as text; a boolean as `true` or `false`.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Switch(true) => "true",
            Self::Switch(false) => "false",
            Self::Text(text) => text,
        }
    }
}

impl Decode for Setting {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let found = cx.text(at.node, "text, a number or a boolean")?;
        Some(scalar::as_bool(found).map_or_else(|| Self::Text(found.text.to_string()), Self::Switch))
    }
}

impl JsonSchema for Setting {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Setting".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["boolean", "number", "string"] })
    }
}

/// What the value of a known setting must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Switch,
    /// One of these words.
    Word(&'static [&'static str]),
}

/// What is known of an engine's settings; those that are not known pass through.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// The kinds of value of the settings people write most, sorted by name.
    pub kinds: &'static [(&'static str, Kind)],
    /// Settings that the tier decides, each with what to do instead, which may be empty.
    pub reserved: &'static [(&'static str, &'static str)],
}

impl Known {
    /// Reports settings that the tier decides and values of the wrong kind; `at` is the place of `config`.
    pub fn check(&self, config: &IndexMap<SettingName, Setting>, at: &Route, sink: &mut Sink) {
        for (name, value) in config {
            let at = at.join(name.as_str());
            if let Some((_, instead)) = self.reserved.iter().find(|(key, _)| *key == name.as_str()) {
                sink.push(reserved(name.as_str(), instead, &at));
            }
            let kind = self.kinds.iter().find(|(key, _)| *key == name.as_str());
            if let Some((_, kind)) = kind
                && !kind.fits(value)
            {
                let message = format!("`{}` is {}, not `{}`", name.as_str(), kind.words(), value.text());
                sink.push(Diagnostic::at_value(&BAD_VALUE, &at, message));
            }
        }
    }
}

/// A setting that the tier decides.
pub(super) fn reserved(name: &str, instead: &str, at: &Route) -> Diagnostic {
    let remove = "remove the key";
    let help = if instead.is_empty() { remove.to_owned() } else { format!("{remove}; {instead}") };
    Diagnostic::at_key(&RESERVED_SETTING, at, format!("the tier itself decides `{name}`")).help(help)
}

impl Kind {
    fn fits(self, value: &Setting) -> bool {
        match (self, value) {
            (Self::Integer, Setting::Text(text)) => text.parse::<i64>().is_ok(),
            (Self::Number, Setting::Text(text)) => text.parse::<f64>().is_ok_and(f64::is_finite),
            (Self::Switch, Setting::Switch(_)) => true,
            (Self::Word(words), value) => words.contains(&value.text()),
            _ => false,
        }
    }

    fn words(self) -> String {
        match self {
            Self::Integer => "a whole number".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Switch => "`true` or `false`".to_owned(),
            Self::Word(words) => format!("one of {}", crate::diag::and_list(words.iter().copied())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_reserved_names_are_checked_and_the_rest_passes() {
        let known = Known {
            kinds: &[("port.count", Kind::Integer), ("mode", Kind::Word(&["a", "b"])), ("on", Kind::Switch)],
            reserved: &[("listeners", "use `ports`")],
        };
        let findings = |pairs: &[(&str, Setting)]| {
            let config =
                pairs.iter().map(|(name, it)| (SettingName::key(name).unwrap(), it.clone())).collect();
            let mut sink = Sink::default();
            known.check(&config, &Route::of(&["config"]), &mut sink);
            sink.findings().iter().map(|it| it.message.clone()).collect::<Vec<_>>()
        };
        let text = |it: &str| Setting::Text(it.to_owned());
        assert!(
            findings(&[
                ("port.count", text("3")),
                ("mode", text("a")),
                ("on", Setting::Switch(true)),
                ("x-y", text(""))
            ])
            .is_empty()
        );
        assert_eq!(
            findings(&[
                ("port.count", text("3k")),
                ("mode", text("c")),
                ("on", text("yes")),
                ("listeners", text("x"))
            ]),
            [
                "`port.count` is a whole number, not `3k`",
                "`mode` is one of `a` and `b`, not `c`",
                "`on` is `true` or `false`, not `yes`",
                "the tier itself decides `listeners`",
            ]
        );
        assert!(SettingName::key(".x").is_err() && SettingName::key("a b").is_err());
    }
}
