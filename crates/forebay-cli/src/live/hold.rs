//! `forebay pause PIPELINE` and `forebay resume PIPELINE`.

use serde_json::Value;

use super::find::find;
use super::{Refusal, client, ended};
use crate::args::Hold;
use crate::exit::Exit;
use crate::output::print;
use crate::table::count;

pub fn pause(args: &Hold) -> Exit {
    ended(ask(args, "pause"))
}

pub fn resume(args: &Hold) -> Exit {
    ended(ask(args, "resume"))
}

fn ask(args: &Hold, verb: &str) -> Result<Exit, Refusal> {
    let place = find(&args.pipeline, &args.at)?;
    let answer = place.patiently(|| client::order(place.admin, &place.pipeline, verb))?;
    let text = match args.at.json {
        true => format!("{answer:#}\n"),
        false => format!("{}: {}\n", place.pipeline, words(verb, &answer)),
    };
    print(&text);
    Ok(Exit::Good)
}

fn words(verb: &str, answer: &Value) -> String {
    let phase = answer["phase"].as_str().unwrap_or_default();
    let in_flight = answer["in_flight"].as_u64().unwrap_or_default();
    match (verb, answer["was_paused"].as_bool().unwrap_or_default()) {
        ("pause", true) => "it is paused already".to_string(),
        ("pause", false) if in_flight > 0 => {
            format!("paused; {} records in flight are brought to their end and committed", count(in_flight))
        }
        ("pause", false) => "paused; nothing is in flight".to_string(),
        (_, true) => "it goes on".to_string(),
        (_, false) => format!("it is not paused, it is {phase}"),
    }
}
