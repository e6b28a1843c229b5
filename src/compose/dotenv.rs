//! The files that Compose takes variables from: what is no secret, and what somebody must give.

use std::fmt::Write as _;

use super::variable::Variables;
use crate::resolve::Resolved;

/// `.env`: read by Compose beside the Compose file.
pub(super) fn values(resolved: &Resolved, variables: &Variables<'_>) -> String {
    let mut out =
        "# Read by Compose; a variable of the shell wins. What else must be given is in .env.example.\n"
            .to_owned();
    if !resolved.stack.compose.profiles.is_empty() {
        line(&mut out, "COMPOSE_PROFILES", super::profile::ALL);
    }
    for (name, version) in &resolved.versions {
        line(&mut out, name, version);
    }
    let declared = variables.declared();
    if !declared.is_empty() {
        out.push_str("# For development only: the stack declares them.\n");
        for (name, value) in declared {
            line(&mut out, name, value);
        }
    }
    out
}

/// `.env.example`: what must be given, by the shell or by a further `--env-file`.
pub(super) fn example(variables: &Variables<'_>) -> String {
    let asked = variables.asked();
    if asked.is_empty() {
        return "# Nothing must be given.\n".to_owned();
    }
    let mut out =
        "# What whoever starts the project gives: in the shell, or in a file of one's own,\n# `docker compose --env-file .env --env-file FILE up`.\n# In a file, a value of several lines stands between single quotes.\n".to_owned();
    for (variable, said) in asked {
        // Writing to a string cannot fail.
        let _ = write!(out, "\n# {said}\n{}=\n", variable.name);
    }
    out
}

fn line(out: &mut String, name: &str, value: &str) {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._/:@+,".contains(c);
    out.push_str(name);
    out.push('=');
    if value.chars().all(plain) {
        out.push_str(value);
    } else if !value.contains(['\'', '\n']) && !value.ends_with('\\') {
        // Nothing is replaced between these; a `\` would take the last for a part of the value.
        let _ = write!(out, "'{value}'");
    } else {
        out.push('"');
        for c in value.chars() {
            match c {
                '\n' => out.push_str("\\n"),
                '"' | '\\' | '$' => out.extend(['\\', c]),
                c => out.push(c),
            }
        }
        out.push('"');
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_where_they_must_be() {
        let written = |value| {
            let mut out = String::new();
            line(&mut out, "A", value);
            out
        };
        assert_eq!(written("17-alpine"), "A=17-alpine\n");
        assert_eq!(written("a $b #c"), "A='a $b #c'\n");
        assert_eq!(written("a\\b\\"), "A=\"a\\\\b\\\\\"\n");
        assert_eq!(written("it's $5\n"), "A=\"it's \\$5\\n\"\n");
    }
}
