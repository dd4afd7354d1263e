//! What is seen while a demo runs: results are read as they come, judged, and a line of the table is printed now and then.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use forebay_types::unit::count;

use super::alerts::{self, Alerts, Truth};
use super::engine::Look;
use super::scored::Scored;
use super::table;
use crate::failure::Failure;

const LINE_EVERY: Duration = Duration::from_secs(1);

pub struct Show<'t> {
    truth: &'t Truth,
    scored: Scored,
    alerts: Alerts<'t>,
    began: Instant,
    next_line: Duration,
    /// Time and transactions at the last line.
    before: (Duration, u64),
    /// What was in flight then.
    in_flight: Option<u64>,
}

impl<'t> Show<'t> {
    /// Of the results in this file, which need not be there yet.
    pub fn begin(truth: &'t Truth, results: PathBuf) -> Result<Show<'t>, Failure> {
        tell!("\n{}\n", table::HEAD)?;
        Ok(Show {
            truth,
            scored: Scored::new(results),
            alerts: Alerts::new(truth),
            began: Instant::now(),
            next_line: LINE_EVERY,
            before: (Duration::ZERO, 0),
            in_flight: None,
        })
    }

    /// Reads what has come; whether there may be more.
    pub fn read(&mut self) -> Result<bool, Failure> {
        let alerts = &mut self.alerts;
        self.scored.read(|line| alerts.take(line))
    }

    pub fn is_due(&self) -> bool {
        self.began.elapsed() >= self.next_line
    }

    pub fn line(&mut self, look: Option<Look>) -> Result<(), Failure> {
        let elapsed = self.began.elapsed();
        tell!("{}\n", table::line(elapsed, self.before, &self.alerts, look))?;
        self.before = (elapsed, self.alerts.records());
        self.in_flight = look.map(|look| look.in_flight);
        self.next_line = elapsed + LINE_EVERY;
        Ok(())
    }

    /// The last line, where the one before it does not say the same.
    pub fn end(&mut self, look: Option<Look>) -> Result<(), Failure> {
        let is_said =
            (self.before.1, self.in_flight) == (self.alerts.records(), look.map(|look| look.in_flight));
        if is_said { Ok(()) } else { self.line(look) }
    }

    pub fn alerts(&self) -> &Alerts<'t> {
        &self.alerts
    }

    /// How good the scores were, in words.
    pub fn quality(&self) -> String {
        let Show { truth, alerts, .. } = self;
        let percent = |first: u32| format!("{:.0} %", 100.0 * alerts.precision(first).unwrap_or(0.0));
        format!(
            "\
{} of {} transactions are frauds. {} alerts were raised, {} of them right. Of the {} transactions with the highest
scores of each day {} are frauds, of the last 30 days {}: the stream begins without history, and a fraud is reported
about a week after it.",
            count(truth.frauds()),
            count(truth.transactions()),
            count(alerts.raised()),
            count(alerts.right()),
            alerts::A_DAY,
            percent(0),
            percent(alerts.days().saturating_sub(30)),
        )
    }
}
