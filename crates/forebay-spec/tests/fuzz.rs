//! No text makes the reader panic, and none takes it long.

mod support;

use forebay_spec::{Around, Configs, MemoryLoader, Options, check_config, resolved};
use forebay_types::{Files, Report};
use proptest::prelude::*;
use support::{read, whole};

const VALID: &str = r#"
vars: { limit: { type: f64, default: 0.9 }, home: { type: string, default: out } }
lists: { blocked: { file: lists/b.csv, column: terminal_id, type: u64, reload: 10s } }
slo: &slo { deadline: 200ms, from: arrival, objective: 99.9%, on_late: publish }
delivery: { guarantee: exactly_once, commit_every: 50ms }
sources:
  tx:
    file: { path: "in.jsonl", rate: 5/s, track: "${stream:track}" }
    format: json
    schema: { a: i64, "y": { type: struct, fields: { é: decimal(2) } }, ts: timestamp(ms) }
    event_time: { column: ts, out_of_order: 10s }
    slo: *slo
stages:
  more: { input: tx, where: "a > 1 && x in [1, 2]", set: { b: "= a + 1", c: 'it''s', d: null } }
  rules:
    input: { main: more, labels: [tx.rejected] }
    rules:
      first:
        - { name: r, when: "a > vars.limit", set: { e: review } }
      else:
        e: |
          two
          lines
sinks:
  out: { input: rules, file: { path: "${var:home}/${time:%Y}.jsonl", password: "${secret:P}" }, columns: [a, b] }
placement: { prefer: { money: 1 }, crossings: { more: { as: durable, from: CH, to: EU, columns: a } } }
"#;

/// Files as users write them.
const REAL: &[&str] = &[
    include_str!("../../../pipelines/atm-guard.yaml"),
    include_str!("../../../pipelines/card-fraud.yaml"),
    include_str!("../../../pipelines/channel-qc.yaml"),
    include_str!("../../../pipelines/live-captions.yaml"),
    include_str!("../../../pipelines/people.yaml"),
];

const CONFIGS: &[(&str, &str)] = &[
    ("configs/models/card-fraud.yaml", include_str!("../../../configs/models/card-fraud.yaml")),
    ("configs/connections/payments-eu.yaml", include_str!("../../../configs/connections/payments-eu.yaml")),
    ("configs/env/prod.yaml", include_str!("../../../configs/env/prod.yaml")),
    ("configs/pops/zrh1.yaml", include_str!("../../../configs/pops/zrh1.yaml")),
];

type Cuts = Vec<(usize, usize, String)>;

fn cuts() -> impl Strategy<Value = Cuts> {
    prop::collection::vec((any::<usize>(), 0..12_usize, PIECES), 1..5)
}

/// Reads a text as a file, and prints whatever came of it.
fn survives(text: &str, set: &str) {
    let loader = MemoryLoader::default().with("test.yaml", text);
    let options = Options { set: vec![set.to_string()], from: vec![set.to_string()], ..Options::default() };
    let outcome = read(&loader, "test.yaml", &options);
    let _ = outcome.report.render(&outcome.files, false);
    let _ = outcome.loaded.as_ref().map(|loaded| resolved(loaded, &Around::default()));
}

fn mutated(file: &str, cuts: &[(usize, usize, String)]) -> String {
    let mut text = file.to_string();
    for (at, length, insert) in cuts {
        let from = text.floor_char_boundary(at % (text.len() + 1));
        let to = text.floor_char_boundary((from + length).min(text.len()));
        text.replace_range(from..to.max(from), insert);
    }
    text
}

const PIECES: &str =
    r#"[ -~]{0,6}|\n *|[\[\]{}:,#&*!|>'"%@`?-]|\t|\$\{[a-z]*:?|é|- |<<: |---\n|\r\n|&a |\*a|no|0x1|\.inf"#;

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}", set in "[a-z.=0-9]{0,20}") {
        survives(&text, &set);
        survives(&whole(&text), &set);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survives(&String::from_utf8_lossy(&bytes), "scale=one");
    }

    #[test]
    fn any_change_of_a_right_file_is_read_or_refused(
        cuts in cuts(),
        set in "(spec|vars|sources|stages|sinks|slo|placement)(\\.[a-z_0-9]{1,6}){0,5}=[ -~]{0,8}",
    ) {
        survives(&mutated(&whole(VALID), &cuts), &set);
    }

    #[test]
    fn any_change_of_a_real_file_is_read_or_refused(real in prop::sample::select(REAL), cuts in cuts()) {
        survives(&mutated(real, &cuts), "scale=one");
    }

    #[test]
    fn any_change_of_a_configuration_is_read_or_refused(
        config in prop::sample::select(CONFIGS),
        cuts in cuts(),
    ) {
        let (path, text) = config;
        let loader = MemoryLoader::default().with(path, &mutated(text, &cuts));
        let (mut files, mut report) = (Files::default(), Report::default());
        Configs::read(&mut files, &loader, "configs", &mut report);
        check_config(&mut files, &loader, path, &mut report);
        report.sort();
        let _ = report.render(&files, false);
    }
}

#[test]
fn the_file_that_is_changed_is_right() {
    let outcome =
        read(&MemoryLoader::default().with("test.yaml", &whole(VALID)), "test.yaml", &Options::default());
    assert_eq!(outcome.lines(), "");
}

#[test]
fn huge_deep_and_self_similar_files_are_refused_at_once() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let block: String = (0..400).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    let wide = format!("a: [{}]", "x, ".repeat(300_000));
    for (text, code) in
        [(deep, "FB0115"), (block, "FB0115"), ("a: b\n".repeat(300_000), "FB0117"), (wide, "FB0116")]
    {
        let outcome =
            read(&MemoryLoader::default().with("test.yaml", &text), "test.yaml", &Options::default());
        assert_eq!(outcome.codes(), [code]);
    }
}
