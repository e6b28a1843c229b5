//! How servers with one drive each share objects: sets of 4 to 16 drives, and parity in each.

/// The drives of one erasure set: the most that 16 allow and that divide the servers evenly. None where no set fits.
pub(super) fn set(servers: u32) -> Option<u32> {
    (4..=16).rev().find(|it| servers.is_multiple_of(*it) && servers > 0)
}

/// The parity of a set of so many drives, as the server takes it where nothing else is set.
pub(super) fn parity(set: u32) -> u32 {
    match set {
        ..=5 => 2,
        6 | 7 => 3,
        _ => 4,
    }
}

/// What servers with drives of `size` bytes can hold.
pub(super) fn usable(servers: u32, size: i128) -> i128 {
    match set(servers) {
        Some(set) => size * i128::from(servers) / i128::from(set) * i128::from(set - parity(set)),
        None => size,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_form_sets() {
        let sets: Vec<_> = [1, 2, 3, 4, 5, 8, 16, 17, 18, 20, 24, 32, 34].iter().map(|it| set(*it)).collect();
        let expected = [
            None,
            None,
            None,
            Some(4),
            Some(5),
            Some(8),
            Some(16),
            None,
            Some(9),
            Some(10),
            Some(12),
            Some(16),
            None,
        ];
        assert_eq!(sets, expected);
    }

    #[test]
    fn parity_is_taken_from_what_can_be_held() {
        assert_eq!(usable(1, 10), 10);
        assert_eq!(usable(4, 10), 20);
        assert_eq!(usable(8, 10), 40);
        assert_eq!(usable(16, 10), 120);
        assert_eq!(usable(6, 10), 30);
    }
}
