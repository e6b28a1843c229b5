//! Ports, versions, counts, file modes.

use std::fmt;

use super::text_type;
use crate::model::codes;

/// A TCP or UDP port, 1 to 65535.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortNumber(u16);

impl PortNumber {
    /// The number.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0
    }

    /// A port that the program itself names.
    #[must_use]
    pub const fn known(number: u16) -> Self {
        Self(number)
    }

    /// The port that a text gives.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.parse::<u16>() {
            Ok(number) if number > 0 => Ok(Self(number)),
            _ => Err(format!("`{text}` is no port; ports are 1 to 65535")),
        }
    }
}

impl fmt::Display for PortNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl crate::model::decode::Decode for PortNumber {
    fn decode(at: crate::model::decode::Place<'_>, cx: &crate::model::decode::Cx<'_>) -> Option<Self> {
        let scalar = cx.text(at.node, "a port")?;
        match Self::parse(&scalar.text) {
            Ok(port) => Some(port),
            Err(why) => {
                cx.push(crate::diag::Diagnostic::at_span(&codes::BAD_PORT, at.node.span, why));
                None
            }
        }
    }
}

impl schemars::JsonSchema for PortNumber {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PortNumber".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let reference = crate::model::schema::reference();
        schemars::json_schema!({
            "description": "A port, 1 to 65535.",
            "anyOf": [{ "type": "integer", "minimum": 1, "maximum": 65535 }, reference],
        })
    }
}

/// A user or group of Linux as Kubernetes takes it, 0 to 2147483647.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(i32);

impl UserId {
    /// The number.
    #[must_use]
    pub fn get(self) -> i64 {
        i64::from(self.0)
    }

    /// Whether it is root.
    #[must_use]
    pub fn is_root(self) -> bool {
        self.0 == 0
    }

    fn parse(text: &str) -> Result<Self, String> {
        match text.parse::<i32>() {
            Ok(number) if number >= 0 => Ok(Self(number)),
            _ => Err(format!("`{text}` is no user or group; they are 0 to {}", i32::MAX)),
        }
    }
}

impl crate::model::decode::Decode for UserId {
    fn decode(at: crate::model::decode::Place<'_>, cx: &crate::model::decode::Cx<'_>) -> Option<Self> {
        let scalar = cx.text(at.node, "the number of a user or group")?;
        if !scalar.plain || scalar.text.parse::<i64>().is_err() {
            cx.wrong_type(at.node, "the number of a user or group");
            return None;
        }
        match Self::parse(&scalar.text) {
            Ok(id) => Some(id),
            Err(why) => {
                cx.push(crate::diag::Diagnostic::at_span(&codes::BAD_VALUE, at.node.span, why));
                None
            }
        }
    }
}

impl schemars::JsonSchema for UserId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "UserId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let reference = crate::model::schema::reference();
        schemars::json_schema!({
            "description": "A user or group of Linux by its number.",
            "anyOf": [{ "type": "integer", "minimum": 0, "maximum": i32::MAX }, reference],
        })
    }
}

/// `major.minor`, such as a version of Kubernetes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// The major version.
    pub major: u16,
    /// The minor version.
    pub minor: u16,
}

impl Version {
    /// A version that the program itself names.
    #[must_use]
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }

    /// The version that a text gives; `v` before it and a patch level behind it are allowed.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let why = || format!("`{text}` is no version such as `1.36`");
        let mut parts = text.strip_prefix('v').unwrap_or(text).split('.');
        let mut number = || parts.next().and_then(|it| it.parse().ok());
        let (Some(major), Some(minor)) = (number(), number()) else { return Err(why()) };
        if parts.all(|it| !it.is_empty() && it.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')) {
            Ok(Self { major, minor })
        } else {
            Err(why())
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl crate::model::decode::Decode for Version {
    fn decode(at: crate::model::decode::Place<'_>, cx: &crate::model::decode::Cx<'_>) -> Option<Self> {
        let scalar = cx.text(at.node, "a version")?;
        match Self::parse(&scalar.text) {
            Ok(version) => Some(version),
            Err(why) => {
                cx.push(crate::diag::Diagnostic::at_span(&codes::BAD_VALUE, at.node.span, why));
                None
            }
        }
    }
}

impl schemars::JsonSchema for Version {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "`major.minor`.",
            "type": ["string", "number"],
            "examples": ["1.36"],
        })
    }
}

/// A number of pods, or a share of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountOrPercent {
    /// A number.
    Count(u32),
    /// 0 to 100.
    Percent(u8),
}

impl CountOrPercent {
    /// Whether it is nothing of any number.
    #[must_use]
    pub fn is_zero(self) -> bool {
        matches!(self, Self::Count(0) | Self::Percent(0))
    }

    /// Reads it.
    ///
    /// # Errors
    /// Why it is none, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let why = || format!("`{text}` is neither a count nor a percentage such as `25%`");
        match text.strip_suffix('%') {
            Some(share) => match share.parse() {
                Ok(share @ 0..=100) => Ok(Self::Percent(share)),
                _ => Err(why()),
            },
            None => text.parse().map(Self::Count).map_err(|_| why()),
        }
    }
}

impl fmt::Display for CountOrPercent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(it) => it.fmt(f),
            Self::Percent(it) => write!(f, "{it}%"),
        }
    }
}

impl crate::model::decode::Decode for CountOrPercent {
    fn decode(at: crate::model::decode::Place<'_>, cx: &crate::model::decode::Cx<'_>) -> Option<Self> {
        let scalar = cx.text(at.node, "a count or a percentage")?;
        match Self::parse(&scalar.text) {
            Ok(value) => Some(value),
            Err(why) => {
                cx.push(crate::diag::Diagnostic::at_span(&codes::BAD_VALUE, at.node.span, why));
                None
            }
        }
    }
}

impl schemars::JsonSchema for CountOrPercent {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CountOrPercent".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A number of pods, or a percentage.",
            "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string", "pattern": "^[0-9]{1,3}%$" }],
        })
    }
}

/// A file mode, written in octal such as `\"0400\"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode(pub i32);

impl Mode {
    fn parse(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix("0o").unwrap_or(text);
        match i32::from_str_radix(digits, 8) {
            Ok(mode @ 0..=0o777) if (3..=4).contains(&digits.len()) => Ok(Self(mode)),
            _ => Err(format!("`{text}` is no octal file mode such as `\"0400\"`")),
        }
    }
}

text_type!(
    /// A file mode in octal.
    Mode, &codes::BAD_VALUE, "a file mode", "^0[0-7]{3}$", Mode::parse
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert!(Version::parse("1.9").unwrap() < Version::parse("v1.36.2").unwrap());
        assert!(Version::parse("1").is_err());
        assert!(Version::parse("1.x").is_err());
    }

    #[test]
    fn ports_have_bounds() {
        assert_eq!(PortNumber::parse("65535").unwrap().get(), 65535);
        for bad in ["0", "65536", "-1", "http", "80.0"] {
            assert!(PortNumber::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn users_have_bounds() {
        assert_eq!(UserId::parse("2147483647").unwrap().get(), 2_147_483_647);
        assert!(UserId::parse("0").unwrap().is_root());
        for bad in ["-1", "2147483648", "root", "1.5"] {
            assert!(UserId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn modes_are_octal() {
        assert_eq!(Mode::parse("0400").unwrap().0, 256);
        assert!(Mode::parse("0900").is_err());
        assert!(Mode::parse("7").is_err());
    }
}
