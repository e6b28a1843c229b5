//! Types of scalars by the YAML 1.2 core schema (<https://yaml.org/spec/1.2.2/#103-core-schema>).
//!
//! Only a plain scalar has a type other than string, and the reader asks for the type that it wants: `1.10` is a
//! number to one and a version to another.

use serde_json::{Number, Value};

use super::Scalar;

/// Nothing, `~` or `null`.
#[must_use]
pub fn is_null(scalar: &Scalar) -> bool {
    scalar.plain && matches!(&*scalar.text, "" | "~" | "null" | "Null" | "NULL")
}

/// `true` or `false` in one of the three spellings of the core schema; `yes` and `on` are strings.
#[must_use]
pub fn as_bool(scalar: &Scalar) -> Option<bool> {
    match &*scalar.text {
        "true" | "True" | "TRUE" if scalar.plain => Some(true),
        "false" | "False" | "FALSE" if scalar.plain => Some(false),
        _ => None,
    }
}

/// An integer: decimal (a leading zero changes nothing), `0o` octal or `0x` hexadecimal. None if it is not one, or
/// does not fit.
#[must_use]
pub fn as_i64(scalar: &Scalar) -> Option<i64> {
    if !scalar.plain || !is_int(&scalar.text) {
        return None;
    }
    match scalar.text.as_bytes() {
        [b'0', b'o', ..] => i64::from_str_radix(&scalar.text[2..], 8).ok(),
        [b'0', b'x', ..] => i64::from_str_radix(&scalar.text[2..], 16).ok(),
        _ => scalar.text.parse().ok(),
    }
}

/// A number, whole or not, `.inf` and `.nan` included. Integers beyond 2^53 are rounded, as in JSON.
#[must_use]
pub fn as_f64(scalar: &Scalar) -> Option<f64> {
    if !scalar.plain {
        return None;
    }
    let text = &*scalar.text;
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0o")) {
        let radix = if text.starts_with("0x") { 16_u8 } else { 8 };
        return is_int(text).then(|| {
            digits
                .chars()
                .filter_map(|c| c.to_digit(u32::from(radix)))
                .fold(0.0, |sum, digit| sum * f64::from(radix) + f64::from(digit))
        });
    }
    match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        _ if is_decimal(text) => text.parse().ok(),
        _ => None,
    }
}

/// The value as the core schema types it; what JSON has no number for is text.
#[must_use]
pub fn value(scalar: &Scalar) -> Value {
    if is_null(scalar) {
        return Value::Null;
    }
    let whole = || as_i64(scalar).map(Value::from);
    let number = || as_f64(scalar).and_then(Number::from_f64).map(Value::Number);
    let typed = as_bool(scalar).map(Value::Bool).or_else(whole).or_else(number);
    typed.unwrap_or_else(|| Value::String(scalar.text.to_string()))
}

/// Whether YAML 1.1 readers (`PyYAML`, Ansible, Go's yaml.v2) take a plain scalar for a boolean where YAML 1.2 sees
/// a string: `yes`, `no`, `on`, `off`, `y`, `n`, in the spellings of <https://yaml.org/type/bool.html>.
#[must_use]
pub fn looks_like_bool_of_yaml_1_1(text: &str) -> bool {
    matches!(
        text,
        "y" | "Y"
            | "yes"
            | "Yes"
            | "YES"
            | "n"
            | "N"
            | "no"
            | "No"
            | "NO"
            | "on"
            | "On"
            | "ON"
            | "off"
            | "Off"
            | "OFF"
    )
}

/// What YAML 1.1 readers take for an octal number where YAML 1.2 sees a decimal one: `0644` is 420
/// (<https://yaml.org/type/int.html>). None where both see the same.
#[must_use]
pub fn octal_of_yaml_1_1(scalar: &Scalar) -> Option<i64> {
    let (sign, digits) = match scalar.text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, scalar.text.strip_prefix('+').unwrap_or(&scalar.text)),
    };
    let digits = digits.strip_prefix('0').filter(|_| scalar.plain)?;
    let octal = !digits.is_empty() && digits.bytes().all(|it| matches!(it, b'0'..=b'7'));
    i64::from_str_radix(digits, 8).ok().filter(|_| octal).map(|it| sign * it)
}

/// The value as the tools of Kubernetes type it: words and numbers of YAML 1.1 are booleans and numbers (`yes`, `0644`,
/// `30_080`), and a number without a fraction is whole (`1e+06`), as in the JSON that they send.
#[must_use]
pub fn value_of_yaml_1_1(scalar: &Scalar) -> Value {
    /// The end of the whole numbers that a float holds exactly.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let text = &*scalar.text;
    if let Some(octal) = octal_of_yaml_1_1(scalar) {
        return Value::from(octal);
    }
    if scalar.plain && looks_like_bool_of_yaml_1_1(text) {
        return Value::Bool(matches!(text.as_bytes(), [b'y' | b'Y', ..] | [_, b'n' | b'N']));
    }
    let parted = || {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let is_number = digits.starts_with(|it: char| it.is_ascii_digit())
            && digits.bytes().all(|it| it.is_ascii_digit() || it == b'_');
        text.replace('_', "").parse::<i64>().ok().filter(|_| scalar.plain && is_number)
    };
    match value(scalar) {
        Value::String(text) => parted().map_or(Value::String(text), Value::from),
        Value::Number(number) => match number.as_f64() {
            #[expect(clippy::cast_possible_truncation, reason = "it is whole, and smaller than 2^53")]
            Some(it) if number.is_f64() && it.fract() == 0.0 && it.abs() < EXACT => Value::from(it as i64),
            _ => Value::Number(number),
        },
        other => other,
    }
}

/// Whether the text has the form of an integer, however large.
pub(super) fn is_int(text: &str) -> bool {
    let all =
        |digits: &str, allowed: fn(&u8) -> bool| !digits.is_empty() && digits.bytes().all(|b| allowed(&b));
    if let Some(digits) = text.strip_prefix("0o") {
        return all(digits, |b| matches!(b, b'0'..=b'7'));
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return all(digits, u8::is_ascii_hexdigit);
    }
    all(text.strip_prefix(['-', '+']).unwrap_or(text), u8::is_ascii_digit)
}

/// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_decimal(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|it| !it.is_empty() && digits(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Scalar {
        Scalar { text: text.into(), plain: true }
    }

    #[test]
    fn booleans_are_true_and_false_only() {
        assert_eq!(as_bool(&plain("True")), Some(true));
        assert_eq!(as_bool(&plain("FALSE")), Some(false));
        for text in ["yes", "on", "y", "tRUE", "1", ""] {
            assert_eq!(as_bool(&plain(text)), None, "{text}");
        }
        assert_eq!(as_bool(&Scalar { text: "true".into(), plain: false }), None);
    }

    #[test]
    fn integers() {
        for (text, value) in [("0", 0), ("-7", -7), ("+7", 7), ("010", 10), ("0o10", 8), ("0xFf", 255)] {
            assert_eq!(as_i64(&plain(text)), Some(value), "{text}");
        }
        assert_eq!(as_i64(&plain("-9223372036854775808")), Some(i64::MIN));
        for text in [
            "",
            "-",
            "+",
            "1_000",
            "0x",
            "-0x1",
            "0o8",
            "1.0",
            "1e3",
            "12:30",
            " 1",
            "9223372036854775808",
            "0b1",
        ] {
            assert_eq!(as_i64(&plain(text)), None, "{text}");
        }
    }

    #[test]
    fn a_leading_zero_is_octal_in_yaml_1_1() {
        for (text, value) in [("0644", 420), ("-010", -8), ("+07", 7), ("00", 0)] {
            assert_eq!(octal_of_yaml_1_1(&plain(text)), Some(value), "{text}");
        }
        for text in ["0", "", "08", "0o644", "0x1", "0.5", "0-7", "0+7", "644", "07777777777777777777777777"]
        {
            assert_eq!(octal_of_yaml_1_1(&plain(text)), None, "{text}");
        }
        assert_eq!(octal_of_yaml_1_1(&Scalar { text: "0644".into(), plain: false }), None);
    }

    /// As `kubectl` reads them.
    #[test]
    fn tools_of_kubernetes_type_by_yaml_1_1() {
        for (text, expected) in [
            ("yes", Value::Bool(true)),
            ("On", Value::Bool(true)),
            ("n", Value::Bool(false)),
            ("off", Value::Bool(false)),
            ("30_080", Value::from(30_080)),
            ("0644", Value::from(420)),
            ("1e+06", Value::from(1_000_000)),
            ("2.0", Value::from(2)),
            ("0.5", Value::from(0.5)),
            ("a_1", Value::from("a_1")),
            ("_1", Value::from("_1")),
            ("yesterday", Value::from("yesterday")),
        ] {
            assert_eq!(value_of_yaml_1_1(&plain(text)), expected, "{text}");
        }
        for text in ["yes", "30_080", "2.0"] {
            let quoted = Scalar { text: text.into(), plain: false };
            assert_eq!(value_of_yaml_1_1(&quoted), Value::from(text));
        }
    }

    #[test]
    fn numbers() {
        let cases = [
            ("1", 1.0),
            ("1.", 1.0),
            (".5", 0.5),
            ("-1.5e3", -1500.0),
            ("1E-2", 0.01),
            ("0x10", 16.0),
            ("0o17", 15.0),
            ("-.INF", f64::NEG_INFINITY),
            ("9223372036854775808", 9_223_372_036_854_775_808.0),
        ];
        for (text, value) in cases {
            assert_eq!(as_f64(&plain(text)).map(f64::to_bits), Some(value.to_bits()), "{text}");
        }
        assert!(as_f64(&plain(".nan")).is_some_and(f64::is_nan));
        for text in ["", ".", "-", "e3", "1e", "1e+", "inf", "nan", "infinity", "1.2.3", "-.nan", "1 ", "0x"]
        {
            assert_eq!(as_f64(&plain(text)), None, "{text}");
        }
        assert_eq!(as_f64(&Scalar { text: "1".into(), plain: false }), None);
    }

    #[test]
    fn the_booleans_of_yaml_1_1() {
        assert!(looks_like_bool_of_yaml_1_1("yes") && looks_like_bool_of_yaml_1_1("OFF"));
        assert!(!looks_like_bool_of_yaml_1_1("true") && !looks_like_bool_of_yaml_1_1("yEs"));
    }
}
