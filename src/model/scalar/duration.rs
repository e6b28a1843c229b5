//! Time spans with units, as Go and so Kubernetes' tools write them.

use std::fmt;
use std::sync::Arc;

use super::text_type;
use crate::model::codes;

/// A time span such as `90s` or `1h30m`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duration {
    text: Arc<str>,
    millis: u64,
}

impl Duration {
    /// The text as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whole seconds, rounded up.
    #[must_use]
    pub fn seconds(&self) -> u64 {
        self.millis.div_ceil(1000)
    }

    /// Milliseconds.
    #[must_use]
    pub fn millis(&self) -> u64 {
        self.millis
    }

    /// The span as `90s` or `1500ms`, which programs read that want its units in order or once.
    #[must_use]
    pub fn in_one_unit(&self) -> String {
        if self.millis.is_multiple_of(1000) {
            format!("{}s", self.millis / 1000)
        } else {
            format!("{}ms", self.millis)
        }
    }

    /// The span of a text.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let why = || {
            format!("`{text}` is no time span: a number and `ms`, `s`, `m` or `h`, such as `90s` or `1h30m`")
        };
        let (mut rest, mut millis) = (text, 0_u64);
        if rest.is_empty() {
            return Err(why());
        }
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(why)?;
            let number: u64 = rest[..digits].parse().map_err(|_| why())?;
            rest = &rest[digits..];
            let end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
            let factor = match &rest[..end] {
                "ms" => 1,
                "s" => 1000,
                "m" => 60_000,
                "h" => 3_600_000,
                _ => return Err(why()),
            };
            millis = number.checked_mul(factor).and_then(|it| millis.checked_add(it)).ok_or_else(why)?;
            rest = &rest[end..];
        }
        Ok(Self { text: text.into(), millis })
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

text_type!(
    /// A time span such as `90s` or `1h30m`.
    Duration, &codes::BAD_DURATION, "a time span", "^([0-9]+(ms|s|m|h))+$", Duration::parse
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_units() {
        assert_eq!(Duration::parse("1h30m").unwrap().seconds(), 5400);
        assert_eq!(Duration::parse("1500ms").unwrap().seconds(), 2);
        for bad in ["", "60", "1d", "s", "1 s", "-1s"] {
            assert!(Duration::parse(bad).is_err(), "{bad}");
        }
    }
}
