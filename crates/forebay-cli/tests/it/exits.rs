//! Exit codes: one rule for every verb, by who has to act.

use super::desk::{Desk, PIPELINE};

#[test]
fn files_calls_and_what_is_away_have_a_code_each_and_the_highest_counts() {
    let desk = Desk::with_payments(3);
    desk.write("wrong.yaml", &PIPELINE.replace("path: in.jsonl", "pth: in.jsonl"));
    desk.write("later.yaml", &format!("{PIPELINE}  placement: {{ jurisdictions: [CH] }}\n"));
    desk.write("failing.yaml", &format!("{PIPELINE}{FAILING}"));
    desk.write("away.yaml", &format!("{PIPELINE}tests: {{ file: nowhere.yaml }}\n"));
    std::fs::write(desk.path("latin.yaml"), b"# caf\xe9\n").expect("a file");
    let mut wrong = String::new();
    for (arguments, code, part) in [
        // A file is wrong, or what ran failed.
        ("validate wrong.yaml", 1, "`file` has no field `pth`"),
        ("validate latin.yaml", 1, "it is not UTF-8"),
        ("plan later.yaml", 1, "FB0508"),
        ("run later.yaml", 1, "FB0508"),
        ("test failing.yaml", 1, "1 failed"),
        // The call is.
        ("validat pay.yaml", 2, "unrecognized subcommand"),
        ("validate pay.yaml --sett x=1", 2, "unexpected argument"),
        ("plan pay.yaml --lanes 0", 2, "invalid value '0'"),
        ("run pay.yaml --admin localhost:1", 2, "write an IP address and a port"),
        ("run pay.yaml --drain-deadline 5", 2, "the unit is missing"),
        ("run pay.yaml --drain-deadline -5s", 2, "invalid value '-5s'"),
        ("run pay.yaml pay.yaml --state here", 2, "--state DIR holds the state of one pipeline"),
        ("plan pay.yaml --set vars.large", 2, "gives no value"),
        ("test pay.yaml --set vars.none=1", 2, "there is no entry `none`"),
        ("validate pay.yaml --from txx=in.jsonl", 2, "there is no source `txx`"),
        ("validate pay.yaml --to out", 2, "has no `=`"),
        ("plan pay.yaml --set vars.large=abc", 2, "FB0131"),
        ("plan pay.yaml --set delivery=exactly_once --to out=-", 2, "FB0514"),
        ("validate pay.yaml --env prod", 2, "needs a folder `configs/`"),
        ("run pay.yaml --env prod", 2, "needs a folder `configs/`"),
        ("kinds windowfeatures", 2, "there is no kind"),
        ("schema windowfeatures", 2, "there is no kind"),
        ("explain FB9999", 2, "there is no code"),
        ("model show tiny", 2, "there is no model `tiny`"),
        ("new pay", 2, "pay.yaml exists"),
        // Something needed is away, whoever named it.
        ("validate nowhere.yaml", 3, "there is no such file"),
        ("plan nowhere.yaml", 3, "there is no such file"),
        ("test nowhere.yaml", 3, "there is no such file"),
        ("run nowhere.yaml", 3, "there is no such file"),
        ("validate away.yaml", 3, "there is no such file"),
        ("validate pay.yaml --configs nowhere", 3, "`nowhere` is no folder"),
        ("model ls --configs nowhere", 3, "`nowhere` is no folder"),
        ("run pay.yaml --from tx=nowhere.jsonl", 3, "`nowhere.jsonl` does not exist"),
        ("run pay.yaml --to *=/proc/nope/", 3, "none can be made there"),
        ("run pay.yaml --admin 192.0.2.1:1", 3, "the admin server cannot use"),
        // Of several the highest.
        ("validate wrong.yaml --set vars.none=1", 2, "there is no entry `none`"),
        ("validate wrong.yaml nowhere.yaml", 3, "there is no such file"),
        ("run pay.yaml --json", 0, ""),
    ] {
        let ended = desk.forebay(arguments);
        let said = format!("{}{}", ended.out, ended.err);
        if ended.code != Some(code) || !said.contains(part) {
            wrong.push_str(&format!("{arguments}: {:?} and not {code} with `{part}`:\n{said}\n", ended.code));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

const FAILING: &str = "tests:
  - name: one that fails
    input: { tx: [{ id: 1, card: 1, amount: 1.00, ts: 0 }] }
    expect: { out: [{ id: 1, decision: review }] }
";
