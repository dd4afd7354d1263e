//! Encryption and login: a pipeline runs over each way in, and each mistake is an error with the name of the connection,
//! within seconds. Nothing that is printed holds a password.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use forebay_testkit::broker::{
    Broker, CLIENT_PRINCIPAL, Certificates, Listener, Options, Security, Tool, User,
};
use serde_json::Value;

use crate::desk::{Ended, Going, admin_of, announced, get, wait_for};
use crate::stand::{Change, Stand, drain};

/// In no name of anything, so that it can be searched for.
pub const PASSWORD: &str = "Xylophon-27.geheim";
const WRONG: &str = "Quittenbrot-3.falsch";
/// A mistake is said within this time, however busy the machine is.
const SOON: Duration = Duration::from_secs(25);

/// Users that may do nothing until a test lets them.
pub const RESTRICTED: usize = 5;

/// One broker for the tests of this file and of `rights`. `alice` and the client with a certificate may do everything.
pub fn broker() -> &'static Broker {
    static BROKER: OnceLock<Broker> = OnceLock::new();
    BROKER.get_or_init(|| {
        let restricted = (0..RESTRICTED).map(|number| User::new(&format!("user-{number}"), PASSWORD));
        let users = restricted.chain([User::new("alice", PASSWORD)]).collect();
        let everybody = format!("User:ANONYMOUS;User:alice;{CLIENT_PRINCIPAL}");
        let options = Options {
            security: Security::Secured { users, acls: true },
            properties: vec![("super.users".into(), everybody)],
            ..Options::default()
        };
        Broker::start(options).unwrap_or_else(|error| panic!("{error}"))
    })
}

fn certificates() -> &'static Certificates {
    broker().certificates().expect("a broker that is secured has them")
}

/// A stand whose connection has these fields behind `brokers`.
pub fn stand(listener: Listener, fields: &str) -> Stand {
    let stand = Stand::on(&broker().bootstrap(), 2);
    stand.connection(&format!("brokers: [\"{}\"]{fields}", broker().address(listener)));
    stand.pipeline(&Change::default());
    stand
}

pub fn tls() -> String {
    format!("ca: {}", certificates().ca.display())
}

fn mtls() -> String {
    let Certificates { client_certificate, client_key, .. } = certificates();
    format!("{}, certificate: {}, key: {}", tls(), client_certificate.display(), client_key.display())
}

pub fn login(tls: &str, mechanism: &str, user: &str) -> String {
    format!(
        ", tls: {{ {tls} }}, sasl: {{ mechanism: {mechanism}, user: {user}, password: \"${{secret:HERE}}\" }}"
    )
}

pub fn run(stand: &Stand, arguments: &str, password: Option<&str>) -> Going {
    let mut command = stand.desk.command(arguments);
    match password {
        Some(password) => command.env("FOREBAY_SECRET_HERE", password),
        None => command.env_remove("FOREBAY_SECRET_HERE"),
    };
    Going::start(&mut command)
}

#[track_caller]
pub fn keeps_quiet(ended: &Ended) {
    for secret in [PASSWORD, WRONG] {
        assert!(!ended.out.contains(secret) && !ended.err.contains(secret), "{}{}", ended.out, ended.err);
    }
}

#[test]
fn a_pipeline_runs_over_each_way_in() {
    let check = |listener, fields: &str| {
        let stand = stand(listener, fields);
        stand.pay(0..300);
        let going = run(&stand, "run pay.yaml", Some(PASSWORD));
        let out = stand.out(300);
        let ended = drain(going).good();
        assert_eq!(out.len(), 300, "{fields}");
        keeps_quiet(&ended);
    };
    check(Listener::Tls, &format!(", tls: {{ {} }}", tls()));
    check(Listener::Mtls, &format!(", tls: {{ {} }}", mtls()));
    check(Listener::SaslPlain, &login(&tls(), "plain", "alice"));
    check(Listener::SaslScram, &login(&tls(), "scram_sha_256", "alice"));
    check(Listener::SaslScram, &login(&tls(), "scram_sha_512", "alice"));
}

/// A run that ends at its start: with this code and exit code, and with these words in its message.
#[track_caller]
pub fn refuses(stand: &Stand, password: Option<&str>, code: &str, exit: i32, words: &[&str]) {
    let began = Instant::now();
    let ended = run(stand, "run pay.yaml", password).end();
    let took = began.elapsed();
    keeps_quiet(&ended);
    let refused = ended.refused();
    println!("{took:?} exit {:?}\n{refused}", ended.code);
    assert!(refused.starts_with(&format!("error[{code}]: ")), "{code} {words:?}\n{refused}{}", ended.err);
    for word in words {
        assert!(refused.contains(word), "{word}\n{refused}");
    }
    assert_eq!(ended.code, Some(exit), "{refused}");
    assert!(took < SOON, "{took:?}");
}

#[test]
fn a_login_that_is_refused_ends_the_run() {
    let check = |listener, fields: &str, password: &str, words: &[&str]| {
        let address = broker().address(listener);
        let words = [&["connection `here`", address.as_str()], words].concat();
        refuses(&stand(listener, fields), Some(password), "FB0872", 1, &words);
    };
    // The broker says the same of a user that it does not know.
    for user in ["alice", "mallory"] {
        for mechanism in ["scram_sha_256", "scram_sha_512"] {
            check(Listener::SaslScram, &login(&tls(), mechanism, user), WRONG, &["credentials"]);
        }
        check(Listener::SaslPlain, &login(&tls(), "plain", user), WRONG, &["Invalid username or password"]);
    }
    check(
        Listener::SaslPlain,
        &login(&tls(), "scram_sha_256", "alice"),
        PASSWORD,
        &["SCRAM-SHA-256", "PLAIN"],
    );
    check(Listener::SaslScram, &login(&tls(), "plain", "alice"), PASSWORD, &["PLAIN", "SCRAM-SHA-512"]);
}

/// Somebody changed the password while it ran: that is waited for, since it may be changed back, and nothing is lost.
#[test]
fn a_login_that_is_refused_later_is_waited_for() {
    let security = Security::Secured { users: vec![User::new("alice", PASSWORD)], acls: false };
    let mut broker =
        Broker::start(Options { security, ..Options::default() }).unwrap_or_else(|e| panic!("{e}"));
    let stand = Stand::on(&broker.bootstrap(), 2);
    let ca = broker.certificates().expect("a broker that is secured has them").ca.display().to_string();
    let fields = login(&format!("ca: {ca}"), "scram_sha_256", "alice");
    stand.connection(&format!("brokers: [\"{}\"]{fields}", broker.address(Listener::SaslScram)));
    stand.pipeline(&Change::default());
    let set_password = |broker: &Broker, password: &str| {
        let scram = format!("SCRAM-SHA-256=[password={password}]");
        let alter = ["--alter", "--entity-type", "users", "--entity-name", "alice", "--add-config", &scram];
        broker.tool(Tool::Configs, &alter).unwrap_or_else(|error| panic!("{error}"));
    };
    stand.pay(0..300);
    let going = run(&stand, "run pay.yaml", Some(PASSWORD));
    stand.out(300);
    set_password(&broker, WRONG);
    // Connections that are there go on until they break.
    broker.kill();
    broker.restart().unwrap_or_else(|error| panic!("{error}"));
    let why = wait_for("the login to be refused", || {
        let (_, shown) = get(&admin_of(&announced(&stand.desk)), "/pipelines");
        let shown: Value = serde_json::from_str(&shown).ok()?;
        let why = shown[0]["why"].as_str()?.to_string();
        (shown[0]["phase"] == "waiting" && why.contains("FB0872")).then_some(why)
    });
    assert!(why.contains("connection `here`") && why.contains("credentials"), "{why}");
    stand.pay(300..400);
    // The group gives it up meanwhile: it has to join again, and the first answer to that may be a refusal too.
    std::thread::sleep(Duration::from_secs(7));
    set_password(&broker, PASSWORD);
    stand.out(400);
    keeps_quiet(&drain(going).good());
}

#[test]
fn an_encryption_that_is_refused_ends_the_run() {
    let check = |listener, fields: &str, words: &[&str]| {
        let address = broker().address(listener);
        let words = [&["connection `here`", address.as_str()], words].concat();
        refuses(&stand(listener, fields), Some(PASSWORD), "FB0872", 1, &words);
    };
    let wrong = format!("ca: {}", certificates().wrong_ca.display());
    check(Listener::Tls, &format!(", tls: {{ {wrong} }}"), &["certificate verify failed", "`tls.ca`"]);
    check(Listener::Tls, ", tls: {}", &["certificate verify failed", "`tls.ca`"]);
    check(Listener::Mtls, &format!(", tls: {{ {} }}", tls()), &["`tls.certificate`"]);
    check(Listener::Tls, "", &["`tls`"]);
    check(Listener::SaslScram, "", &["`tls`"]);
    check(Listener::Plaintext, &format!(", tls: {{ {} }}", tls()), &["`tls`"]);
    // Encrypted, and nobody said who it is.
    check(Listener::SaslPlain, &format!(", tls: {{ {} }}", tls()), &["`sasl`"]);
}

#[test]
fn what_a_connection_names_and_is_not_there_ends_the_run_before_anything_is_asked() {
    let check = |fields: &str, password, code, exit, words: &[&str]| {
        let words = [&["connection `here`"], words].concat();
        refuses(&stand(Listener::Tls, fields), password, code, exit, &words);
    };
    check(", tls: { ca: /no/such/ca.pem }", None, "FB0879", 3, &["`/no/such/ca.pem`", "tls.ca"]);
    let Certificates { client_certificate, client_key, .. } = certificates();
    let (certificate, key) = (client_certificate.display(), client_key.display());
    check(
        &format!(", tls: {{ {}, certificate: /no/such.pem, key: {key} }}", tls()),
        None,
        "FB0879",
        3,
        &["`/no/such.pem`", "tls.certificate"],
    );
    check(
        &format!(", tls: {{ {}, certificate: {certificate}, key: /no/such.key }}", tls()),
        None,
        "FB0879",
        3,
        &["`/no/such.key`", "tls.key"],
    );
    check(&format!(", tls: {{ {}, certificate: {certificate} }}", tls()), None, "FB0879", 1, &["`tls.key`"]);
    // A file that is there and is no certificate.
    check(
        &format!(", tls: {{ {}, certificate: {key}, key: {key} }}", tls()),
        None,
        "FB0879",
        1,
        &["tls.certificate"],
    );
    check(&login(&tls(), "plain", "alice"), None, "FB0870", 3, &["the secret `HERE`", "FOREBAY_SECRET_HERE"]);
}
