//! "Did you mean": the known name nearest to one that is not known. Pure.

/// The candidate nearest to `found`, or `None` where none is near enough to be what was meant.
///
/// Upper and lower case count as the same, `_` as `-`; of a name with slashes its last part alone may also
/// be what was written (`London` for `Europe/London`). Of two equally near the first is taken.
pub fn nearest<'a>(found: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let found = folded(found);
    if found.is_empty() || found.len() > FOUND_BYTES_MAX {
        return None;
    }
    let edits_max = 1 + found.chars().count() / 4;
    candidates
        .into_iter()
        .map(|candidate| (edits(&found, &folded(candidate)), candidate))
        .filter(|(edits, candidate)| *edits <= edits_max && edits * 2 < candidate.chars().count())
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// A longer text is no misspelt name, and comparing costs its length times that of each candidate.
const FOUND_BYTES_MAX: usize = 128;

fn folded(name: &str) -> String {
    name.trim().to_lowercase().replace(['_', ' '], "-")
}

fn edits(found: &str, candidate: &str) -> usize {
    let last_part = candidate.rsplit('/').next().unwrap_or(candidate);
    strsim::osa_distance(found, candidate).min(strsim::osa_distance(found, last_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_of_several_is_suggested() {
        let keys = ["path", "protocol", "baud", "session_idle_ms"];
        assert_eq!(nearest("protcol", keys), Some("protocol"));
        assert_eq!(nearest("Path", keys), Some("path"));
        assert_eq!(nearest("session-idle-ms", keys), Some("session_idle_ms"));
        assert_eq!(nearest("ptah", keys), Some("path"));
    }

    #[test]
    fn the_last_part_of_a_name_is_enough() {
        assert_eq!(nearest("london", ["Europe/Paris", "Europe/London"]), Some("Europe/London"));
    }

    #[test]
    fn what_is_not_near_is_not_suggested() {
        let keys = ["path", "baud", "id"];
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(nearest("", keys), None);
        assert_eq!(nearest("ia", keys), None);
        assert_eq!(nearest(&"p".repeat(100_000), keys), None);
    }
}
