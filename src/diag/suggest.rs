//! "Did you mean": the nearest of the names that exist.

/// The candidate nearest to `wanted`, if it is near enough to be what was meant.
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (wanted.chars().count() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .filter(|it| *it != wanted)
        .map(|it| (distance(wanted, it, limit), it))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, it)| it)
}

/// A shorter word is too near to too many.
const SHORTEST: usize = 4;

/// Whether a word is beyond doubt another one of the language that was misspelt: no other of the candidates is one letter away.
/// A digit is no letter, since people count with them.
pub fn is_slip<'a>(word: &str, meant: &str, candidates: impl IntoIterator<Item = &'a str>) -> bool {
    let digits = |it: &str| it.chars().filter(char::is_ascii_digit).collect::<String>();
    let is_near = |it: &str| distance(word, it, 1) <= 1;
    is_plain(meant)
        && word.chars().count() >= SHORTEST
        && digits(word) == digits(meant)
        && is_near(meant)
        && candidates.into_iter().all(|it| it == meant || it == word || !is_near(it))
}

/// The same of a name that the stack gave to something. What somebody names so may also be missing, so another letter (`cart`,
/// `card`) or one more at the end (`order`, `orders`) is no slip.
pub fn is_slip_of_name<'a>(word: &str, meant: &str, candidates: impl IntoIterator<Item = &'a str>) -> bool {
    let fold = |it: &str| it.to_lowercase().replace(['-', '_'], "");
    let (a, b) = (fold(word), fold(meant));
    let same_letters = || {
        let sorted = |it: &str| {
            let mut letters: Vec<char> = it.chars().collect();
            letters.sort_unstable();
            letters
        };
        sorted(&a) == sorted(&b)
    };
    let inside = || a.len() != b.len() && !a.starts_with(&b) && !b.starts_with(&a);
    word.chars().count() > SHORTEST && (same_letters() || inside()) && is_slip(word, meant, candidates)
}

/// Whether a word is the same text in every place of a YAML file.
fn is_plain(word: &str) -> bool {
    let plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.');
    word.starts_with(|it: char| it.is_ascii_alphabetic())
        && word.chars().all(plain)
        && !["true", "false", "null"].contains(&word.to_lowercase().as_str())
}

/// `a`, `b` and `c`, each in backticks.
pub fn and_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|it| format!("`{it}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}

/// `it has` and what, or that it has nothing.
pub fn it_has<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    match and_list(names) {
        list if list.is_empty() => "it has none at all".to_owned(),
        list => format!("it has {list}"),
    }
}

/// Edit distance with transpositions; case and `-`/`_` differences count little (as one edit in all).
fn distance(a: &str, b: &str, limit: usize) -> usize {
    let fold = |s: &str| -> Vec<char> {
        s.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect()
    };
    let (x, y) = (fold(a), fold(b));
    if x == y {
        return 1;
    }
    if x.len().abs_diff(y.len()) > limit {
        return usize::MAX;
    }
    let mut rows = vec![vec![0; y.len() + 1]; x.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=x.len() {
        for j in 1..=y.len() {
            let change = usize::from(x[i - 1] != y[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + change);
            if i > 1 && j > 1 && x[i - 1] == y[j - 2] && x[i - 2] == y[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[x.len()][y.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant_and_nothing_far() {
        assert_eq!(nearest("replcias", ["replicas", "resources"]), Some("replicas"));
        assert_eq!(nearest("storage-class", ["storageClass", "storage"]), Some("storageClass"));
        assert_eq!(nearest("kafak", ["kafka", "vault"]), Some("kafka"));
        assert_eq!(nearest("zzz", ["kafka", "vault"]), None);
    }
    #[test]
    fn what_is_beyond_doubt() {
        let fields = ["replicas", "resources", "image", "images", "port", "true", "tls13"];
        let slip = |word| nearest(word, fields).is_some_and(|it| is_slip(word, it, fields));
        for word in ["replcias", "replica", "repl-icas", "resorces", "resourcess", "Replicas"] {
            assert!(slip(word), "{word}");
        }
        // Two are as near, it is not near, it is short, it is a number, or another thing where it stands alone.
        for word in ["imagex", "replcas2", "rpelcias", "por", "tru", "trua", "tls12", "replicas"] {
            assert!(!slip(word), "{word}");
        }
        assert!(is_slip("imge", "image", fields) && !is_slip("imagex", "image", fields));

        let names = ["orders", "cart-api", "kafka-1"];
        let slip = |word| nearest(word, names).is_some_and(|it| is_slip_of_name(word, it, names));
        for word in ["odrers", "oders", "cart_api", "cartapi", "orrders"] {
            assert!(slip(word), "{word}");
        }
        for word in ["order", "ordert", "orderss", "cart-app", "kafka-2", "zzzzz"] {
            assert!(!slip(word), "{word}");
        }
    }
}
