//! `forebay ps`: every pipeline that this user runs on this machine, one a row.

use serde_json::{Value, json};

use super::client::Silent;
use super::ended;
use super::find::{Process, processes};
use crate::args::Ps;
use crate::exit::Exit;
use crate::output::{Paint, print};
use crate::table::{count, elapsed, table};

pub fn run(args: &Ps) -> Exit {
    ended(processes(&args.at).map(|processes| {
        let rows: Vec<Value> = processes.iter().flat_map(rows).collect();
        match args.at.json {
            true => print(&format!("{:#}\n", Value::Array(rows))),
            false if rows.is_empty() => print("no pipeline runs\n"),
            false => print(&text(&rows)),
        }
        Exit::Good
    }))
}

/// What is known of each pipeline of a process.
fn rows(process: &Process) -> Vec<Value> {
    let row = |pipeline: &str, file: &str, state: &str, why: Option<&str>| {
        json!({
            "pipeline": pipeline,
            "state": state,
            "why": why,
            "pid": process.pid,
            "admin": format!("http://{}", process.admin),
            "file": file,
        })
    };
    let all = |state: &str, why: Option<&str>| {
        let nameless = [("?".to_string(), String::new())];
        let known = if process.pipelines.is_empty() { &nameless[..] } else { &process.pipelines };
        known.iter().map(|(name, file)| row(name, file, state, why)).collect()
    };
    match &process.said {
        Err(Silent::Starting) => all("starting", None),
        Err(Silent::Away(why)) => all("no answer", Some(why)),
        Err(Silent::Refused(refusal)) => all("no answer", Some(&refusal.0.message)),
        Ok(said) => {
            let one = |one: &Value| {
                let text = |name: &str| one[name].as_str().unwrap_or_default();
                let mut row = row(text("pipeline"), text("file"), text("phase"), one["why"].as_str());
                row["seconds"] = one["elapsed_seconds"].clone();
                // What has ended does nothing now.
                row["per_second"] = if one["ended"] == true { json!(0) } else { one["per_second"].clone() };
                row["in_flight"] = one["ledger"]["total"]["in_flight"].clone();
                row["rejected"] = json!(rejected(&one["ledger"]["total"]));
                row
            };
            said.iter().map(one).collect()
        }
    }
}

/// Rejected records of an account, whatever the reason.
pub fn rejected(account: &Value) -> u64 {
    account["rejected"].as_object().into_iter().flat_map(|all| all.values()).filter_map(Value::as_u64).sum()
}

fn text(rows: &[Value]) -> String {
    let head = ["pipeline", "state", "records/s", "in flight", "rejected", "up", "pid", "admin", "file"];
    let number = |value: &Value| value.as_u64().map_or(String::new(), count);
    let cells = |row: &Value| -> Vec<String> {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_string();
        vec![
            text("pipeline"),
            text("state"),
            number(&row["per_second"]),
            number(&row["in_flight"]),
            number(&row["rejected"]),
            row["seconds"].as_f64().map_or(String::new(), elapsed),
            row["pid"].as_u64().map_or(String::new(), |pid| pid.to_string()),
            text("admin"),
            text("file"),
        ]
    };
    let all: Vec<Vec<String>> =
        [head.map(String::from).to_vec()].into_iter().chain(rows.iter().map(cells)).collect();
    let mut out = table(&all, &[2, 3, 4, 5, 6]);
    for row in rows {
        if let Some(why) = row["why"].as_str() {
            let name = row["pipeline"].as_str().unwrap_or_default();
            out.push_str(&format!("{} {name}: {why}\n", Paint::stdout().yellow("why")));
        }
    }
    out
}
