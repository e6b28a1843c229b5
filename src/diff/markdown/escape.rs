//! Text of others in Markdown: it stays text.

use crate::diag::{on_one_line, printable};

/// A block that its content cannot end.
pub(super) fn fenced(language: &str, text: &str) -> String {
    let fence = "`".repeat(longest(text, '`').max(2) + 1);
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{language}\n{}{end}{fence}\n", printable(text))
}

/// Text as code that its content cannot end.
pub(super) fn code(text: &str) -> String {
    let text = on_one_line(text);
    let fence = "`".repeat(longest(&text, '`') + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The longest run of a character.
fn longest(text: &str, wanted: char) -> usize {
    text.split(|it| it != wanted).map(str::len).max().unwrap_or(0)
}

/// A sentence of ours: what it has in backticks is code, the rest is plain.
pub(super) fn prose(sentence: &str) -> String {
    let parts: Vec<&str> = sentence.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return plain(sentence);
    }
    let shown = parts.iter().enumerate().map(|(at, it)| if at % 2 == 1 { code(it) } else { plain(it) });
    shown.collect()
}

/// Text that means nothing to Markdown, HTML or GitHub. A mention and a number of an issue are parted by a space of no width,
/// because GitHub looks for them in what is shown.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in on_one_line(text).chars() {
        match c {
            '@' | '#' => {
                out.push(c);
                out.push_str("&#8203;");
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '$' | '!' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    // GitHub makes links of these wherever they stand.
    out.replace("://", ":&#8203;//").replace("www.", "www&#8203;.")
}

/// What stands in HTML: there, Markdown is not read.
pub(super) fn html(text: &str) -> String {
    let mut out = String::new();
    for c in on_one_line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '@' | '#' => {
                out.push(c);
                out.push_str("&#8203;");
            }
            _ => out.push(c),
        }
    }
    out
}

/// What stands in a table: a bar in it is escaped once, in code, too.
pub(super) fn cell(markdown: &str) -> String {
    let mut out = String::new();
    let mut escaped = false;
    for c in markdown.chars() {
        if c == '|' && !escaped {
            out.push('\\');
        }
        escaped = c == '\\' && !escaped;
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_in_a_table_is_escaped_once() {
        assert_eq!(cell(&code("a|b")), "`a\\|b`");
        assert_eq!(cell(&plain("a|b")), "a\\|b");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(plain("https://a.example www.b.example"), "https:&#8203;//a.example www&#8203;.b.example");
        assert_eq!(html("<img src=\"x\">"), "&lt;img src=&quot;x&quot;&gt;");
        assert_eq!(plain("\u{202e}evil\u{7}"), "\u{fffd}evil␇");
    }
}
