//! The nearest known name to one that is not known.

/// The candidate that somebody who wrote `name` most likely meant, if any is near enough to be worth saying.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
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
    }
}
