//! The command line: a verb, then options. Verbs and options are data, from which both the reading and the help come.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::str::FromStr;

use crate::failure::Failure;

pub struct Verb {
    pub name: &'static str,
    /// One line for the list of verbs.
    pub summary: &'static str,
    /// What `--help` says below that line.
    pub about: &'static str,
    /// The name of the one word that is no option, where there is one: it is then needed.
    pub word: Option<&'static str>,
    pub options: &'static [Opt],
    pub run: fn(&Args) -> Result<(), Failure>,
}

/// `--name VALUE` or `--name=VALUE`, or `--name` alone.
pub struct Opt {
    pub name: &'static str,
    /// What its value is called in the help; None for one that takes none.
    pub value: Option<&'static str>,
    pub about: &'static str,
}

impl Opt {
    pub const fn value(name: &'static str, value: &'static str, about: &'static str) -> Opt {
        Opt { name, value: Some(value), about }
    }

    pub const fn flag(name: &'static str, about: &'static str) -> Opt {
        Opt { name, value: None, about }
    }

    /// As it is typed.
    fn shape(&self) -> String {
        self.value.map_or(self.name.to_string(), |value| format!("{} {value}", self.name))
    }
}

pub enum Request<'v> {
    Help(String),
    Run(&'v Verb, Args),
}

#[derive(Debug, Default)]
pub struct Args {
    /// Empty for those that take no value.
    values: BTreeMap<&'static str, String>,
    word: Option<String>,
}

impl Args {
    pub fn text(&self, option: &str) -> Option<&str> {
        self.values.get(option).map(String::as_str)
    }

    pub fn has(&self, option: &str) -> bool {
        self.values.contains_key(option)
    }

    pub fn number<N: FromStr>(&self, option: &str, default: N) -> Result<N, Failure> {
        let Some(text) = self.text(option) else { return Ok(default) };
        let wrong = || Failure::Usage(format!("{option} takes a whole number, not `{text}`"));
        text.replace('_', "").parse().map_err(|_| wrong())
    }

    /// The word that is no option; `read` has seen to it that it is there.
    pub fn word(&self) -> &str {
        self.word.as_deref().unwrap_or_default()
    }
}

pub fn read<'v>(verbs: &[&'v Verb], words: impl IntoIterator<Item = String>) -> Result<Request<'v>, Failure> {
    let mut words = words.into_iter();
    let name = match words.next() {
        None => return Err(Failure::Usage(format!("a verb is missing\n\n{}", help(verbs)))),
        Some(word) if is_help(&word) => return Ok(Request::Help(help(verbs))),
        Some(word) => word,
    };
    let Some(verb) = verbs.iter().find(|verb| verb.name == name) else {
        return Err(Failure::Usage(format!("there is no verb `{name}`\n\n{}", help(verbs))));
    };
    let mut args = Args::default();
    while let Some(word) = words.next() {
        if is_help(&word) {
            return Ok(Request::Help(verb.help()));
        }
        if !word.starts_with('-') {
            let Some(what) = verb.word else {
                return Err(verb.usage(format!("`{word}` is one word too many")));
            };
            if args.word.replace(word).is_some() {
                return Err(verb.usage(format!("{what} is one word")));
            }
            continue;
        }
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_string())),
            None => (word.as_str(), None),
        };
        let Some(option) = verb.options.iter().find(|option| option.name == name) else {
            return Err(verb.usage(format!("there is no option `{name}`")));
        };
        let value = match (option.value, value) {
            (None, None) => String::new(),
            (None, Some(_)) => return Err(verb.usage(format!("{name} takes no value"))),
            (Some(what), value) => match value.or_else(|| words.next()) {
                Some(value) => value,
                None => return Err(verb.usage(format!("{name} takes a value, {what}"))),
            },
        };
        args.values.insert(option.name, value);
    }
    match verb.word {
        Some(what) if args.word.is_none() => Err(verb.usage(format!("{what} is missing"))),
        _ => Ok(Request::Run(verb, args)),
    }
}

impl Verb {
    fn usage(&self, why: String) -> Failure {
        Failure::Usage(format!("{why}\n\n{}", self.help()))
    }

    fn help(&self) -> String {
        let word = self.word.map_or(String::new(), |word| format!(" {word}"));
        let options = if self.options.is_empty() { "" } else { " [OPTIONS]" };
        let mut text = format!("{}\n\nUsage: cargo xtask {}{word}{options}\n", self.summary, self.name);
        if !self.about.is_empty() {
            let _ = write!(text, "\n{}\n", self.about.trim());
        }
        let rows: Vec<_> = self.options.iter().map(|option| (option.shape(), option.about)).collect();
        if !rows.is_empty() {
            text += "\nOptions:\n";
            text += &table(&rows);
        }
        text
    }
}

fn help(verbs: &[&Verb]) -> String {
    let rows: Vec<_> = verbs.iter().map(|verb| (verb.name.to_string(), verb.summary)).collect();
    format!(
        "Everything that is done more than once in this repository.\n\nUsage: cargo xtask VERB\n\nVerbs:\n{}\n\
         `cargo xtask VERB --help` says more about one.\n",
        table(&rows)
    )
}

fn table(rows: &[(String, &str)]) -> String {
    let width = rows.iter().map(|(name, _)| name.trim_end().len()).max().unwrap_or(0);
    rows.iter().map(|(name, about)| format!("  {:width$}  {about}\n", name.trim_end())).collect()
}

fn is_help(word: &str) -> bool {
    matches!(word, "-h" | "--help" | "help")
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITE: Verb = Verb {
        name: "write",
        summary: "Writes.",
        about: "Writes things.",
        word: Some("NAME"),
        options: &[
            Opt::value("--days", "N", "how many"),
            Opt::value("--into", "DIR", "where to"),
            Opt::flag("--slowly", "with care"),
        ],
        run: |_| Ok(()),
    };

    /// What a line is read as, or the first line of what is said about it.
    #[track_caller]
    fn check(line: &str, expect: &str) {
        let found = match read(&[&WRITE], line.split_whitespace().map(String::from)) {
            Ok(Request::Help(text)) => format!("help: {}", text.lines().next().unwrap_or_default()),
            Ok(Request::Run(verb, args)) => match args.number("--days", 7u32) {
                Ok(days) => {
                    let slowly = if args.has("--slowly") { " slowly" } else { "" };
                    let into = args.text("--into").unwrap_or("-");
                    format!("{} {} {days} {into}{slowly}", verb.name, args.word())
                }
                Err(failure) => failure.to_string(),
            },
            Err(failure) => failure.to_string().lines().next().unwrap_or_default().to_string(),
        };
        assert_eq!(found, expect, "{line}");
    }

    #[test]
    fn lines_are_read_or_refused_with_the_reason() {
        check("write a", "write a 7 -");
        check("write --days 30 a --into x", "write a 30 x");
        check("write --days=1_000 a", "write a 1000 -");
        check("", "a verb is missing");
        check("wrote", "there is no verb `wrote`");
        check("write", "NAME is missing");
        check("write a b", "NAME is one word");
        check("write a --fast", "there is no option `--fast`");
        check("write a --days", "--days takes a value, N");
        check("write --slowly a", "write a 7 - slowly");
        check("write a --slowly --days 3", "write a 3 - slowly");
        check("write a --slowly=3", "--slowly takes no value");
        check("write a --days few", "--days takes a whole number, not `few`");
        check("--help", "help: Everything that is done more than once in this repository.");
        check("write --help", "help: Writes.");
    }

    #[test]
    fn help_lists_what_there_is() {
        let expect = "\
Writes.

Usage: cargo xtask write NAME [OPTIONS]

Writes things.

Options:
  --days N    how many
  --into DIR  where to
  --slowly    with care
";
        assert_eq!(WRITE.help(), expect);
    }
}
