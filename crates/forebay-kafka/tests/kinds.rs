//! What the kinds say of a pipeline file: the examples of this crate's codes.

use forebay_kafka::{SINK, SOURCE};
use forebay_spec::{Configs, MemoryLoader, Options, read_pipeline};
use forebay_stage::testing::schema;
use forebay_stage::types::kind::{Answer, Check, NoModels, Role, Scope};
use forebay_stage::types::{Files, Report, code};

const CONNECTION: &str = "\
apiVersion: forebay.dev/v1alpha1
kind: Connection
metadata: { name: payments }
spec: { kafka: { brokers: [\"localhost:9092\"] } }
";

/// Reads what stands under `spec` and lets both kinds check it; a sink gets a number and a list.
fn check(spec: &str) -> (Vec<&'static str>, String) {
    let text: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    let text = format!(
        "apiVersion: forebay.dev/v1alpha1\nkind: Pipeline\nmetadata: {{ name: test }}\nspec:\n{text}"
    );
    let loader =
        MemoryLoader::default().with("p.yaml", &text).with("configs/connections/payments.yaml", CONNECTION);
    let (mut files, mut report) = (Files::default(), Report::default());
    let configs = Configs::read(&mut files, &loader, "configs", &mut report);
    let kinds = &[&SOURCE, &SINK];
    let loaded =
        read_pipeline(&mut files, &loader, "p.yaml", kinds, &configs, &Options::default(), &mut report);
    for body in loaded.iter().flat_map(|loaded| loaded.pipeline.bodies()) {
        let (Some(kind), Some(config)) = (body.kind, &body.config) else { continue };
        let inputs = [(kind.role == Role::Sink).then(|| schema("id: u64, tags: list(u64)"))];
        let mut check = Check {
            name: &body.name.value,
            span: body.span,
            config,
            inputs: &inputs,
            scope: &Scope::default(),
            models: &NoModels,
            report: &mut report,
            answer: Answer::default(),
        };
        (kind.check)(&mut check);
    }
    report.sort();
    (report.diagnostics.iter().map(|diagnostic| diagnostic.code.id).collect(), report.render(&files, false))
}

#[test]
fn examples_give_their_code_and_mended_ones_do_not() {
    let mut seen = 0;
    for code in code::ALL.iter().filter(|code| ("FB0646".."FB0650").contains(&code.id)) {
        for example in code.examples {
            let (wrong, right) = (check(example.wrong), check(example.right));
            assert_eq!(wrong.0, [code.id], "{}", wrong.1);
            assert!(wrong.1.contains("help: "), "no cure: {}", wrong.1);
            assert_eq!(right.0, Vec::<&str>::new(), "{}", right.1);
            seen += 1;
        }
    }
    assert_eq!(seen, 3);
}
