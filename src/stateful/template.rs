//! Other programs' text formats, from `templates/`.

use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Serialize;

/// Renders one of the program's own templates. A template and its context are made for each other and tested
/// together, so a failure is a defect of the program.
///
/// # Panics
/// When a template does not fit its context.
#[must_use]
pub fn render<C: Serialize>(name: &str, source: &str, context: &C) -> String {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_filter("sh", |text: String| shell(&text));
    environment.add_filter("conf", conf);
    environment.add_filter("hcl", hcl);
    environment
        .render_named_str(name, source, Value::from(Serde(context)))
        .map(|mut text| {
            // minijinja drops the last newline; a text file ends with one.
            if !text.ends_with('\n') {
                text.push('\n');
            }
            text
        })
        .expect("the program's own templates fit their contexts; tests render each of them")
}

/// A shell word that means exactly the text.
#[must_use]
pub fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A value of PostgreSQL's configuration file. The server undoes backslash escapes inside quotes.
fn conf(value: &Value) -> String {
    let text = match value.as_str() {
        Some(text) => text.to_owned(),
        None if value.is_true() && value.kind() == minijinja::value::ValueKind::Bool => "on".to_owned(),
        None if value.kind() == minijinja::value::ValueKind::Bool => "off".to_owned(),
        None => value.to_string(),
    };
    let escaped = text.replace('\\', r"\\").replace('\'', "''").replace('\n', r"\n").replace('\r', r"\r");
    format!("'{escaped}'")
}

/// A value of HCL. Between quotes, HCL knows the escapes of JSON. `${` would begin an interpolation and cannot be escaped in
/// the language's first version: texts with it are refused before.
fn hcl(value: &Value) -> String {
    match value.as_str() {
        Some(text) => serde_json::Value::from(text).to_string(),
        None => serde_json::to_string(value).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_for_shells_and_configuration() {
        assert_eq!(shell("it's"), r"'it'\''s'");
        assert_eq!(conf(&Value::from(r"a\b'c")), r"'a\\b''c'");
        assert_eq!(conf(&Value::from(true)), "'on'");
        assert_eq!(conf(&Value::from(3)), "'3'");
        assert_eq!(hcl(&Value::from("a\"b\\c")), r#""a\"b\\c""#);
        assert_eq!((hcl(&Value::from(true)), hcl(&Value::from(3))), ("true".to_owned(), "3".to_owned()));
    }
}
