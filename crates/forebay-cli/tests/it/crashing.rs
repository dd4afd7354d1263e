//! A stage that takes its whole process down at one record. This very test binary is the `forebay` that has such a stage, so
//! that parent and workers are real.

use std::process::Command;

use forebay_node::{Registry, factories};
use forebay_stage::batch::{Batch, Builder};
use forebay_stage::types::Kind;
use forebay_stage::types::kind::{Facts, MAIN, ONE, Role};
use forebay_stage::types::shape::{Field, Shape};
use forebay_stage::{Cx, Factory, Fault, Make, Stage};

use super::desk::{Desk, Ended, Going, PIPELINE};

/// The arguments of a `forebay` that this binary is to be.
const ARGUMENTS: &str = "FOREBAY_TEST_ARGUMENTS";

static KIND: Kind = Kind {
    name: "fragile",
    role: Role::Stage,
    summary: "Ends the process, or panics, at some records.",
    doc: "For tests.",
    fields: &[
        Field::default(
            "aborts_at",
            Shape::List(&Shape::Int { min: 0, max: i64::MAX }),
            "[]",
            "Values of `id`.",
        ),
        Field::default(
            "panics_at",
            Shape::List(&Shape::Int { min: 0, max: i64::MAX }),
            "[]",
            "Values of `id`.",
        ),
    ],
    inputs: MAIN,
    outputs: ONE,
    facts: Facts { adds: true, ..Facts::NONE },
    example: "input: tx\nfragile: { aborts_at: 7 }",
    check: |check| {
        check.read(0, ["id"]);
        check.gives(Vec::new());
    },
};

const FACTORY: Factory = Factory {
    kind: &KIND,
    make: Make::Stage(|build| {
        let id =
            build.inputs[0].as_ref().and_then(|schema| schema.get("id")).expect("the plan found it").addr;
        let ids = |name| {
            let ids = build.config.list(name).iter().map(|node| match node.value {
                forebay_stage::types::Value::Int(id) => id as u64,
                ref other => panic!("{other:?} is no id"),
            });
            ids.collect()
        };
        let (aborts_at, panics_at) = (ids("aborts_at"), ids("panics_at"));
        Ok(Box::new(Fragile { id, aborts_at, panics_at, none: Builder::new(&[]) }))
    }),
};

struct Fragile {
    id: forebay_stage::types::Addr,
    aborts_at: Vec<u64>,
    panics_at: Vec<u64>,
    /// The group of the columns that it adds, of which there are none.
    none: Builder,
}

impl Stage for Fragile {
    fn push(&mut self, cx: &mut Cx<'_>, _port: usize, batch: &Batch) -> Result<(), Fault> {
        let ids = batch.col(self.id).fixed::<u64>();
        for row in batch.rows().iter() {
            if self.aborts_at.contains(&ids[row]) {
                std::process::abort();
            }
            assert!(!self.panics_at.contains(&ids[row]), "the stage gives up at {}", ids[row]);
        }
        self.none.begin();
        cx.add(batch.rows().clone(), self.none.finish());
        Ok(())
    }
}

/// Not a test by itself: what this binary does as `forebay`.
#[test]
fn acts_as_forebay() {
    let Ok(arguments) = std::env::var(ARGUMENTS) else { return };
    let arguments = ["forebay"].into_iter().chain(arguments.split_whitespace()).map(Into::into);
    let exit = forebay_cli::call(arguments, &Registry::new(factories().into_iter().chain([FACTORY])));
    std::process::exit(exit as i32);
}

/// Runs the payments of a desk through a fragile stage.
fn run(desk: &Desk, fields: &str) -> Ended {
    let stage = format!("  stages:\n    weak: {{ input: tx, fragile: {{ {fields} }} }}");
    desk.write(
        "pay.yaml",
        &PIPELINE.replace("  stages:", &stage).replace("input: tx, window", "input: weak, window"),
    );
    let mut forebay = Command::new(std::env::current_exe().expect("this binary"));
    forebay
        .args(["--exact", "crashing::acts_as_forebay", "--nocapture"])
        .env(ARGUMENTS, "run pay.yaml --state state");
    Going::start(forebay.current_dir(desk.path("."))).end()
}

/// What comes out when these records are left out from the start.
fn without(records: u64, left_out: &[u64]) -> String {
    let desk = Desk::with_payments(records);
    let input = desk.read("in.jsonl");
    let kept =
        input.lines().filter(|line| !left_out.iter().any(|id| line.starts_with(&format!("{{\"id\":{id},"))));
    desk.write("in.jsonl", &kept.map(|line| format!("{line}\n")).collect::<String>());
    desk.forebay("run pay.yaml").good();
    desk.read("out.jsonl")
}

#[test]
fn a_record_that_crashes_its_worker_twice_is_set_aside() {
    let desk = Desk::with_payments(600);
    let ended = run(&desk, "aborts_at: 333").good();
    let restarts = ended.events("restarted");
    assert!(restarts.len() == 2 && restarts.iter().all(|event| event["crashed"] == true), "{}", ended.err);
    assert_eq!(desk.read("dead.jsonl"), "{\"code\":\"FB0774\",\"node\":\"tx\",\"position\":\"334\"}\n");
    assert!(desk.read("out.jsonl") == without(600, &[333]));
}

#[test]
fn several_such_records_cost_two_crashes_each_at_most() {
    let desk = Desk::with_payments(50);
    let ended = run(&desk, "aborts_at: [0, 1, 49]").good();
    assert!(ended.events("restarted").len() <= 6, "{}", ended.err);
    assert_eq!(desk.read("dead.jsonl").matches("FB0774").count(), 3);
    assert!(desk.read("out.jsonl") == without(50, &[0, 1, 49]));
}

#[test]
fn a_panic_rejects_its_record_and_needs_no_other_worker() {
    let desk = Desk::with_payments(600);
    let ended = run(&desk, "panics_at: [5, 333]").good();
    assert_eq!(ended.events("restarted").len(), 0, "{}", ended.err);
    assert_eq!(ended.events("panicked")[0]["panic"], "the stage gives up at 5");
    assert_eq!(desk.read("dead.jsonl").matches("\"code\":\"FB0773\",\"node\":\"weak\"").count(), 2);
    assert!(desk.read("out.jsonl") == without(600, &[5, 333]));
}
