//! The state against an obvious model of it: lists of events, every window counted out anew. Random streams
//! (out of order within a bound, ties, several keys, labels before, after and in vain) meet random seals, commits,
//! aborts, rollbacks and restores on one to three lanes; answers and images have to be the same.

use std::collections::BTreeMap;

use forebay_stage::key::hash_words;
use forebay_stage::types::Epoch;
use forebay_stage::{Shards, State};
use proptest::prelude::*;

use super::layout::{Form, KeyForm, Layout, Word};
use super::number::{Fixed192, fixed};
use super::shard::Key;
use super::state::{Arrival, Guess, Windows};
use super::sums;
use super::view::View;

const SHARDS: u32 = 3;
const OUT_OF_ORDER: i64 = 6;

#[derive(Clone, Debug)]
enum Step {
    Record {
        key: u8,
        ahead: i64,
        late: i64,
        id: u64,
        value: Option<i64>,
        amount: f64,
    },
    Label {
        key: u8,
        id: u64,
        ahead: i64,
        fraud: bool,
    },
    Seal,
    Commit,
    Abort,
    /// So many of the next steps happen in a call that fails.
    Fail(usize),
    Restore {
        lanes: u32,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let record = (0..4u8, 0..4i64, 0..=OUT_OF_ORDER, 0..200u64, proptest::option::of(-9..9i64), -4..4i32)
        .prop_map(|(key, ahead, late, id, value, amount)| Step::Record {
            key,
            ahead: if ahead == 3 { 30 } else { ahead },
            late,
            id,
            value,
            amount: f64::from(amount) * 0.1,
        });
    let label = (0..4u8, 0..200u64, 0..9i64, any::<bool>()).prop_map(|(key, id, ahead, fraud)| Step::Label {
        key,
        id,
        ahead,
        fraud,
    });
    prop_oneof![
        40 => record,
        12 => label,
        3 => Just(Step::Seal),
        2 => Just(Step::Commit),
        1 => Just(Step::Abort),
        2 => (1..6usize).prop_map(Step::Fail),
        1 => (1..4u32).prop_map(|lanes| Step::Restore { lanes }),
    ]
}

#[derive(Clone, Debug, PartialEq)]
struct Event {
    time: i64,
    id: u64,
    value: Option<i64>,
    amount: f64,
    fraud: bool,
}

/// What the state is meant to be.
#[derive(Clone, Default)]
struct Model {
    events: BTreeMap<u8, Vec<Event>>,
    waiting: BTreeMap<(u8, u64), (i64, bool)>,
    high: i64,
}

/// The windows of a record, as text.
type Answer = String;

impl Model {
    fn record(&mut self, layout: &Layout, key: u8, mut event: Event) -> Answer {
        if let Some((_, fraud)) = self.waiting.remove(&(key, event.id)) {
            event.fraud = fraud;
        }
        let events = self.events.entry(key).or_default();
        let at = events.partition_point(|e| e.time <= event.time);
        events.insert(at, event.clone());
        let last = event.time - layout.delay_ns;
        let windows = layout.windows_ns.iter().map(|n| {
            let inside: Vec<&Event> = events.iter().filter(|e| e.time > last - n && e.time <= last).collect();
            let values: Vec<i64> = inside.iter().filter_map(|e| e.value).collect();
            format!(
                "n {} sum {} of {} least {:?} greatest {:?} amounts {} frauds {} first {:?}",
                inside.len(),
                values.iter().sum::<i64>(),
                values.len(),
                values.iter().min(),
                values.iter().max(),
                inside.iter().map(|e| fixed(e.amount)).sum::<i128>(),
                inside.iter().filter(|e| e.fraud).count(),
                inside.first().map(|e| (e.time, e.id)),
            )
        });
        let answer = windows.collect::<Vec<_>>().join("\n");
        let bound = self.high - OUT_OF_ORDER - layout.reach_ns;
        events.retain(|e| e.time > bound);
        answer
    }

    fn label(&mut self, layout: &Layout, key: u8, id: u64, fraud: bool, time: i64) {
        let shard = |key: u8| shards(0, 1).of(hash(key));
        self.waiting.retain(|(other, _), (deadline, _)| shard(*other) != shard(key) || *deadline > time);
        let events = self.events.entry(key).or_default();
        match events.iter_mut().find(|e| e.id == id) {
            Some(event) => event.fraud = fraud,
            None => {
                self.waiting.insert((key, id), (time + layout.reach_ns, fraud));
            }
        }
    }
}

fn shards(lane: u32, lanes: u32) -> Shards {
    Shards { total: SHARDS, lane, lanes }
}

fn hash(key: u8) -> u64 {
    hash_words(&[key.into()])
}

fn layout(key: KeyForm, windows: &[i64], delay: i64) -> Layout {
    let word =
        |form, optional, extremes| Word { form, optional, summed: true, least: extremes, greatest: extremes };
    let words =
        vec![word(Form::Int, true, true), word(Form::Float, false, false), word(Form::Flag, false, false)];
    Layout::new(key, windows.to_vec(), delay, words, 2, true)
}

fn answer(layout: &Layout, view: &View<'_>) -> Answer {
    let windows = (0..layout.windows_ns.len()).map(|window| {
        let range = view.range(window);
        let values = view.sum(window, 0);
        let extreme = |which: usize, greatest: bool| match view.extreme(window, which) {
            u64::MAX => None,
            rank => Some(Form::Int.unrank(if greatest { !rank } else { rank }) as i64),
        };
        format!(
            "n {} sum {} of {} least {:?} greatest {:?} amounts {} frauds {} first {:?}",
            range.len(),
            sums::integer(values),
            values[2],
            extreme(0, false),
            extreme(1, true),
            Fixed192::get(view.sum(window, 1)).unwrap(),
            view.sum(window, 2)[0],
            (!range.is_empty()).then(|| {
                let event = view.events.event(range.start);
                (event[0] as i64, event[1])
            }),
        )
    });
    windows.collect::<Vec<_>>().join("\n")
}

/// The state on some lanes.
struct System {
    layout: Layout,
    lanes: Vec<Windows>,
}

impl System {
    fn new(layout: &Layout, lanes: u32) -> System {
        let lane = |lane| Windows::new(layout.clone(), shards(lane, lanes));
        System { layout: layout.clone(), lanes: (0..lanes).map(lane).collect() }
    }

    fn lane(&mut self, key: u8) -> &mut Windows {
        let lanes = self.lanes.len() as u32;
        &mut self.lanes[(shards(0, 1).of(hash(key)) % lanes) as usize]
    }

    fn with_key<R>(&mut self, key: u8, run: impl FnOnce(&mut Windows, Key<'_>) -> R) -> R {
        let text = format!("key number {key}");
        let form = self.layout.key;
        let windows = self.lane(key);
        match form {
            KeyForm::Words(_) => run(windows, Key::Words(&[u64::from(key)])),
            KeyForm::Text => run(windows, Key::Text(text.as_bytes())),
        }
    }

    fn record(&mut self, key: u8, event: &Event, high: i64) -> Answer {
        let absent = Form::Int.absent();
        let value = event.value.map_or(absent, |value| value as u64);
        let words = [event.time as u64, event.id, value, event.amount.to_bits(), 0];
        let layout = self.layout.clone();
        self.with_key(key, |windows, k| {
            let mut guess = [Guess::default()];
            windows.guess([hash(key)].into_iter(), &mut guess);
            let arrival =
                Arrival { key_hash: hash(key), key: k, event: &words, high, watermark: high - OUT_OF_ORDER };
            answer(&layout, &windows.take(guess[0], &arrival))
        })
    }

    fn label(&mut self, key: u8, id: u64, fraud: bool, time: i64) {
        let deadline = time + self.layout.reach_ns;
        self.with_key(key, |windows, k| windows.label((hash(key), k), id, &[fraud.into()], deadline, time));
    }

    fn seal(&mut self, epoch: Epoch) -> Vec<Vec<u8>> {
        let seal = |windows: &mut Windows| {
            let mut delta = Vec::new();
            windows.seal(epoch, &mut delta);
            delta
        };
        self.lanes.iter_mut().map(seal).collect()
    }

    fn images(&self) -> Vec<Vec<u8>> {
        let image = |shard| {
            let mut image = Vec::new();
            self.lanes.iter().for_each(|windows| windows.image(shard, &mut image));
            image
        };
        (0..SHARDS).map(image).collect()
    }

    fn restore(layout: &Layout, lanes: u32, images: &[Vec<u8>], deltas: &[Vec<u8>]) -> System {
        let mut system = System::new(layout, lanes);
        for windows in &mut system.lanes {
            for (shard, image) in images.iter().enumerate() {
                windows.load(shard as u32, image).unwrap();
            }
            deltas.iter().for_each(|delta| windows.apply(delta, &|_| true).unwrap());
        }
        system
    }
}

/// Runs steps on the state and on the model. `plain` leaves out what has no effect in the end.
struct Run {
    layout: Layout,
    system: System,
    model: Model,
    /// Models at the last commit and at the seals since.
    committed: Model,
    sealed: Vec<(Epoch, Model, Vec<Vec<u8>>)>,
    epoch: Epoch,
    images: Vec<Vec<u8>>,
    deltas: Vec<Vec<u8>>,
    /// What took effect, for the run without trouble.
    effective: Vec<Step>,
    effective_at: Vec<usize>,
}

impl Run {
    fn new(layout: Layout) -> Run {
        let system = System::new(&layout, 1);
        Run {
            images: system.images(),
            system,
            layout,
            model: Model::default(),
            committed: Model::default(),
            sealed: Vec::new(),
            epoch: Epoch(1),
            deltas: Vec::new(),
            effective: Vec::new(),
            effective_at: vec![0],
        }
    }

    fn work(&mut self, step: &Step) {
        match step {
            Step::Record { key, ahead, late, id, value, amount } => {
                self.model.high += ahead;
                let time = self.model.high - late;
                let event = Event { time, id: *id, value: *value, amount: *amount, fraud: false };
                let got = self.system.record(*key, &event, self.model.high);
                assert_eq!(got, self.model.record(&self.layout, *key, event), "{step:?}");
            }
            Step::Label { key, id, ahead, fraud } => {
                let time = self.model.high + ahead;
                self.system.label(*key, *id, *fraud, time);
                self.model.label(&self.layout, *key, *id, *fraud, time);
            }
            _ => unreachable!("work is records and labels"),
        }
        self.effective.push(step.clone());
    }

    fn seal(&mut self) {
        let deltas = self.system.seal(self.epoch);
        self.sealed.push((self.epoch, self.model.clone(), deltas));
        self.effective_at.push(self.effective.len());
        self.epoch = self.epoch.next();
    }

    fn commit(&mut self) {
        if !self.sealed.is_empty() {
            let (epoch, model, deltas) = self.sealed.remove(0);
            self.system.lanes.iter_mut().for_each(|windows| windows.committed(epoch));
            self.deltas.extend(deltas);
            self.committed = model;
            self.effective_at.remove(0);
        }
    }

    fn back_to_commit(&mut self) {
        self.model = self.committed.clone();
        self.sealed.clear();
        self.effective_at.truncate(1);
        self.effective.truncate(self.effective_at[0]);
    }

    fn run(&mut self, steps: &[Step]) {
        let mut steps = steps.iter();
        while let Some(step) = steps.next() {
            match step {
                Step::Record { .. } | Step::Label { .. } => self.work(step),
                Step::Seal => self.seal(),
                Step::Commit => self.commit(),
                Step::Abort => {
                    self.system.lanes.iter_mut().for_each(State::abort);
                    self.back_to_commit();
                }
                Step::Fail(count) => {
                    let before = (self.model.clone(), self.effective.len(), self.system.images());
                    let savepoints: Vec<_> = self.system.lanes.iter().map(State::savepoint).collect();
                    let work = steps
                        .clone()
                        .take(*count)
                        .filter(|s| matches!(s, Step::Record { .. } | Step::Label { .. }));
                    work.for_each(|step| self.work(step));
                    self.system
                        .lanes
                        .iter_mut()
                        .zip(savepoints)
                        .for_each(|(windows, to)| windows.rollback(to));
                    self.model = before.0;
                    self.effective.truncate(before.1);
                    assert_eq!(self.system.images(), before.2, "a rolled back call left something");
                }
                Step::Restore { lanes } => {
                    let restored = System::restore(&self.layout, *lanes, &self.images, &self.deltas);
                    self.system.lanes.iter_mut().for_each(State::abort);
                    assert_eq!(restored.images(), self.system.images(), "restored and undone differ");
                    self.images = restored.images();
                    self.deltas.clear();
                    self.system = restored;
                    self.back_to_commit();
                }
            }
        }
    }
}

fn check(layout: Layout, steps: &[Step]) {
    let mut run = Run::new(layout.clone());
    run.run(steps);
    let mut plain = Run::new(layout);
    plain.run(&run.effective.clone());
    assert_eq!(run.system.images(), plain.system.images(), "trouble on the way left something");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn short_windows(steps in proptest::collection::vec(step(), 1..300)) {
        check(layout(KeyForm::Words(1), &[1, 9, 40], 0), &steps);
    }

    #[test]
    fn with_a_delay_and_texts_as_keys(steps in proptest::collection::vec(step(), 1..300)) {
        check(layout(KeyForm::Text, &[20, 5], 12), &steps);
    }

    #[test]
    fn long_windows(steps in proptest::collection::vec(step(), 200..700)) {
        check(layout(KeyForm::Words(1), &[3000, 100], 0), &steps);
    }

    /// Bytes that are none of ours are refused and nothing else happens.
    #[test]
    fn damaged_images_are_refused_or_read(
        steps in proptest::collection::vec(step(), 1..60),
        at in any::<proptest::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let layout = layout(KeyForm::Text, &[9], 0);
        let mut run = Run::new(layout.clone());
        run.run(&steps.into_iter().filter(|s| matches!(s, Step::Record { .. } | Step::Label { .. })).collect::<Vec<_>>());
        let delta = run.system.seal(Epoch(1)).remove(0);
        for bytes in run.system.images().into_iter().chain([delta]) {
            let mut damaged = bytes.clone();
            let at = at.index(damaged.len());
            damaged[at] = byte;
            for bytes in [&damaged[..], &bytes[..at]] {
                let mut fresh = Windows::new(layout.clone(), shards(0, 1));
                let _ = fresh.load(0, bytes);
                let _ = fresh.apply(bytes, &|_| true);
            }
        }
    }
}

#[test]
fn keys_that_nobody_touches_are_swept() {
    let layout = layout(KeyForm::Words(1), &[10], 0);
    let mut system = System::new(&layout, 1);
    let event = |time| Event { time, id: 0, value: None, amount: 0.0, fraud: false };
    (0..200).for_each(|key| drop(system.record(key, &event(0), 0)));
    assert_eq!(system.lanes[0].size().0, 200);
    (0..400).for_each(|time| drop(system.record(200, &event(time), time)));
    let in_other_shards = system.lanes[0].size().0 - 1;
    let same =
        (0..200).filter(|key| shards(0, 1).of(hash(*key)) == shards(0, 1).of(hash(200))).count() as u64;
    assert_eq!(in_other_shards, 200 - same, "the records of a shard sweep that shard");
}
