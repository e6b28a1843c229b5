//! Texts of a Compose file: what Compose would put variables into, and what Kubernetes would have.

use indexmap::IndexMap;

/// A text that Compose reads as it is: it would take `$` for the beginning of a variable.
pub(super) fn literal(text: &str) -> String {
    text.replace('$', "$$")
}

/// Texts that Compose reads as they are.
pub(super) fn literals(texts: &[String]) -> Vec<String> {
    texts.iter().map(|it| literal(it)).collect()
}

/// A text with `$(NAME)` replaced by the value of a variable, as Kubernetes does: of one that is not known it is left as it
/// is, and `$$(NAME)` is `$(NAME)`. The variables' values are escaped already; the rest is escaped here.
pub(super) fn expanded(text: &str, variables: &IndexMap<String, String>) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix("$(") {
            out.push_str("$$(");
            rest = after;
            continue;
        }
        let name = rest.strip_prefix('(').and_then(|it| it.split_once(')'));
        match name.and_then(|(name, after)| Some((variables.get(name)?, after))) {
            Some((value, after)) => {
                out.push_str(value);
                rest = after;
            }
            None => out.push_str("$$"),
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_put_in_as_kubernetes_does() {
        let known = IndexMap::from([("A".to_owned(), "${SECRET:?x}".to_owned())]);
        let expanded = |text| expanded(text, &known);
        assert_eq!(expanded("u:$(A)@h"), "u:${SECRET:?x}@h");
        assert_eq!(expanded("$(B) $A ${A} 5$"), "$$(B) $$A $${A} 5$$");
        assert_eq!(expanded("$$(A)"), "$$(A)");
        assert_eq!(expanded("$(A"), "$$(A");
    }
}
