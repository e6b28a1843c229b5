//! Codes of shape: what one value must look like.

use crate::diag::{At, Diagnostic, Span, code, is_slip, nearest};

code!(
    /// A key that the language does not have.
    UNKNOWN_FIELD "SG101" "unknown-field",
    "A key that the language does not have at this place.",
    "A misspelt field would be ignored, and the value that someone meant would not be there.",
    "services: { iam: { replcias: 3 } }",
    "Write the field as the help names it; `stackgen schema` gives editors the whole language."
);
code!(
    /// A value of the wrong type.
    WRONG_TYPE "SG102" "wrong-type",
    "A mapping where a list is meant, text where a number is meant, and so on.",
    "The value cannot be what was meant.",
    "stateful: { db: { kind: postgres, replicas: \"two\" } }",
    "Give a value of the type that the message names."
);
code!(
    /// A field that must be written.
    MISSING_FIELD "SG103" "missing-field",
    "A field without a default that neither the component nor a profile gives.",
    "There is no safe value to assume.",
    "services: { iam: { namespace: services } }        # no image",
    "Add the field to the component or to its profile."
);
code!(
    /// A name that Kubernetes does not allow.
    BAD_NAME "SG104" "bad-name",
    "A name that is no DNS label (lower-case letters, digits, `-`, at most 63), an environment variable's name with other characters than letters, digits, `_`, `-` and `.`, or a malformed label key, host name or path.",
    "The API server refuses the object.",
    "services: { Billing_API: { … } }",
    "Use a name of the form that the message gives."
);
code!(
    /// A number that is no port.
    BAD_PORT "SG105" "bad-port",
    "A port outside 1 to 65535, or a port's name that is longer than 15 characters or has none of a letter.",
    "The API server refuses the object.",
    "services: { iam: { ports: { http: 80800 } } }",
    "Give a port between 1 and 65535; name it with at most 15 lower-case letters, digits and `-`."
);
code!(
    /// A malformed amount.
    BAD_QUANTITY "SG106" "bad-quantity",
    "An amount that is no Kubernetes quantity: an unknown unit, no number, or storage and memory without a unit.",
    "`memory: 128` is 128 bytes, and `128m` an eighth of a byte: the pod never starts.",
    "resources: { limits: { memory: 512MB } }",
    "Use `m` for thousandths of a CPU; `Ki`, `Mi`, `Gi`, `Ti` (or `k`, `M`, `G`, `T`) for bytes."
);
code!(
    /// A malformed time span.
    BAD_DURATION "SG107" "bad-duration",
    "A time span without a unit, or with one other than `ms`, `s`, `m` and `h`.",
    "A bare number is seconds to one tool and nanoseconds to another.",
    "stores: { vault: { vault-secrets-operator: { refreshAfter: 60 } } }",
    "Write the unit: `30s`, `5m`, `1h30m`."
);
code!(
    /// A malformed image reference.
    BAD_IMAGE "SG108" "bad-image",
    "An image reference that no registry can resolve: capital letters in the repository, blanks, a malformed tag or digest.",
    "The pod stays in `InvalidImageName`.",
    "services: { iam: { image: \"ghcr.io/Acme/iam:1.0\" } }",
    "Write `registry/repository:tag` or `…@sha256:…`, the repository in lower case."
);
code!(
    /// A word that is none of those known.
    UNKNOWN_WORD "SG109" "unknown-word",
    "A word where the language knows only certain ones.",
    "It would mean nothing.",
    "namespaces: { app: { podSecurity: restrictd } }",
    "Use one of the words that the help lists."
);
code!(
    /// Not exactly one alternative.
    NOT_ONE_OF "SG110" "not-one-of",
    "A choice between alternatives with none or with several of them.",
    "Two ways to scale, or two sources of one value, would fight each other.",
    "services: { iam: { scale: { fixed: 3, hpa: { min: 3, max: 9, cpu: 60 } } } }",
    "Keep exactly one of the alternatives."
);
code!(
    /// A value outside what makes sense.
    BAD_VALUE "SG111" "bad-value",
    "A value of the right type that cannot be meant: a minimum above its maximum, a percentage over its bounds, a version that is no version.",
    "The object would be refused or do nothing.",
    "scale: { hpa: { min: 9, max: 3, cpu: 60 } }",
    "Correct the value as the message says."
);
code!(
    /// A reference where none can be resolved.
    REFERENCE_NOT_ALLOWED "SG112" "reference-not-allowed",
    "A reference such as `${services.iam.host}` in a field that is fixed before services are known: a name, an image, a quantity.",
    "The value decides what the services are, so it cannot depend on them.",
    "services: { iam: { image: \"${services.registry.host}/iam:1\" } }",
    "Use `${parameters.…}`, `${versions.…}`, `${env}` or `${name}` there."
);

/// A word that is none of those known, with the nearest.
pub(crate) fn unknown_word(word: &str, at: Span, words: &[&str]) -> Diagnostic {
    let found = Diagnostic::at_span(&UNKNOWN_WORD, at, format!("`{word}` is not known here"));
    match nearest(word, words.iter().copied()) {
        Some(near) => {
            let certain = is_slip(word, near, words.iter().copied());
            found.write(near, At::Span(at), certain.then_some(word))
        }
        None => found.help(format!("use one of {}", crate::diag::and_list(words.iter().copied()))),
    }
}
