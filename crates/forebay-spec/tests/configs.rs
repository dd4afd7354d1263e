//! Files in `configs/`: how they are found, read and named.

mod support;

use forebay_spec::{Configs, MemoryLoader, check_config, configs_folder};
use forebay_types::card::{Batching, Card, Dim, Source};
use forebay_types::kind::{Models, NoCard};
use forebay_types::{Files, Report};

const SPEC: &str = "
  sha256: \"0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF\"
  licence: Apache-2.0
  inputs:
    - { tensor: input, type: f32, dims: [batch, 3], columns: [amount, night, { name: risk, null: 0 }] }
  outputs:
    - { tensor: probabilities, type: f32, dims: [batch, 2], columns: [{ name: score, at: 1 }] }
";

fn card(name: &str, version: &str, more: &str) -> String {
    format!(
        "apiVersion: forebay.dev/v1alpha1\nkind: Model\nmetadata: {{ name: {name} }}\nspec:\n  version: \"{version}\"{SPEC}{more}"
    )
}

const FILE: &str = "  source: { file: ../../models/fraud.onnx }\n  batch: { tolerance: 1e-5 }\n";
const PACKAGE: &str =
    "  source: { package: { name: voice, version: 0.0.73, member: voice/x.ort } }\n  batch: one\n";

fn read(loader: &MemoryLoader) -> (Configs, Vec<String>) {
    let (mut files, mut report) = (Files::default(), Report::default());
    let folder = configs_folder(loader, "team/pipelines/a.yaml").expect("a folder");
    let configs = Configs::read(&mut files, loader, &folder, &mut report);
    report.sort();
    (configs, report.diagnostics.iter().map(|d| format!("{} {}", d.code.id, d.message)).collect())
}

#[test]
fn a_card_reads_with_its_tensors_and_paths() {
    let loader = MemoryLoader::default().with("team/configs/models/fraud.yaml", &card("fraud", "3", FILE));
    let (configs, mistakes) = read(&loader);
    assert_eq!(mistakes, Vec::<String>::new());
    let card = configs.card("fraud@3").unwrap();
    assert_eq!(card, configs.card("fraud").unwrap());
    assert_eq!(card.source, Source::File("team/configs/models/../../models/fraud.onnx".into()));
    assert_eq!(card.batch, Batching::Tolerance(1e-5));
    assert_eq!(card.inputs[0].dims, [Dim::Any("batch".into()), Dim::Fixed(3)]);
    assert_eq!((card.inputs[0].columns[2].at, card.inputs[0].columns[2].null), (2, Some(0.0)));
    assert_eq!(card.outputs[0].columns[0].at, 1);
    assert!(card.sha256.ends_with("abcdef") && card.sha256.len() == 64);
}

#[test]
fn versions_lead_to_one_card() {
    let loader = MemoryLoader::default()
        .with("configs/models/fraud@3.yaml", &card("fraud", "3", FILE))
        .with("configs/models/fraud@4.yaml", &card("fraud", "4", PACKAGE))
        .with("configs/models/voice.yaml", &card("voice", "1", "  source: {}\n  batch: one\n"));
    let (configs, mistakes) = read(&loader);
    assert_eq!(mistakes, ["FB0606 the source of the model names neither `file` nor `package`"]);
    assert_eq!(configs.card("fraud@4").unwrap().batch, Batching::One);
    let known = vec!["fraud@3".to_string(), "fraud@4".to_string()];
    assert_eq!(configs.card("fraud"), Err(NoCard::Version { known: known.clone() }));
    assert_eq!(configs.card("fraud@5"), Err(NoCard::Version { known }));
    assert_eq!(configs.card("frad"), Err(NoCard::Unknown { near: Some("fraud".into()) }));
    assert_eq!(configs.card("voice"), Err(NoCard::Broken));
    assert_eq!(configs.cards().map(Card::label).collect::<Vec<_>>(), ["fraud@3", "fraud@4"]);
}

#[test]
fn two_cards_of_one_version_are_one_too_many() {
    let loader = MemoryLoader::default()
        .with("configs/models/fraud@3.yaml", &card("fraud", "3", FILE))
        .with("configs/models/fraud@4.yaml", &card("fraud", "3", FILE));
    assert_eq!(read(&loader).1, ["FB0609 there are two cards of `fraud@3`"]);
}

#[test]
fn every_mistake_of_every_file_is_said() {
    let head = "apiVersion: forebay.dev/v1alpha1\n";
    let loader = MemoryLoader::default()
        .with("configs/connections/a.yaml", &format!("{head}kind: Connection\nmetadata: {{ name: a }}\nspec: {{ kafka: {{ broker: x }}, pop: zrh }}\n"))
        .with("configs/pops/zrh1.yaml", &format!("{head}kind: PoP\nmetadata: {{ name: zrh1 }}\nspec: {{ hosts: {{ name: h, cores: 0, memory: 64 }} }}\n"))
        .with("configs/env/prod.yaml", &format!("{head}kind: Model\nmetadata: {{ name: prod }}\nspec: {{}}\n"))
        .with("configs/env/note.txt", "not ours");
    let mut codes: Vec<_> = read(&loader).1.iter().map(|line| line[..6].to_string()).collect();
    codes.sort();
    assert_eq!(codes, ["FB0124", "FB0125", "FB0201", "FB0203", "FB0205", "FB0604"]);
}

#[test]
fn a_configuration_file_is_checked_alone() {
    let loader =
        MemoryLoader::default().with("x.yaml", &card("fraud", "3", "  source: { file: a }\n  batch: on\n"));
    let (mut files, mut report) = (Files::default(), Report::default());
    check_config(&mut files, &loader, "x.yaml", &mut report);
    assert_eq!(report.diagnostics.iter().map(|d| d.code.id).collect::<Vec<_>>(), ["FB0113"]);
}
