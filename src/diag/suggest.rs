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

/// `a`, `b` and `c`, each in backticks.
pub fn and_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|it| format!("`{it}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
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
}
