//! `forebay top [PIPELINE]`: what each node of a running pipeline does, looked at each second.
//!
//! A frame is worked out from two looks, as a value: it is what `--json` prints, and what the table is drawn from.

mod frame;
mod drawn;
mod screen;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::find::{Process, find, processes};
use super::{Quit, Refusal, ended};
use crate::args::{Top, Where};
use crate::exit::Exit;
use crate::output::{Paint, print};
use frame::Look;
use screen::Screen;

const EVERY: Duration = Duration::from_secs(1);

pub fn run(args: &Top) -> Exit {
    ended(show(args))
}

fn show(args: &Top) -> Result<Exit, Refusal> {
    let quit = Quit::on_signals();
    let only = match &args.pipeline {
        None => None,
        Some(target) => {
            let place = find(target, &args.at)?;
            Some((place.admin, place.pipeline))
        }
    };
    let mut looks: Vec<Look> = Vec::new();
    look(&args.at, only.as_ref(), &mut looks)?;
    if looks.is_empty() && only.is_none() {
        if !args.at.json {
            print("no pipeline runs\n");
        }
        return Ok(Exit::Good);
    }
    let mut screen = match args.at.json || args.once {
        true => None,
        false => Screen::open(),
    };
    let once = args.once || (screen.is_none() && !args.at.json);
    if let Some(screen) = &mut screen {
        screen.draw(&drawn::text(&frames(&looks), Paint::stdout()));
    }
    loop {
        let next = Instant::now() + EVERY;
        while Instant::now() < next && !quit.is_wanted() {
            let left = next.saturating_duration_since(Instant::now());
            match &mut screen {
                Some(screen) => {
                    if screen.is_left_within(left) {
                        return Ok(Exit::Good);
                    }
                }
                None => std::thread::sleep(left.min(Duration::from_millis(50))),
            }
        }
        if quit.is_wanted() {
            return Ok(Exit::Good);
        }
        look(&args.at, only.as_ref(), &mut looks)?;
        let frames = frames(&looks);
        match &mut screen {
            _ if args.at.json => frames.iter().for_each(|frame| print(&format!("{frame}\n"))),
            Some(screen) => screen.draw(&drawn::text(&frames, Paint::stdout())),
            None => print(&drawn::text(&frames, Paint::stdout())),
        }
        if once || frames.is_empty() {
            drop(screen);
            if frames.is_empty() && !args.at.json {
                print("no pipeline runs any more\n");
            }
            return Ok(Exit::Good);
        }
    }
}

fn frames(looks: &[Look]) -> Vec<Value> {
    looks.iter().map(Look::frame).collect()
}

/// Looks once more at everything that is meant. What is gone is left out.
fn look(at: &Where, only: Option<&(SocketAddr, String)>, looks: &mut Vec<Look>) -> Result<(), Refusal> {
    let mut before = std::mem::take(looks);
    for Process { admin, pipelines, said, .. } in processes(at)? {
        let is_meant =
            |name: &str| only.is_none_or(|(address, pipeline)| *address == admin && pipeline == name);
        for (name, file) in pipelines.iter().filter(|(name, _)| is_meant(name)) {
            let said = said.as_ref().map(|all| all.iter().find(|one| one["pipeline"] == **name));
            let last = before.iter().position(|look| look.admin == admin && look.pipeline == *name);
            let last = last.map(|last| before.swap_remove(last));
            looks.push(Look::after(last, admin, name, file, said));
        }
    }
    Ok(())
}
