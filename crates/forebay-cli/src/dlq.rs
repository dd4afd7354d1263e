//! `forebay dlq ls|show|replay FILE`: what a pipeline rejected, and sending it back. The pipeline need not run.

use std::collections::{BTreeMap, VecDeque};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use forebay_node::dlq::{DeadLetters, Filter, How, Letter, Replayed};
use forebay_node::{Error, Goal, Registry, load};
use forebay_types::code;
use forebay_types::unit::number_of;
use serde_json::{Value, json};

use crate::args::{self, DlqVerb, Letters};
use crate::diagnostics;
use crate::exit::Exit;
use crate::output::{Paint, print, refuse, say};
use crate::table::{count, table};

/// Characters of an example in a table.
const EXAMPLE: usize = 90;

pub fn run(args: &args::Dlq, registry: &Registry) -> Exit {
    match &args.verb {
        DlqVerb::Ls(letters) => with(letters, registry, |dead| list(dead, &letters.filter(), letters.json)),
        DlqVerb::Show(show) => with(&show.letters, registry, |dead| {
            let filter = Filter { position: show.position.clone(), ..show.letters.filter() };
            self::show(dead, &filter, show.limit, show.letters.json)
        }),
        DlqVerb::Replay(replay) => with(&replay.letters, registry, |dead| self::replay(dead, replay)),
    }
}

/// Calls with the dead letters of the file.
fn with(
    args: &Letters,
    registry: &Registry,
    call: impl FnOnce(&DeadLetters<'_>) -> Result<Exit, Error>,
) -> Exit {
    let goal = Goal::Plan(forebay_plan::Options::default());
    let loaded = load(registry, std::slice::from_ref(&args.file), &args.options(), &goal);
    let fault = diagnostics::exit(&loaded.report, &loaded.files, false);
    if fault != Exit::Good {
        diagnostics::show(&loaded.report, &loaded.files);
        return fault;
    }
    let Some(file) = loaded.pipelines.iter().find(|file| file.plan.is_some()) else {
        let message = format!("{} is no pipeline", args.file);
        return refuse(&Error::new(&code::NO_LETTERS, message)).max(Exit::Usage);
    };
    let called = DeadLetters::find(&loaded, file).and_then(|dead| call(&dead));
    called.unwrap_or_else(|error| refuse(&error))
}

/// Letters of one code and node.
struct Kind {
    count: u64,
    first: Option<i64>,
    last: Option<i64>,
    times: (String, String),
    example: String,
    source: String,
}

fn list(dead: &DeadLetters<'_>, filter: &Filter, as_json: bool) -> Result<Exit, Error> {
    let mut kinds: BTreeMap<(String, String), Kind> = BTreeMap::new();
    let unreadable = dead.read(filter, |letter| {
        let key = (letter.code.clone(), letter.node.clone());
        let kind = kinds.entry(key).or_insert_with(|| Kind {
            count: 0,
            first: None,
            last: None,
            times: Default::default(),
            example: String::new(),
            source: letter.source.clone(),
        });
        kind.count += 1;
        if kind.first.is_none_or(|first| letter.time_ms.is_some_and(|time| time < first)) {
            (kind.first, kind.times.0) = (letter.time_ms, letter.time());
        }
        if kind.last.is_none_or(|last| letter.time_ms.is_some_and(|time| time >= last)) {
            (kind.last, kind.times.1) = (letter.time_ms, letter.time());
            kind.example = letter.reason;
        }
    })?;
    if as_json {
        let all = kinds.iter().map(|((code, node), kind)| {
            json!({
                "code": code,
                "node": node,
                "source": kind.source,
                "count": kind.count,
                "first": kind.times.0,
                "last": kind.times.1,
                "example": kind.example,
            })
        });
        let all: Vec<Value> = all.collect();
        print(&format!("{:#}\n", json!({ "letters": all, "unreadable": unreadable })));
        return Ok(Exit::Good);
    }
    if kinds.is_empty() {
        print(&format!("{}: no letters\n", dead.shown()));
    } else {
        let mut rows =
            vec![["code", "node", "letters", "first", "last", "example"].map(str::to_string).to_vec()];
        rows.extend(kinds.into_iter().map(|((code, node), kind)| {
            let Kind { count: letters, times: (first, last), example, .. } = kind;
            vec![code, node, count(letters), seconds(&first), seconds(&last), cut(&example)]
        }));
        print(&table(&rows, &[2]));
    }
    odd(dead, unreadable);
    Ok(Exit::Good)
}

/// A time cut to seconds.
fn seconds(time: &str) -> String {
    match time.split_once('.') {
        Some((time, _)) => format!("{time}Z"),
        None => time.to_string(),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(EXAMPLE) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_string(),
    }
}

/// Says that there are things that are no letters.
fn odd(dead: &DeadLetters<'_>, unreadable: u64) {
    if unreadable > 0 {
        let what = number_of(unreadable as usize, "message or line");
        let text = format!("{what} in {} cannot be read as dead letters and were passed over", dead.shown());
        say(&format!(
            "{}: {text}\n",
            Paint::stderr().yellow(&format!("warning[{}]", code::LETTER_UNREADABLE.id))
        ));
    }
}

fn show(dead: &DeadLetters<'_>, filter: &Filter, limit: u64, as_json: bool) -> Result<Exit, Error> {
    let (mut newest, mut all) = (VecDeque::new(), 0);
    let unreadable = dead.read(filter, |letter| {
        all += 1;
        newest.push_back(letter);
        if newest.len() as u64 > limit {
            newest.pop_front();
        }
    })?;
    if as_json {
        newest.iter().for_each(|letter| print(&format!("{}\n", letter.json())));
        return Ok(Exit::Good);
    }
    let texts: Vec<String> = newest.iter().map(text).collect();
    match texts.is_empty() {
        true => print(&format!("{}: no such letters\n", dead.shown())),
        false => print(&texts.join("\n")),
    }
    if all > newest.len() as u64 {
        let shown = count(newest.len() as u64);
        say(&format!("the newest {shown} of {}; --limit N shows more\n", number_of(all as usize, "letter")));
    }
    odd(dead, unreadable);
    Ok(Exit::Good)
}

fn text(letter: &Letter) -> String {
    let mut rows = vec![
        vec!["node".to_string(), letter.node.clone()],
        vec!["reason".to_string(), letter.reason.clone()],
        vec!["record".to_string(), letter.origin()],
        vec!["source".to_string(), letter.source.clone()],
        vec!["time".to_string(), letter.time()],
    ];
    let bytes = |bytes: &Option<Vec<u8>>| match bytes {
        _ if letter.is_covered => Some("•••".to_string()),
        bytes => bytes.as_deref().map(readable),
    };
    rows.extend(bytes(&letter.key).map(|key| vec!["key".to_string(), key]));
    let value = bytes(&letter.bytes).unwrap_or_else(|| "not in the letter".into());
    rows.push(vec!["bytes".to_string(), value]);
    format!("{} {}\n{}", Paint::stdout().bold(&letter.place), letter.code, table(&rows, &[]))
}

/// Text as it is, and what would do something to a terminal escaped.
fn readable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .flat_map(|c| {
            let escaped: Box<dyn Iterator<Item = char>> = match c.is_control() {
                true => Box::new(c.escape_default()),
                false => Box::new(std::iter::once(c)),
            };
            escaped
        })
        .collect()
}

fn replay(dead: &DeadLetters<'_>, args: &args::Replay) -> Result<Exit, Error> {
    let how = How { again: args.again, dry_run: args.dry_run };
    let mut line = Line::default();
    let done = dead.replay(&args.letters.filter(), how, |done| line.show(done));
    line.clear();
    let done = done?;
    let total = done.total();
    if args.letters.json {
        let rows = done.sent.iter().map(|((topic, code, node), of)| {
            json!({ "to": topic, "code": code, "node": node, "sent": of.sent, "gone": of.gone, "homeless": of.homeless })
        });
        let rows: Vec<Value> = rows.collect();
        let said = json!({
            "dry_run": args.dry_run,
            "sent": total.sent,
            "gone": total.gone,
            "homeless": total.homeless,
            "before": done.before,
            "unreadable": done.unreadable,
            "letters": rows,
        });
        print(&format!("{said:#}\n"));
    } else {
        print(&sum(&done, args.dry_run));
    }
    odd(dead, done.unreadable);
    if total.gone > 0 {
        let message = format!(
            "the messages of {} are not in their topics any more, and the letters do not hold them",
            number_of(total.gone as usize, "letter")
        );
        refuse(&Error::new(&code::LETTER_GONE, message));
    }
    if total.homeless > 0 {
        let message = format!(
            "{} are about records that came from no topic of this pipeline",
            number_of(total.homeless as usize, "letter")
        );
        refuse(&Error::new(&code::REPLAY_REFUSED, message));
    }
    Ok(if total.gone + total.homeless > 0 { Exit::Fault } else { Exit::Good })
}

fn sum(done: &Replayed, is_dry: bool) -> String {
    let total = done.total();
    let mut out = String::new();
    if !done.sent.is_empty() {
        let is_whole = total.gone + total.homeless == 0;
        let mut head = vec!["to", "code", "node", if is_dry { "to send" } else { "sent" }];
        head.extend(if is_whole { &[][..] } else { &["gone", "homeless"][..] });
        let mut rows = vec![head.into_iter().map(str::to_string).collect()];
        rows.extend(done.sent.iter().map(|((topic, code, node), of)| {
            let mut row = vec![topic.clone(), code.clone(), node.clone(), count(of.sent)];
            if !is_whole {
                row.extend([count(of.gone), count(of.homeless)]);
            }
            row
        }));
        out = table(&rows, &[3, 4, 5]);
    }
    let sent = number_of(total.sent as usize, "message");
    out.push_str(&match is_dry {
        true => format!("{sent} would be sent; nothing was\n"),
        false if total.sent == 0 => "nothing to send\n".to_string(),
        false => format!("{sent} sent back\n"),
    });
    if done.before > 0 {
        out.push_str(&format!(
            "{} were sent back before; --again sends them once more\n",
            count(done.before)
        ));
    }
    out
}

/// How far it is, on a line of a terminal that is written again and again.
#[derive(Default)]
struct Line {
    shown: Option<Instant>,
}

impl Line {
    fn show(&mut self, done: &Replayed) {
        let soon = self.shown.is_some_and(|shown| shown.elapsed() < Duration::from_millis(100));
        if !soon && std::io::stderr().is_terminal() {
            self.shown = Some(Instant::now());
            say(&format!("\r\x1b[2K{} …", number_of(done.total().sent as usize, "message")));
        }
    }

    fn clear(&mut self) {
        if self.shown.take().is_some() {
            say("\r\x1b[2K");
        }
    }
}
