//! The demo through a real Kafka: one process feeds the stream to topics, one runs the pipeline as it stands, and one reads its
//! results back, each as any user would start it.
//!
//! Topics have no end, so the demo knows it: when everything that was fed is out, the pipeline is drained, Kafka is asked how many results
//! it has, and that many have to be read. All processes that read are ready before the first record is fed, and it is fed at a pace, and
//! paused where the pipeline does not keep up, so that transactions and chargebacks meet in the order in which they happened.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use forebay_testkit::card::{CHARGEBACKS, TRANSACTIONS};
use forebay_types::unit::count;

use super::cluster::{Cluster, SCORED};
use super::engine::Engine;
use super::show::Show;
use super::{Desk, LOOK_EVERY, PIPELINE, partial, plan};
use crate::failure::Failure;
use crate::shell;

const FEED: &str = "pipelines/demo/feed.yaml";
const RESULTS: &str = "pipelines/demo/results.yaml";

/// Where nobody has made the topics of results.
const MAKING_TOPICS: &str =
    "--set sinks.scored.kafka.create.partitions=4 --set sinks.dead.kafka.create.partitions=1";

/// When nothing has moved for so long, nothing will.
const PATIENCE: Duration = Duration::from_secs(60);

/// Days of the stream that may be in the topics and not yet in the pipeline before the feed is paused, and at which it goes on. A
/// chargeback comes a week after its transaction or later: so it is never there before it.
const FAR_DAYS: u64 = 5;
const NEAR_DAYS: u64 = 3;

/// How far it is.
enum Step {
    Feeding,
    /// So many records are in the topics.
    Scoring {
        fed: u64,
    },
    /// The pipeline has ended, and so many results are in the topic at least.
    Reading {
        published: u64,
    },
}

/// Everything that runs. Fields are dropped in this order: who needs Kafka ends before it.
struct Flow {
    feed: Engine,
    /// The feed is paused.
    is_held: bool,
    scoring: Engine,
    results: Engine,
    cluster: Cluster,
}

pub fn run(desk: &Desk) -> Result<(), Failure> {
    let cluster = Cluster::start(desk)?;
    tell!("{}", cluster.describe())?;
    let configs = ["--configs".to_string(), cluster.configs()];
    let arguments = [&configs[..], &set()].concat();
    let mut scoring = Engine::start(desk, PIPELINE, &arguments, None)?;
    scoring.ready(desk)?;
    let unfinished = desk.out.join(partial("scored"));
    let mut results = Engine::start(desk, RESULTS, &configs, Some(&unfinished))?;
    results.ready(desk)?;
    let feed = Engine::start(desk, FEED, &[&configs[..], &from(desk)].concat(), None)?;
    tell!("\nin another terminal: {} top card-fraud\n", shell::shown(&desk.forebay).display())?;
    let mut show = Show::begin(&desk.truth, desk.out.join("scored.jsonl"))?;
    let mut flow = Flow { feed, is_held: false, scoring, results, cluster };
    let ledger = flow.until_all_is_out(desk, &mut show)?;
    show.end(flow.scoring.last_look()?)?;
    let written = flow.cluster.messages(SCORED)?;
    flow.read_the_rest(desk, &mut show, written)?;
    flow.results.drain(desk)?;
    let finished = desk.out.join("scored.jsonl");
    fs::rename(&unfinished, &finished).map_err(Failure::io(format!("rename {}", unfinished.display())))?;
    let alerts = show.alerts();
    let verdict = verdict(desk.truth.transactions(), written, alerts.lines(), alerts.records());
    let verdict =
        verdict.map_err(|why| Failure::Fault(format!("{why}\n{ledger}{}", letters(desk, &arguments))))?;
    report(desk, &show, &ledger, &verdict, &arguments)
}

impl Flow {
    /// Gives the account of the pipeline when it has nothing more to do.
    fn until_all_is_out(&mut self, desk: &Desk, show: &mut Show<'_>) -> Result<String, Failure> {
        let mut step = Step::Feeding;
        let mut ledger = String::new();
        let mut moved = Moved::new();
        loop {
            let more = show.read()?;
            desk.go_on()?;
            self.results.check()?;
            let look = match step {
                Step::Reading { .. } => self.scoring.last_look()?,
                _ => {
                    self.scoring.check()?;
                    self.scoring.look()
                }
            };
            if show.is_due() {
                show.line(look)?;
            }
            step = match step {
                Step::Feeding => match self.feed.ended()? {
                    None => {
                        self.hold_back(desk, look.map_or(0, |look| look.taken));
                        Step::Feeding
                    }
                    Some(status) => {
                        self.feed.ledger(status)?;
                        let fed = self.feed.last_look()?.map_or(0, |look| look.published);
                        Step::Scoring { fed }
                    }
                },
                Step::Scoring { fed } => match look {
                    Some(look) if look.taken >= fed && look.in_flight == 0 => {
                        ledger = self.scoring.drain(desk)?;
                        let published = self.scoring.last_look()?.map_or(0, |look| look.published);
                        Step::Reading { published }
                    }
                    _ => step,
                },
                Step::Reading { published } if show.alerts().lines() >= published => return Ok(ledger),
                Step::Reading { .. } => step,
            };
            moved.check((look.map_or(0, |look| look.taken), show.alerts().lines()))?;
            if !more {
                thread::sleep(LOOK_EVERY);
            }
        }
    }

    /// Lets the feed run no further ahead than a chargeback is behind its transaction, however slow this machine is.
    fn hold_back(&mut self, desk: &Desk, taken: u64) {
        let a_day = desk.truth.transactions_a_day();
        let fed = self.feed.look().map_or(0, |look| look.published);
        let ahead = fed.saturating_sub(taken);
        if !self.is_held && ahead > FAR_DAYS * a_day {
            self.is_held = self.feed.order("pause");
        } else if self.is_held && ahead < NEAR_DAYS * a_day {
            self.is_held = !self.feed.order("resume");
        }
    }

    /// What came twice is behind what came first.
    fn read_the_rest(&mut self, desk: &Desk, show: &mut Show<'_>, written: u64) -> Result<(), Failure> {
        let mut moved = Moved::new();
        while show.read()? || show.alerts().lines() < written {
            desk.go_on()?;
            self.results.check()?;
            moved.check((0, show.alerts().lines()))?;
            thread::sleep(LOOK_EVERY / 10);
        }
        Ok(())
    }
}

/// What was seen last, and when it was new.
struct Moved {
    seen: (u64, u64),
    at: Instant,
}

impl Moved {
    fn new() -> Moved {
        Moved { seen: (0, 0), at: Instant::now() }
    }

    /// `seen`: records that were taken in, and results that were read.
    fn check(&mut self, seen: (u64, u64)) -> Result<(), Failure> {
        if seen != self.seen {
            *self = Moved { seen, at: Instant::now() };
        }
        match self.at.elapsed() < PATIENCE {
            true => Ok(()),
            false => Err(Failure::Fault(format!(
                "nothing has moved for {} s: {} records were taken in and {} results read back",
                PATIENCE.as_secs(),
                count(seen.0),
                count(seen.1)
            ))),
        }
    }
}

/// What the pipeline says otherwise than its file. One machine does what several would do here, so a record may wait for longer
/// than elsewhere before the model is left out for it.
fn set() -> Vec<String> {
    let set = ["scale=one", "delivery.guarantee=at_least_once", "slo.deadline=10s"];
    set.iter().flat_map(|set| ["--set", set]).map(String::from).collect()
}

fn from(desk: &Desk) -> Vec<String> {
    let (transactions, chargebacks) = (desk.generated(TRANSACTIONS), desk.generated(CHARGEBACKS));
    words(["--from", &format!("tx={transactions}"), "--from", &format!("chargebacks={chargebacks}")])
}

fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(String::from).to_vec()
}

/// Whether what went in came out, from what was counted: transactions that went in, messages in the topic of results, messages
/// read from it, and different transactions among those.
fn verdict(went_in: u64, written: u64, read: u64, different: u64) -> Result<String, String> {
    let counts = format!(
        "{} transactions went in, `{SCORED}` has {} messages, and {} were read back",
        count(went_in),
        count(written),
        count(read)
    );
    if read != written || different != went_in {
        return Err(format!("{counts}, of {} different transactions", count(different)));
    }
    Ok(match read - different {
        0 => format!("{counts}: each transaction once."),
        again => format!(
            "{counts}: each transaction, {} of them once more after a fault, under the same `stream` and `_seq` in their headers.",
            count(again)
        ),
    })
}

/// What the pipeline could not process, as far as it can be found out.
fn letters(desk: &Desk, arguments: &[String]) -> String {
    let mut list = shell::command(&desk.forebay);
    list.args(["dlq", "ls", PIPELINE]).args(arguments);
    let said = shell::output(&mut list).unwrap_or_else(|failure| failure.to_string());
    format!("\n$ {}\n{said}", shell::line(&list))
}

fn report(
    desk: &Desk,
    show: &Show<'_>,
    ledger: &str,
    verdict: &str,
    arguments: &[String],
) -> Result<(), Failure> {
    let forebay = shell::shown(&desk.forebay).display();
    tell!(
        "
p50 and p99 are those of the last ten seconds, from the arrival of a record at the pipeline to its being written to the sink.

{ledger}
{verdict}

{}

  {}   every result as it was read back from the topic
  {}   what each of the three processes said

Kafka and its topics end with the demo. The same by hand, with one that stays, each line from the second on in a terminal of its own:
  cargo xtask kafka start
  {forebay} run {FEED} --env local {}
  {forebay} run {PIPELINE} --env local {} {MAKING_TOPICS}
  {forebay} run {RESULTS} --env local
  {forebay} top card-fraud

Try next:
  {}
",
        show.quality(),
        desk.result("scored.jsonl"),
        desk.result("demo/*.log"),
        from(desk).join(" "),
        set().join(" "),
        plan(&desk.forebay, arguments),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(counts: [u64; 4], expect: Result<&str, &str>) {
        let [went_in, written, read, different] = counts;
        let found = verdict(went_in, written, read, different);
        let (Ok(found) | Err(found)) = match (&found, &expect) {
            (Ok(text), Ok(_)) | (Err(text), Err(_)) => Ok::<_, String>(text.clone()),
            _ => panic!("{found:?} for {counts:?}"),
        };
        let (Ok(end) | Err(end)) = expect;
        assert!(found.ends_with(end), "{found}");
    }

    #[test]
    fn what_went_in_has_to_come_out() {
        check([9, 9, 9, 9], Ok("9 were read back: each transaction once."));
        check(
            [9, 11, 11, 9],
            Ok("2 of them once more after a fault, under the same `stream` and `_seq` in their headers."),
        );
        check([9, 8, 8, 8], Err("8 were read back, of 8 different transactions"));
        check([9, 9, 9, 8], Err("of 8 different transactions"));
        check(
            [9, 10, 9, 9],
            Err("`scored` has 10 messages, and 9 were read back, of 9 different transactions"),
        );
    }
}
