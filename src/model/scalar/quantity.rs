//! Kubernetes quantities, compared exactly.

use std::fmt;
use std::sync::Arc;

use super::text_type;
use crate::model::codes;

/// An amount such as `100m` or `64Mi`, kept as written.
///
/// The grammar is that of `k8s.io/apimachinery/pkg/api/resource`.
#[derive(Clone, Debug)]
pub struct Quantity {
    text: Arc<str>,
    /// In thousandths, so that CPU and bytes compare exactly.
    milli: i128,
    unit: bool,
}

impl Quantity {
    /// The text as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The amount in thousandths.
    #[must_use]
    pub fn milli(&self) -> i128 {
        self.milli
    }

    /// The amount in whole units (bytes, CPUs), rounded down.
    #[must_use]
    pub fn whole(&self) -> i128 {
        self.milli / 1000
    }

    /// Whether a unit is written.
    #[must_use]
    pub fn has_unit(&self) -> bool {
        self.unit
    }

    /// The amount of a text.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(split);
        let Some(factor) = factor(unit) else {
            return Err(match near_unit(unit) {
                Some(near) => format!(
                    "`{text}` has the unit `{unit}`, which Kubernetes does not know; `{number}{near}` is meant"
                ),
                None => format!(
                    "`{text}` is no quantity: a number and one of `m`, `k`, `M`, `G`, `T`, `Ki`, `Mi`, `Gi`, `Ti`"
                ),
            });
        };
        let bad = || format!("`{text}` is no quantity");
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if number.is_empty() || whole.len() > 18 || fraction.len() > 9 || fraction.contains('.') {
            return Err(bad());
        }
        let digits = |it: &str| if it.is_empty() { Ok(0) } else { it.parse::<i128>().map_err(|_| bad()) };
        let scale = 10_i128.pow(u32::try_from(fraction.len()).unwrap_or(0));
        let milli = digits(whole)? * factor + digits(fraction)? * factor / scale;
        Ok(Self { text: text.into(), milli, unit: !unit.is_empty() })
    }
}

/// Thousandths in one of a unit.
fn factor(unit: &str) -> Option<i128> {
    const K: i128 = 1000;
    const KI: i128 = 1024;
    Some(match unit {
        "m" => 1,
        "" => K,
        "k" => K * K,
        "M" => K * K * K,
        "G" => K * K * K * K,
        "T" => K * K * K * K * K,
        "P" => K * K * K * K * K * K,
        "Ki" => K * KI,
        "Mi" => K * KI * KI,
        "Gi" => K * KI * KI * KI,
        "Ti" => K * KI * KI * KI * KI,
        "Pi" => K * KI * KI * KI * KI * KI,
        _ => return None,
    })
}

fn near_unit(unit: &str) -> Option<&'static str> {
    Some(match unit {
        "K" | "KB" | "kB" | "kb" | "KiB" | "Kib" | "ki" => "Ki",
        "MB" | "mb" | "Mb" | "MiB" | "Mib" | "mi" => "Mi",
        "GB" | "gb" | "Gb" | "GiB" | "Gib" | "gi" | "g" => "Gi",
        "TB" | "tb" | "TiB" | "ti" | "t" => "Ti",
        _ => return None,
    })
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.milli == other.milli
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.milli.cmp(&other.milli)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

text_type!(
    /// A Kubernetes quantity such as `100m` or `64Mi`.
    Quantity, &codes::BAD_QUANTITY, "a quantity", "^[0-9]+(\\.[0-9]+)?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$", Quantity::parse,
    number_or_pattern
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_across_units() {
        let q = |text: &str| Quantity::parse(text).unwrap();
        assert_eq!(q("1"), q("1000m"));
        assert_eq!(q("0.5"), q("500m"));
        assert!(q("1Gi") > q("1G"));
        assert_eq!(q("64Mi").whole(), 67_108_864);
    }

    #[test]
    fn the_greatest_amount_is_exact() {
        let milli = |text: &str| Quantity::parse(text).unwrap().milli();
        let most = milli("999999999999999999Pi");
        assert_eq!(milli("999999999999999999.5Pi"), most + milli("0.5Pi"));
        assert_eq!(milli("999999999999999999.999999999Pi"), most + milli("0.999999999Pi"));
    }

    #[test]
    fn names_the_unit_that_was_meant() {
        assert!(Quantity::parse("512MB").unwrap_err().contains("`512Mi` is meant"));
        for bad in ["", "Mi", "1.2.3", "1 Gi", "-1", "1e"] {
            assert!(Quantity::parse(bad).is_err(), "{bad}");
        }
    }
}
