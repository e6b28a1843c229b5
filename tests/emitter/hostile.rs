//! Strings that some YAML reader takes for something else, or that some YAML writer gets wrong.

use std::collections::BTreeSet;

/// Every hostile string once, in a fixed order.
pub(crate) fn strings() -> Vec<String> {
    let mut found = BTreeSet::new();
    for word in WORDS {
        found.extend([word.to_lowercase(), word.to_uppercase(), title(word), alternating(word)]);
        found.extend(["-", "+", ".", "-."].map(|sign| format!("{sign}{word}")));
    }
    for number in NUMBERS {
        found.extend(["", "-", "+"].map(|sign| format!("{sign}{number}")));
    }
    for indicator in INDICATORS {
        found.insert((*indicator).to_owned());
        found.extend(["a", " a", "\ta", "\na", ": a", "1"].map(|rest| format!("{indicator}{rest}")));
        found.extend([format!("a{indicator}"), format!("a {indicator}"), format!("a {indicator} b")]);
        found.insert(format!("a\n{indicator} b\n"));
    }
    for first in BREAKS {
        for second in BREAKS {
            found.extend([
                format!("{first}a{second}"),
                format!("a{first}b{second}"),
                format!("{first}{second}"),
            ]);
            found.insert(format!("{first}a: b\n{second}# c\n"));
        }
    }
    for c in CHARACTERS {
        found.extend([
            c.to_string(),
            format!("a{c}b"),
            format!("{c}a"),
            format!("a{c}"),
            format!("a\n{c}b\n"),
        ]);
    }
    for length in [79, 128, 129, 998, 1000, 1022, 1024, 1025, 4000] {
        found.extend([" ", "x", "\""].map(|unit| format!("k{}.", unit.repeat(length - 2))));
        found.insert("word ".repeat(length / 5));
    }
    found.extend(OTHERS.iter().map(|it| (*it).to_owned()));
    found.into_iter().collect()
}

const WORDS: &[&str] = &[
    "y",
    "n",
    "yes",
    "no",
    "on",
    "off",
    "true",
    "false",
    "null",
    "nil",
    "none",
    "inf",
    "nan",
    "infinity",
    "e1",
    "t",
    "f",
    "x1f",
    "b1",
    "o7",
    "undefined",
];

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "00",
    "01",
    "08",
    "09",
    "010",
    "0o10",
    "0O10",
    "0x",
    "0xff",
    "0XFF",
    "0xg",
    "0b",
    "0b1",
    "0B1",
    "0b2",
    "1_000",
    "1__0",
    "_1",
    "1_",
    "0x_1",
    "1e3",
    "1E3",
    "1e+3",
    "1e-3",
    "1e",
    "1.e3",
    "1.",
    ".1",
    ".1e1",
    "1.0",
    "1.5",
    "1_0.5",
    "1.5_",
    ".",
    "..",
    "...",
    "._",
    "._1",
    "1.2.3",
    "10.0.0.1",
    "10.0.0.0/8",
    "1:2",
    "12:30",
    "12:30:45",
    "1:60",
    "190:20:30.15",
    "01:02",
    "1,000",
    "1 000",
    "9223372036854775808",
    "18446744073709551616",
    "1e400",
    "0.0",
    "0e0",
    "0x1p-2",
    "0x1.8p1",
    "100m",
    "10Gi",
    "1E",
    "1Ei",
    "5i",
    "1d",
    "1f",
    "12e03",
    "1.2e",
    "0777",
    "0.1e-05",
    "2024-01-01",
    "2024-1-1",
    "2024-01-01T00:00:00Z",
    "2001-12-14t21:59:43.10-05:00",
    "2001-12-14 21:59:43.10 -5",
    "2024-13-45",
    "2024-01",
    "1_2:3_4",
    "1:2.5",
    "1.inf",
    "1nan",
];

const INDICATORS: &[&str] = &[
    "-",
    "?",
    ":",
    ",",
    "[",
    "]",
    "{",
    "}",
    "#",
    "&",
    "*",
    "!",
    "|",
    ">",
    "'",
    "\"",
    "%",
    "@",
    "`",
    "~",
    "=",
    "<",
    "<<",
    "--",
    "---",
    "...",
    "- -",
    "?-",
    "::",
    "!!str",
    "!!null",
    "&a",
    "*a",
    "%YAML 1.1",
    "|-",
    ">+",
    "|2",
    "{}",
    "[]",
    "${a}",
    "{{a}}",
    "\\",
    "/",
    "(",
    ";",
    "$",
    "^",
    "+",
    ".",
];

const BREAKS: &[&str] = &[
    "", " ", "  ", "\t", "\n", "\n\n", "\n\n\n", " \n", "\n ", "\n  ", "\t\n", "\n\t", "\r", "\r\n", "\n \n",
    "\n\t\n",
];

const CHARACTERS: &[char] = &[
    '\0',
    '\u{1}',
    '\u{7}',
    '\u{8}',
    '\u{b}',
    '\u{c}',
    '\u{e}',
    '\u{1b}',
    '\u{1f}',
    '\u{7f}',
    '\u{80}',
    '\u{85}',
    '\u{9f}',
    '\u{a0}',
    '\u{ad}',
    '\u{e9}',
    '\u{300}',
    '\u{61c}',
    '\u{200b}',
    '\u{200d}',
    '\u{200e}',
    '\u{2028}',
    '\u{2029}',
    '\u{202e}',
    '\u{2060}',
    '\u{2066}',
    '\u{3000}',
    '\u{d7ff}',
    '\u{e000}',
    '\u{fdd0}',
    '\u{feff}',
    '\u{fffd}',
    '\u{fffe}',
    '\u{ffff}',
    '\u{10000}',
    '\u{1f600}',
    '\u{1ffff}',
    '\u{10ffff}',
];

const OTHERS: &[&str] = &[
    "a: b",
    "a:b",
    "a :b",
    "a : b",
    "a:\tb",
    "a::",
    "a: ",
    "a #b",
    "a# b",
    "a\t#b",
    "http://x:80/#y",
    "key: [1, 2]",
    "it's",
    "say \"hi\"",
    "'quoted'",
    "\"quoted\"",
    "a\\nb",
    "C:\\x",
    "\\",
    "\\x41",
    "a, b",
    "#!/bin/sh\nset -e\n",
    "---\na: 1\n...\n",
    "a: |\n  b\n",
    "- a\n- b",
    "  a\nb\n",
    "\n  a\n b\n",
    "a\n\n\n\n",
    "a \nb \n",
    "\na\n\n b\n\n",
    "a\n  \nb\n",
    "a\n    ",
    "all:\n\tcc -o a\n",
    "\tcc\n",
    "{\n  \"a\": 1\n}\n",
    "a\n# b",
    "a\n#b: c\n---\n",
    "é\nü\n",
    "1\n2\n",
    "y\n",
    "~\n",
    "null\n",
    "!a\n&b\n",
    "name@host",
    "50%",
    "%50",
    "a@",
    "*.example.com",
    "app=*",
    "@daily",
    "*/5 * * * *",
    "0 3 * * *",
    "^[a-z]+$",
    "a|b",
    "a>b",
    "!=",
    "==",
    "=~",
    "<nil>",
    "<<EOF\n",
    "-----BEGIN KEY-----\nx\n",
];

fn title(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}

fn alternating(word: &str) -> String {
    word.char_indices().map(|(at, c)| if at % 2 == 1 { c.to_ascii_uppercase() } else { c }).collect()
}
