//! Schedules of cron as Kubernetes reads them: robfig/cron v3, `ParseStandard`.

use std::fmt;
use std::sync::Arc;

use super::{Duration, text_type};
use crate::model::codes;

/// A schedule: five fields (minute, hour, day of the month, month, day of the week) or a word such as `@daily`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    text: Arc<str>,
    pauses: Pauses,
}

/// How long it is between two times, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pauses {
    shortest: u64,
    longest: u64,
}

impl Cron {
    /// The text as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The shortest time between two times that it names, in seconds.
    #[must_use]
    pub fn period(&self) -> u64 {
        self.pauses.shortest
    }

    /// The longest time between two times that it names, in seconds: of working hours, that of a weekend.
    #[must_use]
    pub fn longest(&self) -> u64 {
        self.pauses.longest
    }

    /// The schedule of a text.
    ///
    /// # Errors
    /// What is wrong with the text: Kubernetes would refuse it, or it names no time at all.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.contains("TZ") {
            return Err(format!(
                "`{text}` names its time zone, which Kubernetes refuses: `timeZone` beside it is the place"
            ));
        }
        let pauses = match text.strip_prefix('@') {
            Some(word) => word_pauses(text, word)?,
            None => Times::parse(text)?.pauses(text)?,
        };
        Ok(Self { text: text.into(), pauses })
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

text_type!(
    /// When something is done: five fields of cron (minute, hour, day of the month, month, day of the week), or one of
    /// `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly` and `@every 90m`.
    Cron, &codes::BAD_VALUE, "a schedule", "^(@[a-z]+( [0-9a-z]+)?|\\S+( +\\S+){4})$", Cron::parse
);

const DAY: u64 = 24 * 60 * 60;

fn word_pauses(text: &str, word: &str) -> Result<Pauses, String> {
    let always = |it| Pauses { shortest: it, longest: it };
    if let Some(span) = word.strip_prefix("every ") {
        let span = Duration::parse(span)?;
        // robfig/cron rounds down to seconds, one at least.
        return Ok(always((span.millis() / 1000).max(1)));
    }
    Ok(match word {
        "hourly" => always(60 * 60),
        "daily" | "midnight" => always(DAY),
        "weekly" => always(7 * DAY),
        "monthly" => Pauses { shortest: 28 * DAY, longest: 31 * DAY },
        "yearly" | "annually" => Pauses { shortest: 365 * DAY, longest: 366 * DAY },
        _ => {
            return Err(format!(
                "`{text}` is no schedule: the words are `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly` and `@every` with a time span"
            ));
        }
    })
}

/// What a field may say.
struct Bounds {
    what: &'static str,
    first: u32,
    last: u32,
    /// Names, the first being that of `first`.
    names: &'static [&'static str],
}

const FIELDS: [Bounds; 5] = [
    Bounds { what: "a minute", first: 0, last: 59, names: &[] },
    Bounds { what: "an hour", first: 0, last: 23, names: &[] },
    Bounds { what: "a day of the month", first: 1, last: 31, names: &[] },
    Bounds {
        what: "a month",
        first: 1,
        last: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    Bounds {
        what: "a day of the week",
        first: 0,
        last: 6,
        names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    },
];

/// The values of a field, a bit each, and whether it begins with `*` without a step: it then leaves the choice of the day to the other
/// field of days.
#[derive(Clone, Copy)]
struct Set {
    bits: u64,
    open: bool,
}

impl Set {
    fn has(self, value: u32) -> bool {
        self.bits & (1 << value) != 0
    }

    fn values(self) -> impl Iterator<Item = u32> {
        (0..64).filter(move |it| self.has(*it))
    }
}

impl Bounds {
    fn read(&self, field: &str) -> Result<Set, String> {
        let mut set = Set { bits: 0, open: false };
        for item in field.split(',') {
            let one = self.item(item)?;
            set.bits |= one.bits;
            set.open |= one.open;
        }
        Ok(set)
    }

    /// `*`, `5`, `1-5`, each with `/step` behind it.
    fn item(&self, item: &str) -> Result<Set, String> {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(self.number(item, step)?)),
            None => (item, None),
        };
        if step == Some(0) {
            return Err(format!("`{item}`: the step of {} is at least 1", self.what));
        }
        let (from, to, open) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (self.first, self.last, step.unwrap_or(1) == 1),
            Some((from, to)) => (self.value(item, from)?, self.value(item, to)?, false),
            None => {
                let from = self.value(item, range)?;
                (from, if step.is_some() { self.last } else { from }, false)
            }
        };
        if from < self.first || to > self.last {
            return Err(format!("`{item}`: {} is between {} and {}", self.what, self.first, self.last));
        }
        if from > to {
            return Err(format!("`{item}`: a range begins with its smaller end"));
        }
        let bits = (from..=to).step_by(step.unwrap_or(1) as usize).fold(0, |bits, it| bits | 1 << it);
        Ok(Set { bits, open })
    }

    fn value(&self, item: &str, text: &str) -> Result<u32, String> {
        let named = self.names.iter().position(|it| it.eq_ignore_ascii_case(text));
        match named.and_then(|it| u32::try_from(it).ok()) {
            Some(index) => Ok(self.first + index),
            None => self.number(item, text),
        }
    }

    fn number(&self, item: &str, text: &str) -> Result<u32, String> {
        let digits = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        text.parse().ok().filter(|_| digits).ok_or_else(|| {
            let names = match self.names {
                [] => String::new(),
                [first, .., last] => format!(", or a name from `{first}` to `{last}`"),
                [one] => format!(", or `{one}`"),
            };
            format!("`{item}` is not {}: a number from {} to {}{names}", self.what, self.first, self.last)
        })
    }
}

/// The times of a schedule.
struct Times {
    minutes: Set,
    hours: Set,
    days: Set,
    months: Set,
    weekdays: Set,
}

impl Times {
    fn parse(text: &str) -> Result<Self, String> {
        let written: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = written[..] else {
            return Err(format!(
                "`{text}` has {} fields, 5 are possible: minute, hour, day of the month, month, day of the week",
                written.len()
            ));
        };
        Ok(Self {
            minutes: FIELDS[0].read(minute)?,
            hours: FIELDS[1].read(hour)?,
            days: FIELDS[2].read(day)?,
            months: FIELDS[3].read(month)?,
            weekdays: FIELDS[4].read(weekday)?,
        })
    }

    /// Whether it names a day. Where both fields of days say something, either will do.
    fn fires_on(&self, month: u32, day: u32, weekday: u32) -> bool {
        let (by_day, by_weekday) = (self.days.has(day), self.weekdays.has(weekday));
        let either = !self.days.open && !self.weekdays.open;
        self.months.has(month) && if either { by_day || by_weekday } else { by_day && by_weekday }
    }

    fn pauses(&self, text: &str) -> Result<Pauses, String> {
        let of_hour = |hour| self.minutes.values().map(move |minute| u64::from(hour * 60 + minute) * 60);
        let seconds: Vec<u64> = self.hours.values().flat_map(of_hour).collect();
        let (Some(first), Some(last)) = (seconds.first(), seconds.last()) else {
            return Err(format!("`{text}` names no time"));
        };
        let mut pauses: Option<Pauses> = None;
        let mut add = |gap: u64| {
            let (shortest, longest) =
                pauses.map_or((gap, gap), |it| (it.shortest.min(gap), it.longest.max(gap)));
            pauses = Some(Pauses { shortest, longest });
        };
        seconds.windows(2).for_each(|it| add(it[1] - it[0]));
        let mut before: Option<u64> = None;
        let days = calendar().filter(|(_, month, day, weekday)| self.fires_on(*month, *day, *weekday));
        for (number, ..) in days {
            if let Some(before) = before {
                add((number - before) * DAY + first - last);
            }
            before = Some(number);
        }
        pauses
            .filter(|_| before.is_some())
            .ok_or_else(|| format!("`{text}` never comes: no month that it names has the day that it names"))
    }
}

/// The days of eight years with two leap years, numbered: number, month, day of the month and of the week. Any combination of a date and
/// a weekday is asked for by either, not both, so no longer calendar names more.
fn calendar() -> impl Iterator<Item = (u64, u32, u32, u32)> {
    const MONTHS: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let dates = (0..8_u32).flat_map(|year| {
        (1..).zip(MONTHS).flat_map(move |(month, days)| {
            let days = days + u32::from(month == 2 && year % 4 == 0);
            (1..=days).map(move |day| (month, day))
        })
    });
    (0_u64..)
        .zip((0..7).cycle())
        .zip(dates)
        .map(|((number, weekday), (month, day))| (number, month, day, weekday))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_kubernetes_reads() {
        for (text, shortest, longest) in [
            ("*/15 * * * *", 15 * 60, 15 * 60),
            ("15 3 * * *", DAY, DAY),
            ("0 9-17 * * mon-FRI", 60 * 60, 64 * 60 * 60),
            ("0 0 * * 0", 7 * DAY, 7 * DAY),
            ("30 2 1 * ?", 28 * DAY, 31 * DAY),
            ("0 0 1 1 *", 365 * DAY, 366 * DAY),
            ("0 0 29 2 *", 1461 * DAY, 1461 * DAY),
            ("5/20 1 * * *", 20 * 60, DAY - 40 * 60),
            ("59 23,0 * * *", 60 * 60, 23 * 60 * 60),
            // Either of the two fields of days will do.
            ("0 0 31 2 1", 7 * DAY, 343 * DAY),
            ("@daily", DAY, DAY),
            ("@monthly", 28 * DAY, 31 * DAY),
            ("@every 90m", 90 * 60, 90 * 60),
        ] {
            let found = Cron::parse(text).map(|it| (it.period(), it.longest()));
            assert_eq!(found, Ok((shortest, longest)), "{text}");
        }
    }

    #[test]
    fn refuses_what_kubernetes_refuses_and_what_never_comes() {
        for (text, why) in [
            ("", "has 0 fields"),
            ("0 0 15 3 * *", "has 6 fields"),
            ("60 * * * *", "a minute is between 0 and 59"),
            ("* 24 * * *", "an hour is between 0 and 23"),
            ("* * 0 * *", "a day of the month is between 1 and 31"),
            ("* * * 13 *", "a month is between 1 and 12"),
            ("* * * * 7", "a day of the week is between 0 and 6"),
            ("* * * * mo", "from `sun` to `sat`"),
            ("*/0 * * * *", "at least 1"),
            ("5-1 * * * *", "smaller end"),
            ("x * * * *", "is not a minute"),
            ("+1 * * * *", "is not a minute"),
            ("1,, * * * *", "is not a minute"),
            ("@often", "the words are"),
            ("@every day", "no time span"),
            ("TZ=Europe/Vienna 0 0 * * *", "names its time zone"),
            ("CRON_TZ=UTC 0 0 * * *", "names its time zone"),
            ("0 0 31 2 *", "never comes"),
            ("0 0 30 2 *", "never comes"),
            ("0 0 31 4,6,9,11 *", "never comes"),
        ] {
            let found = Cron::parse(text).expect_err(text);
            assert!(found.contains(why), "{text}: {found}");
        }
    }
}
