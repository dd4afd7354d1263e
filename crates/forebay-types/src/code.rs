//! The catalogue of diagnostic codes. A code is stable: once given it is never used for something else.
//!
//! Each code is one module that holds its title, its explanation and its examples. The examples are its
//! tests: a wrong one has to produce the code and the mended one must not.
//!
//! | range | about |
//! |---|---|
//! | FB01 | YAML itself and values: syntax, duplicate keys, what YAML 1.1 reads otherwise, units, names |
//! | FB02 | the grammar of a file: fields, kinds, vars, lists, what belongs where |
//! | FB03 | the graph and its columns: inputs, ports, types, names |
//! | FB04 | expressions |
//! | FB05 | what the plan refuses: delivery, keys, time, places, budgets |
//! | FB06 | what a file names: models, connections, environments, lists |
//! | FB07 | records that are rejected while a pipeline runs |
//! | FB08 | running: state, outputs, workers, disks |
//! | FB09 | tests in a pipeline file |

/// A diagnostic code.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `FB0204`.
    pub id: &'static str,
    /// One line, as in a list of codes.
    pub title: &'static str,
    /// What it means, why it is one, how to mend it. Markdown.
    pub text: &'static str,
    /// Files that show it. Empty for codes that only a running pipeline gives.
    pub examples: &'static [Example],
}

/// A wrong file beside the mended one. A text that does not begin with `apiVersion` is the inside of `spec`
/// of an otherwise complete pipeline, without its indentation.
#[derive(Debug, PartialEq, Eq)]
pub struct Example {
    pub wrong: &'static str,
    pub right: &'static str,
}

/// One `codes! { NAME = module, … }` declares the modules, the constants and the list of all.
macro_rules! codes {
    ($($name:ident = $module:ident),* $(,)?) => {
        $(mod $module; pub use $module::CODE as $name;)*
        /// Every code, in order.
        pub const ALL: &[&Code] = &[$(&$module::CODE),*];
    };
}

codes! {
    UNKNOWN_FIELD = fb0201,
}

/// The code with this id, in any case, with or without `FB`.
pub fn find(id: &str) -> Option<&'static Code> {
    let id = id.to_ascii_uppercase();
    let digits = id.strip_prefix("FB").unwrap_or(&id);
    ALL.iter().copied().find(|code| &code.id[2..] == digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_say_what_they_are() {
        for pair in ALL.windows(2) {
            assert!(pair[0].id < pair[1].id, "{} before {}", pair[0].id, pair[1].id);
        }
        for code in ALL {
            assert!(code.id.len() == 6 && !code.title.is_empty() && code.text.len() > 40, "{}", code.id);
            let late = code.id[2..4].parse::<u8>().unwrap() >= 7;
            assert!(late || !code.examples.is_empty(), "{} shows no example", code.id);
        }
    }

    #[test]
    fn a_code_is_found_however_it_is_written() {
        assert_eq!(find("fb0201").unwrap().id, "FB0201");
        assert_eq!(find("0201").unwrap().id, "FB0201");
        assert!(find("FB9999").is_none());
    }
}
