//! `forebay test FILE…`: runs the tests that stand in pipeline files, and shows what is not as expected.

use forebay_node::trial::{self, Difference, Edit, Record, Trial, Trials, Verdict};
use forebay_node::{Error, Goal, Loaded, PipelineFile, Registry, load};
use forebay_types::unit::number_of;
use forebay_types::{Files, Severity};
use serde_json::{Value, json};

use crate::args::Test;
use crate::diagnostics;
use crate::exit::Exit;
use crate::output::{Paint, error_text, print, refuse};
use crate::table::{indented, time};

pub fn run(args: &Test, registry: &Registry) -> Exit {
    let mut loaded = load(registry, &args.files.files, &args.files.options(), &Goal::Check);
    let pipelines = &loaded.pipelines;
    loaded.report.diagnostics.retain(|diagnostic| {
        let specs = || pipelines.iter().filter_map(|file| file.spec.as_ref());
        let concerns = specs().all(|spec| trial::concerns_tests(&spec.pipeline, diagnostic));
        diagnostic.severity == Severity::Error && concerns
    });
    let mut sum = Sum::default();
    if loaded.report.errors() == 0 {
        for file in &loaded.pipelines {
            if let Err(error) = sum.file(args, registry, &loaded, file) {
                return refuse(&error);
            }
        }
    }
    if args.files.json {
        let mut value = diagnostics::json(&loaded.report, &loaded.files);
        value["tests"] = Value::Array(sum.json);
        value["passed"] = json!(sum.passed);
        value["failed"] = json!(sum.failed);
        value["skipped"] = json!(sum.skipped);
        print(&format!("{value:#}\n"));
    } else {
        diagnostics::show(&loaded.report, &loaded.files);
        match loaded.report.errors() {
            0 => print(&sum.text()),
            _ => diagnostics::sum(&loaded.report, args.files.files.len()),
        }
    }
    if let Err(error) = trial::accept(&loaded.files, &sum.edits) {
        return refuse(&error);
    }
    let failed = sum.failed + if args.strict { sum.skipped } else { 0 };
    let exit = if failed == 0 { Exit::Good } else { Exit::Fault };
    exit.max(diagnostics::exit(&loaded.report, &loaded.files, false))
}

/// What became of the tests so far.
#[derive(Default)]
struct Sum {
    passed: usize,
    failed: usize,
    skipped: usize,
    /// Outputs that were accepted as they came.
    accepted: usize,
    /// Whether some of what was accepted is sensitive.
    hidden: bool,
    edits: Vec<Edit>,
    json: Vec<Value>,
}

impl Sum {
    fn file(
        &mut self,
        args: &Test,
        registry: &Registry,
        loaded: &Loaded,
        file: &PipelineFile,
    ) -> Result<(), Error> {
        if !args.files.json {
            print(&format!("{}\n", Paint::stdout().bold(&file.path)));
        }
        let Trials { report, trials } = trial::run_tests(registry, loaded, file, &mut |trial| {
            self.count(args, trial);
            match args.files.json {
                true => self.json.push(as_json(&file.path, trial, &loaded.files)),
                false => print(&as_text(args, trial, &loaded.files)),
            }
        })?;
        if trials.is_empty() && report.errors() == 0 && !args.files.json {
            print("  no tests\n");
        }
        if report.errors() > 0 {
            self.failed += report.errors();
            match args.files.json {
                true => self.json.push(json!({
                    "file": file.path,
                    "verdict": "wrong",
                    "problems": diagnostics::json(&report, &loaded.files)["diagnostics"],
                })),
                false => diagnostics::show(&report, &loaded.files),
            }
        }
        Ok(())
    }

    fn count(&mut self, args: &Test, trial: &Trial) {
        match &trial.verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Skipped(_) => self.skipped += 1,
            Verdict::Failed(failure) if args.accept => {
                self.edits.extend(failure.edits.iter().cloned());
                self.accepted += failure.differences.len();
                let cells = failure.differences.iter().flat_map(|difference| &difference.records);
                let mut cells = cells.flat_map(|record| &record.cells);
                self.hidden |= cells.any(|cell| cell.sensitive && cell.differs && cell.got.is_some());
                // What is rejected without being expected has no place in the file.
                self.failed += usize::from(!failure.rejected.is_empty());
            }
            Verdict::Wrong(_) | Verdict::Stopped(_) | Verdict::Failed(_) => self.failed += 1,
        }
    }

    fn text(&self) -> String {
        let paint = Paint::stdout();
        let passed = format!("{} passed", self.passed);
        let failed = format!("{} failed", self.failed);
        let mut parts = vec![passed, if self.failed > 0 { paint.red(&failed) } else { failed }];
        if self.skipped > 0 {
            parts.push(paint.yellow(&format!("{} skipped", self.skipped)));
        }
        if self.accepted > 0 {
            parts.push(format!("{} accepted", number_of(self.accepted, "output")));
        }
        let hidden = if self.hidden { "\nsensitive values were written as `any`" } else { "" };
        format!("\n{}{hidden}\n", parts.join(", "))
    }
}

/// One line, and below it what was not as expected.
fn as_text(args: &Test, trial: &Trial, files: &Files) -> String {
    let paint = Paint::stdout();
    let (word, rest) = match &trial.verdict {
        Verdict::Passed => ("pass".to_string(), String::new()),
        Verdict::Skipped(why) if args.strict => (paint.red("FAIL"), format!("{why}\n")),
        Verdict::Skipped(why) => (paint.yellow("skip"), format!("{why}\n")),
        Verdict::Wrong(report) => (paint.red("FAIL"), report.render(files, paint.is_on())),
        Verdict::Stopped(error) => (paint.red("FAIL"), error_text(error, files, paint)),
        Verdict::Failed(failure) => {
            let is_taken = args.accept && failure.rejected.is_empty();
            let word = if is_taken { paint.yellow("take") } else { paint.red("FAIL") };
            (word, failure.render(paint.is_on()))
        }
    };
    format!("  {word}  {}  ({})\n{}", trial.name, time(trial.took), indented(&rest, 8))
}

fn as_json(file: &str, trial: &Trial, files: &Files) -> Value {
    let mut value = json!({
        "file": file,
        "name": trial.name,
        "line": files.position(trial.span).line,
        "seconds": trial.took.as_secs_f64(),
    });
    let word = match &trial.verdict {
        Verdict::Passed => "passed",
        Verdict::Skipped(why) => {
            value["why"] = json!(why);
            "skipped"
        }
        Verdict::Wrong(report) => {
            value["problems"] = diagnostics::json(report, files)["diagnostics"].take();
            "wrong"
        }
        Verdict::Stopped(error) => {
            value["why"] = json!(error.to_string());
            value["code"] = json!(error.code.id);
            "stopped"
        }
        Verdict::Failed(failure) => {
            value["differences"] = failure.differences.iter().map(difference_json).collect();
            value["rejected"] = failure.rejected.iter().map(rejected_json).collect();
            "failed"
        }
    };
    value["verdict"] = json!(word);
    value
}

fn difference_json(difference: &Difference) -> Value {
    let record = |record: &Record| {
        let cells = record.cells.iter().map(|cell| {
            json!({
                "column": cell.column,
                "expected": cell.expected,
                "got": cell.got,
                "differs": cell.differs,
                "note": cell.note,
                "sensitive": cell.sensitive,
            })
        });
        json!({
            "expected_at": record.expected_at,
            "got_at": record.got_at,
            "place": record.place,
            "columns": cells.collect::<Value>(),
        })
    };
    json!({
        "output": difference.output,
        "expected": difference.expected,
        "got": difference.got,
        "records": difference.records.iter().map(record).collect::<Value>(),
    })
}

fn rejected_json(rejected: &trial::Rejected) -> Value {
    json!({
        "code": rejected.code,
        "reason": rejected.reason,
        "node": rejected.node,
        "stream": rejected.stream,
        "position": rejected.position,
    })
}
