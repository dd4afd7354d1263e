//! The model store, with the real pip and wheels that the tests make: nothing here needs a network.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use common::{Cards, sum};
use forebay_onnx::{Error, LocalModels, Step, Store};
use forebay_stage::ModelFiles as _;
use forebay_stage::types::card::{Card, Source};

/// `printf 'the bytes of a model' | sha256sum`
const DIGEST: &str = "68d18a506016639d3a8274be1d740a81afb482ffbfad7e4c3e10a5a32fd04840";
const BYTES: &str = "the bytes of a model";
const MEMBER: &str = "tiny/model.onnx";

/// A directory with a wheel, a Python that finds nothing else, and an empty store.
struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    /// `before_pip` is a line of shell that runs before each pip.
    fn new(before_pip: &str) -> Place {
        let place = Place { dir: tempfile::tempdir().unwrap() };
        let make = "
import sys, zipfile
with zipfile.ZipFile(sys.argv[1] + '/tiny-1.0-py3-none-any.whl', 'w') as wheel:
    wheel.writestr(sys.argv[2], sys.argv[3])
    info = 'tiny-1.0.dist-info/'
    wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(info + 'RECORD', '')
";
        let status =
            Command::new("python3").args(["-c", make]).arg(place.path("")).args([MEMBER, BYTES]).status();
        assert!(status.unwrap().success());
        let script = format!(
            "#!/bin/sh\nexport PIP_NO_INDEX=1 PIP_FIND_LINKS={dir}\ncase \"$*\" in *-m\\ pip*) echo pip >> {dir}/log; \
             {before_pip} ;; esac\nexec python3 \"$@\"\n",
            dir = place.path("").display()
        );
        fs::write(place.path("python"), script).unwrap();
        fs::set_permissions(place.path("python"), fs::Permissions::from_mode(0o755)).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn store(&self) -> Store {
        Store::new(self.path("cache")).with_python(self.path("python"))
    }

    /// How often pip has run.
    fn pips(&self) -> usize {
        fs::read_to_string(self.path("log")).map_or(0, |log| log.lines().count())
    }

    /// Files of the store that are neither models nor locks.
    fn left_over(&self) -> Vec<PathBuf> {
        let tmp = fs::read_dir(self.path("cache/tmp"));
        tmp.map_or(Vec::new(), |entries| entries.map(|entry| entry.unwrap().path()).collect())
    }
}

fn package(name: &str, version: &str, member: &str, sha256: &str) -> Card {
    let source = Source::Package { name: name.into(), version: version.into(), member: member.into() };
    Card { source, sha256: sha256.into(), ..sum() }
}

fn tiny() -> Card {
    package("tiny", "1.0", MEMBER, DIGEST)
}

fn pull(store: &Store, card: &Card) -> Result<PathBuf, Error> {
    store.pull(card, &mut |_| {})
}

/// A pull that fails, with these words in its error and nothing left behind.
#[track_caller]
fn fails(place: &Place, store: &Store, card: &Card, code: &str, words: &[&str]) {
    let error = pull(store, card).expect_err("the pull fails");
    let text = error.to_string();
    assert_eq!(error.code().id, code, "{text}");
    words.iter().for_each(|word| assert!(text.contains(word), "`{word}` in: {text}"));
    assert_eq!((place.left_over(), store.find(card)), (vec![], None));
}

#[test]
fn a_file_is_fetched_once_and_found_afterwards() {
    let (place, card) = (Place::new(""), tiny());
    let store = place.store();
    assert_eq!(store.find(&card), None);
    assert_eq!(store.verify(&card).unwrap_err().code().id, "FB0831");
    let mut steps = Vec::new();
    let path =
        store.pull(&card, &mut |progress| steps.push((progress.what.to_string(), progress.step))).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), BYTES);
    assert_eq!(path, place.path("cache/sha256").join(&DIGEST[..2]).join(&DIGEST[2..]));
    assert_eq!((store.find(&card), store.path(&card)), (Some(path.clone()), path.clone()));
    assert!(steps.iter().all(|(what, _)| what == "sum@1"));
    assert!(matches!(steps[0].1, Step::Fetching { .. }), "{steps:?}");
    assert_eq!([steps[steps.len() - 2].1, steps[steps.len() - 1].1], [Step::Unpacking, Step::Checking]);
    assert!(fs::metadata(&path).unwrap().permissions().readonly());
    assert_eq!(pull(&store, &card).unwrap(), path);
    assert_eq!((place.pips(), place.left_over()), (1, vec![]));
}

#[test]
fn a_damaged_file_is_named_and_replaced_by_the_next_pull() {
    let (place, card) = (Place::new(""), tiny());
    let store = place.store();
    let path = pull(&store, &card).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&path, "the bytes").unwrap();
    let error = store.verify(&card).unwrap_err();
    let text = error.to_string();
    assert_eq!(error.code().id, "FB0832");
    for word in [path.to_str().unwrap(), DIGEST, "`forebay model pull sum@1`"] {
        assert!(text.contains(word), "`{word}` in: {text}");
    }
    assert_eq!(pull(&store, &card).unwrap(), path);
    assert_eq!((fs::read_to_string(&path).unwrap(), place.pips()), (BYTES.to_string(), 2));
    store.verify(&card).unwrap();
}

#[test]
fn what_cannot_be_fetched_says_why_and_what_to_do() {
    let place = Place::new("");
    let store = place.store();
    let check = |card: Card, code, words: &[&str]| fails(&place, &store, &card, code, words);
    let wrong = "0".repeat(64);
    check(package("tiny", "1.0", MEMBER, &wrong), "FB0832", &[&wrong, DIGEST, MEMBER, "tiny 1.0"]);
    check(
        package("tiny", "2.0", MEMBER, DIGEST),
        "FB0833",
        &["tiny 2.0", "pip said:", "tiny==2.0", "version"],
    );
    check(package("small", "1.0", MEMBER, DIGEST), "FB0833", &["small 1.0", "No matching distribution"]);
    check(package("tiny", "1.0", "other/model.onnx", DIGEST), "FB0833", &["no member", "nearest", MEMBER]);
    check(package("--index-url=x", "1", MEMBER, DIGEST), "FB0833", &["no name and version of a package"]);
    check(
        package("tiny", "1.0 @ file:///x", MEMBER, DIGEST),
        "FB0833",
        &["no name and version of a package"],
    );
    for no_digest in ["../../../x", "../../a/b", ""] {
        check(package("tiny", "1.0", MEMBER, no_digest), "FB0832", &[no_digest, DIGEST]);
    }
}

#[test]
fn without_python_or_pip_the_error_says_what_to_install() {
    let place = Place::new("");
    let store = place.store().with_python(place.path("nothing"));
    fails(&place, &store, &tiny(), "FB0833", &["there is no `", "nothing`", "apt-get install python3-pip"]);
    let place = Place::new("echo '/usr/bin/python3: No module named pip' >&2; exit 1");
    fails(&place, &place.store(), &tiny(), "FB0833", &["has no pip", "apt-get install python3-pip"]);
    let place = Place::new("echo 'ERROR: 401 for https://me:secret@index.example/simple' >&2; exit 1");
    fails(&place, &place.store(), &tiny(), "FB0833", &["pip said: 401 for https://•••@index.example/simple"]);
}

#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let place = Place::new("");
    fs::write(place.path("file"), "").unwrap();
    let store = Store::new(place.path("file/cache")).with_python(place.path("python"));
    fails(&place, &store, &tiny(), "FB0834", &["file/cache", "FOREBAY_CACHE"]);
}

#[test]
fn a_file_of_a_card_is_used_where_it_lies() {
    let place = Place::new("");
    let store = place.store();
    fs::write(place.path("model.onnx"), BYTES).unwrap();
    let file = place.path("model.onnx");
    let card = |sha256: &str| Card {
        source: Source::File(file.display().to_string()),
        sha256: sha256.into(),
        ..sum()
    };
    assert_eq!(pull(&store, &card(DIGEST)).unwrap(), file);
    let wrong = "1".repeat(64);
    let error = pull(&store, &card(&wrong)).unwrap_err();
    assert_eq!(error.code().id, "FB0832");
    for word in [&wrong, DIGEST, file.to_str().unwrap(), "mend `source` and `sha256` of the card"] {
        assert!(error.to_string().contains(word), "`{word}` in: {error}");
    }
    fs::remove_file(&file).unwrap();
    assert_eq!(pull(&store, &card(DIGEST)).unwrap_err().code().id, "FB0831");
    assert!(!place.path("cache").exists(), "the store is not touched for it");
}

#[test]
fn a_pipeline_gets_checked_files_only() {
    let place = Place::new("");
    let store = place.store();
    let cards = Cards(vec![tiny(), Card { version: Some("2".into()), ..tiny() }]);
    let models = LocalModels { cards: &cards, store: &store };
    let code = |name| models.file(name).unwrap_err().code.id;
    assert_eq!([code("sum@1"), code("sum"), code("none")], ["FB0831", "FB0621", "FB0620"]);
    let path = pull(&store, &tiny()).unwrap();
    let file = models.file("sum@2").unwrap();
    assert_eq!((file.path, file.card.version.as_deref()), (path, Some("2")));
}

/// Not a test of its own: the other process of the tests below.
#[test]
#[ignore = "run by other tests"]
fn pull_in_a_child() {
    let place = PathBuf::from(std::env::var_os("PLACE").expect("set by the test that runs this"));
    let store = Store::new(place.join("cache")).with_python(place.join("python"));
    let mut waited = false;
    store.pull(&tiny(), &mut |progress| waited |= progress.step == Step::Waiting).unwrap();
    fs::write(place.join(format!("done-{}", std::process::id())), waited.to_string()).unwrap();
}

fn child(place: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "pull_in_a_child", "--ignored"]).env("PLACE", place);
    command.stdout(std::process::Stdio::null()).spawn().unwrap()
}

#[test]
fn processes_that_pull_at_once_take_turns_and_fetch_once() {
    let place = Place::new("sleep 0.5");
    let children: Vec<Child> = (0..3).map(|_| child(place.dir.path())).collect();
    let mut waited = Vec::new();
    for mut child in children {
        assert!(child.wait().unwrap().success());
        waited.push(fs::read_to_string(place.path(&format!("done-{}", child.id()))).unwrap());
    }
    waited.sort();
    assert_eq!((place.pips(), waited.join(" ")), (1, "false true true".to_string()));
    assert_eq!(place.left_over(), Vec::<PathBuf>::new());
    place.store().verify(&tiny()).unwrap();
}

#[test]
fn threads_that_pull_at_once_take_turns_and_fetch_once() {
    let place = Place::new("");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| pull(&place.store(), &tiny()).unwrap());
        }
    });
    assert_eq!(place.pips(), 1);
}

#[test]
fn a_pull_that_was_killed_leaves_nothing_half() {
    // The first pip leaves a file and hangs; it ends by itself when the killed process is long gone.
    let place =
        Place::new("[ $(wc -l < $PIP_FIND_LINKS/log) = 1 ] && { echo half > half; sleep 2; exit 1; }");
    let mut child = child(place.dir.path());
    let half = place.path("cache/tmp").join(DIGEST).join("half");
    let start = Instant::now();
    while !half.exists() {
        assert!(start.elapsed() < Duration::from_secs(20), "the child has begun");
        thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let store = place.store();
    assert_eq!(store.find(&tiny()), None);
    pull(&store, &tiny()).unwrap();
    store.verify(&tiny()).unwrap();
    assert_eq!((place.pips(), place.left_over()), (2, vec![]));
}
