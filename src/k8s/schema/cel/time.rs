//! Spans and points of time. What is reckoned with them (`+`, `getHours`) is not known here.

use std::any::Any;
use std::cmp::Ordering;

use cel::common::traits::Comparer;
use cel::common::types::{DURATION_TYPE, STRING_TYPE, TIMESTAMP_TYPE, Type};
use cel::common::value::{CowVal, StaticVal, Val};
use cel::{DeclarationError, Env, ExecutionError};

use super::functions::{refused, text};

const SECOND: i128 = 1_000_000_000;
const DAY: i64 = 86_400;
/// The units of a span, in nanoseconds (`time.ParseDuration` of Go).
const UNITS: [(&str, i128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("m", 60 * SECOND),
    ("h", 3_600 * SECOND),
];

/// A span of time, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span(i64);

/// A point in time, in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Instant(i128);

/// Adds `duration` and `timestamp`.
pub(super) fn extension(env: &mut Env) -> Result<(), DeclarationError> {
    env.add_overload("duration", "string_to_duration", vec![STRING_TYPE], |args| {
        Ok(CowVal::owned(Span::parse(text(&args, 0)).ok_or_else(|| refused("duration"))?))
    })?;
    env.add_overload("timestamp", "string_to_timestamp", vec![STRING_TYPE], |args| {
        Ok(CowVal::owned(Instant::parse(text(&args, 0)).ok_or_else(|| refused("timestamp"))?))
    })
}

impl Span {
    /// One as Go writes it: `1h30m`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (sign, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        if rest == "0" {
            return Some(Self(0));
        }
        let mut sum: i128 = 0;
        if rest.is_empty() {
            return None;
        }
        while !rest.is_empty() {
            let number = rest.find(|it: char| !(it.is_ascii_digit() || it == '.')).unwrap_or(rest.len());
            let (number, after) = rest.split_at(number);
            let unit = after.find(|it: char| it.is_ascii_digit() || it == '.').unwrap_or(after.len());
            let (unit, after) = after.split_at(unit);
            let (_, unit) = UNITS.iter().find(|it| it.0 == unit)?;
            sum = sum.checked_add(times(number, *unit)?)?;
            rest = after;
        }
        i64::try_from(sign * sum).ok().map(Self)
    }
}

/// So many times a unit; the number may have a fraction.
fn times(number: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') || whole.len() + fraction.len() > 20
    {
        return None;
    }
    let digits = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<i128>().ok() };
    let scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    Some(digits(whole)? * unit + digits(fraction)? * unit / scale)
}

impl Instant {
    /// One as RFC 3339 writes it; a date alone is its midnight.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (date, time) = match text.get(10..) {
            Some("") => (text, None),
            Some(time) => (text.get(..10)?, Some(time.strip_prefix(['T', 't'])?)),
            None => return None,
        };
        let mut parts = date.split('-').map(number);
        let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
        if date.len() != 10 || parts.next().is_some() || !(1..=12).contains(&month) {
            return None;
        }
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let last = match month {
            2 => 28 + i64::from(leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        if !(1..=last).contains(&day) {
            return None;
        }
        let nanoseconds = time.map_or(Some(0), of_day)?;
        Some(Self(i128::from(days(year, month, day) * DAY) * SECOND + nanoseconds))
    }
}

/// The nanoseconds of a time of the day, less what its zone is ahead.
fn of_day(time: &str) -> Option<i128> {
    let (clock, ahead) = if let Some(clock) = time.strip_suffix(['Z', 'z']) {
        (clock, 0)
    } else {
        let (clock, zone) = time.split_at_checked(time.rfind(['+', '-'])?)?;
        let (hours, minutes) = zone.get(1..)?.split_once(':')?;
        let ahead = number(hours)? * 3_600 + number(minutes)? * 60;
        (clock, if zone.starts_with('-') { -ahead } else { ahead })
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.split(':').map(number);
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    if clock.len() != 8 || hours > 23 || minutes > 59 || seconds > 59 || fraction.len() > 9 {
        return None;
    }
    let fraction = times(&format!("0.{fraction}"), SECOND)?;
    Some(i128::from(hours * 3_600 + minutes * 60 + seconds - ahead) * SECOND + fraction)
}

fn number(text: &str) -> Option<i64> {
    text.bytes().all(|it| it.is_ascii_digit()).then(|| text.parse().ok())?
}

/// The days from 1970 to a day of the calendar that began in 1582, whose years are taken to begin in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// What CEL asks of a value that is compared with its like alone.
macro_rules! compared {
    ($name:ident, $type:expr) => {
        impl Val for $name {
            fn get_type(&self) -> &Type {
                <Self as Val>::cel_type()
            }

            fn cel_type() -> &'static Type {
                static TYPE: Type = $type;
                &TYPE
            }

            fn as_comparer(&self) -> Option<&dyn Comparer> {
                Some(self)
            }

            fn equals(&self, other: &dyn Val) -> bool {
                other.downcast_ref::<Self>().is_some_and(|it| it == self)
            }

            fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
            where
                Self: 'v,
            {
                Box::new(*self)
            }

            fn as_any(&self) -> Option<&dyn Any> {
                Some(self)
            }
        }

        impl StaticVal for $name {}

        impl Comparer for $name {
            fn compare(&self, other: &dyn Val) -> Result<Ordering, ExecutionError> {
                let other = other.downcast_ref::<Self>();
                other.map(|it| self.cmp(it)).ok_or_else(|| ExecutionError::UnexpectedType {
                    got: "another".to_owned(),
                    want: stringify!($name).to_owned(),
                })
            }
        }
    };
}

compared!(Span, DURATION_TYPE);
compared!(Instant, TIMESTAMP_TYPE);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_what_go_reads() {
        let of = |text: &str| Span::parse(text).map(|it| it.0);
        assert_eq!(of("1h30m"), Some(5_400_000_000_000));
        assert_eq!(of("-1.5s"), Some(-1_500_000_000));
        assert_eq!((of("0"), of(".5ms"), of("10µs")), (Some(0), Some(500_000), Some(10_000)));
        for wrong in ["", "1", "-", "1d", "s", ".s", "1.2.3s", "1s ", "3000000000h"] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn points_in_time_are_what_rfc_3339_says() {
        let of = |text: &str| Instant::parse(text).map(|it| it.0);
        assert_eq!(of("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(of("1970-01-02"), Some(i128::from(DAY) * SECOND));
        assert_eq!(of("2024-02-29T12:00:00.5+02:00"), Some(1_709_200_800 * SECOND + SECOND / 2));
        assert_eq!(of("1969-12-31t23:59:59z"), Some(-SECOND));
        for wrong in [
            "",
            "2023-02-29",
            "2024-13-01",
            "2024-01-01 00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:00:00",
            "24-01-01",
        ] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
