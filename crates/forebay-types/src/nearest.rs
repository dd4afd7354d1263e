//! The nearest known name to one that is not known.

/// The candidate that somebody who wrote `name` most likely meant, if any is near enough to be worth saying.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        // A name that goes on (`customer`, `customer_id`) is the last that is thought of.
        .map(|candidate| (distance(name, candidate), candidate))
        .map(|(far, candidate)| (if goes_on(name, candidate) { far.min(limit) } else { far }, candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Whether one is the other and more words.
fn goes_on(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    short.len() >= 3 && long.strip_prefix(short).is_some_and(|rest| rest.starts_with(['_', '-']))
}

fn distance(a: &str, b: &str) -> usize {
    if a.eq_ignore_ascii_case(b) {
        return 0;
    }
    // `windowFeatures`, `window-features`: the same word in another style.
    let plain =
        |s: &str| s.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    if plain(a) == plain(b) {
        return 0;
    }
    strsim::osa_distance(a, b)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = ["window_features", "rules", "set", "infer"];
        assert_eq!(nearest("windowFeatures", names), Some("window_features"));
        assert_eq!(nearest("rulse", names), Some("rules"));
        assert_eq!(nearest("sett", names), Some("set"));
        assert_eq!(nearest("transcribe", names), None);
        assert_eq!(nearest("window", names), Some("window_features"));
        assert_eq!(nearest("rules_of_ours", names), Some("rules"));
        assert_eq!(nearest("a", ["a_b"]), None);
    }
}
