//! Connections as nodes get them: the files of `configs/connections/`, after what the environment puts in their place, and
//! the secrets that they name, from this host.
//!
//! A secret is the environment variable `FOREBAY_SECRET_N`, or the file that `FOREBAY_SECRET_N_FILE` names.

use std::env;

use forebay_spec::Configs;
use forebay_stage::{Connections, Fault, Secret};
use forebay_types::template::{Part, parts};
use forebay_types::{Record, code};

/// Those that a pipeline can name.
pub(crate) struct Known<'a> {
    pub spec: Option<&'a forebay_spec::Loaded>,
    pub configs: &'a Configs,
}

impl Connections for Known<'_> {
    fn connection(&self, name: &str) -> Result<Record, Fault> {
        let found = self.spec.and_then(|spec| spec.connection(self.configs, name));
        let missing = || Fault::fatal(&code::UNKNOWN_CONNECTION, format!("there is no connection `{name}`"));
        found.map(|config| config.spec.clone()).ok_or_else(missing)
    }

    fn secret(&self, text: &str) -> Result<Secret, Fault> {
        let mut whole = String::new();
        for part in parts(text) {
            match part {
                Part::Text(text) => whole.push_str(text),
                Part::Ref { scheme: "secret", name, .. } => {
                    whole.push_str(&read(name, |name| env::var(name).ok())?)
                }
                Part::Ref { at, .. } | Part::Broken { at } => {
                    let message = format!("`{}` is no secret: write `${{secret:NAME}}`", &text[at]);
                    return Err(Fault::fatal(&code::NO_SECRET, message));
                }
            }
        }
        Ok(Secret::new(whole))
    }
}

fn read(name: &str, variable: impl Fn(&str) -> Option<String>) -> Result<String, Fault> {
    if let Some(value) = variable(&format!("FOREBAY_SECRET_{name}")) {
        return Ok(value);
    }
    let file = format!("FOREBAY_SECRET_{name}_FILE");
    let Some(path) = variable(&file) else {
        let message = format!(
            "the secret `{name}` is not on this host: set FOREBAY_SECRET_{name}, or {file} to the path of a file that holds it"
        );
        return Err(Fault::fatal(&code::NO_SECRET, message));
    };
    let text = std::fs::read_to_string(&path).map_err(|error| {
        Fault::fatal(
            &code::NO_SECRET,
            format!("the secret `{name}`: `{path}` ({file}) cannot be read: {error}"),
        )
    })?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_a_variable_or_a_file_and_shows_itself_nowhere() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        std::fs::write(&path, "from a file\n").expect("a file");
        let path = path.display().to_string();
        let check = |name: &str, expect: &str| {
            let variable = |wanted: &str| match wanted {
                "FOREBAY_SECRET_A" => Some("from the environment".to_string()),
                "FOREBAY_SECRET_B_FILE" => Some(path.clone()),
                "FOREBAY_SECRET_C_FILE" => Some("no/such/file".into()),
                _ => None,
            };
            let found = read(name, variable).unwrap_or_else(|fault| fault.to_string());
            assert!(found.starts_with(expect), "{found}");
        };
        check("A", "from the environment");
        check("B", "from a file");
        check(
            "C",
            "[FB0870] the secret `C`: `no/such/file` (FOREBAY_SECRET_C_FILE) cannot be read: No such file",
        );
        check(
            "D",
            "[FB0870] the secret `D` is not on this host: set FOREBAY_SECRET_D, or FOREBAY_SECRET_D_FILE",
        );
        assert_eq!(format!("{:?}", Secret::new("hidden")), "•••");
    }
}
