//! Every code that stackgen can report.

use crate::diag::Code;
use crate::{document, model, patch, resolve, rule, stateful, syntax};

/// All codes, sorted by id.
#[must_use]
pub fn all() -> Vec<&'static Code> {
    let mut all = syntax::codes::ALL.to_vec();
    all.extend(document());
    all.extend(model());
    all.extend(stateful());
    all.extend(resolve());
    all.extend(patch::codes::ALL);
    all.extend(rule::ALL.iter().map(|it| it.code));
    all.push(&rule::ACCEPT_WITHOUT_EFFECT);
    all.push(&rule::ACKNOWLEDGE_WITHOUT_EFFECT);
    all.sort_unstable_by_key(|it| it.id);
    all
}

fn document() -> [&'static Code; 12] {
    use document::codes as it;
    [
        &it::FILE_NOT_FOUND,
        &it::FILE_OUTSIDE,
        &it::FILE_UNREADABLE,
        &it::DECLARED_TWICE,
        &it::UNKNOWN_ENVIRONMENT,
        &it::OVERRIDE_MATCHES_NOTHING,
        &it::DANGLING_REFERENCE,
        &it::MISSING_PARAMETER,
        &it::BAD_PARAMETER,
        &it::BAD_PROFILE,
        &it::SECRET_MADE_HERE,
        &it::LEFT_OUT,
    ]
}

fn model() -> [&'static Code; 12] {
    use model::codes as it;
    [
        &it::UNKNOWN_FIELD,
        &it::WRONG_TYPE,
        &it::MISSING_FIELD,
        &it::BAD_NAME,
        &it::BAD_PORT,
        &it::BAD_QUANTITY,
        &it::BAD_DURATION,
        &it::BAD_IMAGE,
        &it::UNKNOWN_WORD,
        &it::NOT_ONE_OF,
        &it::BAD_VALUE,
        &it::REFERENCE_NOT_ALLOWED,
    ]
}

fn resolve() -> [&'static Code; 15] {
    use resolve::codes as it;
    [
        &it::UNKNOWN_TARGET,
        &it::UNKNOWN_NAME,
        &it::MISSING_USES,
        &it::NAME_TAKEN,
        &it::OTHER_NAMESPACE,
        &it::WRONG_DELIVERY,
        &it::BAD_TEMPLATE,
        &it::REMOVED_IN_USE,
        &it::CLAIM_ON_SERVICE,
        &it::BOOT_CYCLE,
        &it::MISSING_VARIABLE,
        &it::ROUTE_TAKEN,
        &it::ROLE_OF_NOBODY,
        &it::CANNOT_GIVE,
        &it::PEERS_WITHOUT_KEY,
    ]
}

fn stateful() -> Vec<&'static Code> {
    use stateful::codes as it;
    vec![
        &it::UNREPLICATED,
        &it::EVEN_QUORUM,
        &it::IMPOSSIBLE_TOPOLOGY,
        &it::UNKNOWN_VERSION,
        &it::RESERVED_SETTING,
        &it::NO_FAILOVER,
        &it::IMPOSSIBLE_REPLICATION,
        &it::HEAP_DOES_NOT_FIT,
        &it::SMALL_MEMORY,
        &it::MANUAL_UNSEAL,
        &it::NOBODY_SETS_UP,
        &it::DRAIN_CUT_SHORT,
        &it::STORE_TOO_SMALL,
        &it::LOGIN_IN_THE_CLEAR,
        &it::WRITES_STOP,
        &it::PRIMARY_BEHIND_SENTINEL,
        &it::SINGLE_COPY,
        &it::EVEN_COPIES,
        &it::BACKUP_STOPS_WRITES,
        &it::UNKNOWN_PORT,
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_sorted_and_unique_and_so_are_names() {
        let all = all();
        for pair in all.windows(2) {
            assert!(pair[0].id < pair[1].id, "{} and {}", pair[0].id, pair[1].id);
        }
        let names: BTreeSet<&str> = all.iter().map(|it| it.name).collect();
        assert_eq!(names.len(), all.len());
    }

    #[test]
    fn ids_and_names_have_their_form() {
        for code in all() {
            let digits = code.id.strip_prefix("SG").unwrap_or_default();
            assert!(digits.len() == 3 && digits.bytes().all(|it| it.is_ascii_digit()), "{}", code.id);
            assert!(code.name.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-'));
        }
    }

    #[test]
    fn every_page_has_the_four_sections_in_order() {
        for code in all() {
            let headings: Vec<&str> = code.docs.lines().filter(|it| it.starts_with("## ")).collect();
            let expected = ["## What it finds", "## Why it matters", "## Example", "## What to do"];
            assert_eq!(headings, expected, "{}", code.id);
        }
    }
}
