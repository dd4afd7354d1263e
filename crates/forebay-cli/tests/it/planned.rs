//! What `plan` works out: of the file as it is printed with every default, and without regard to its tests.

use crate::desk::{Desk, PIPELINE};

/// A test that wants a column which `--set` takes out, and one in a file that is not there.
const TESTS: &str = "\
tests:
  - name: one
    input: { tx: [{ id: 1, card: 7, amount: 1.50, ts: 1000 }] }
    expect: { out: [{ decision: approve }] }
";

fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("p/pay.yaml", &format!("{PIPELINE}{TESTS}"));
    desk.write("in.jsonl", "");
    desk.write("p/in.jsonl", "");
    desk
}

#[test]
fn what_is_printed_means_the_same_beside_the_file() {
    let desk = desk();
    let outside = "--from tx=in.jsonl --to *=out/ --set vars.large=7.50";
    let text = desk.forebay(&format!("plan p/pay.yaml --resolved {outside}")).good().out;
    for line in [
        "        path: [\"../in.jsonl\"]  # --from",
        "        path: out/out.jsonl  # --to",
        "      format: json  # default",
        "    guarantee: exactly_once  # default",
        "    commit_every: 50ms  # default",
        "      delivery: exactly_once  # default",
        "        max_ahead: 1d  # default",
    ] {
        assert!(text.lines().any(|found| found == line), "`{line}` is not in\n{text}");
    }
    desk.write("p/saved.yaml", &text);
    let plan = |arguments: &str| desk.forebay(&format!("plan {arguments} --json")).good().json();
    assert_eq!(plan("p/saved.yaml"), plan(&format!("p/pay.yaml {outside}")));
    assert_eq!(
        plan("p/saved.yaml --set vars.large=8.00"),
        plan(&format!("p/pay.yaml {outside} --set vars.large=8.00"))
    );
}

#[test]
fn tests_matter_to_those_who_run_or_check_them() {
    let desk = desk();
    let narrow = "p/pay.yaml --set sinks.out.columns=[id]";
    desk.forebay(&format!("plan {narrow}")).good();
    desk.forebay(&format!("run {narrow} --to *=out/")).good();
    for verb in ["validate", "test"] {
        let refused = desk.forebay(&format!("{verb} {narrow}"));
        assert!(refused.code == Some(1) && refused.err.contains("FB0902"), "{verb}: {}", refused.err);
    }
    desk.write("p/pay.yaml", &format!("{PIPELINE}tests: [{{ file: nowhere.yaml }}]\n"));
    desk.forebay("plan p/pay.yaml").good();
    assert_eq!(desk.forebay("validate p/pay.yaml").code, Some(3));
}
