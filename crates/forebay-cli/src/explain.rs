//! `forebay explain [CODE…]`: what a diagnostic code means, with a wrong file and the mended one.

use forebay_types::code::{self, Code};
use forebay_types::nearest::nearest;
use serde_json::{Value, json};

use crate::args::Explain;
use crate::exit::Exit;
use crate::output::{Paint, misuse, print};
use crate::table::{indented, table};

pub fn run(args: &Explain) -> Exit {
    let mut codes: Vec<&Code> = args.codes.iter().filter_map(|id| find(id)).collect();
    let all = args.codes.is_empty();
    if all {
        codes = code::ALL.to_vec();
    }
    let text = match (args.json, all) {
        (true, _) => format!("{:#}\n", codes.iter().map(|code| as_json(code)).collect::<Value>()),
        (false, true) => list(&codes),
        (false, false) => {
            codes.iter().map(|code| explain(code, Paint::stdout())).collect::<Vec<_>>().join("\n\n")
        }
    };
    if !codes.is_empty() {
        print(&text);
    }
    let unknown = args.codes.iter().filter(|id| find(id).is_none());
    unknown.map(|id| misuse(&no_code(id))).max().unwrap_or(Exit::Good)
}

/// `FB0842`, and `842` in short.
fn find(id: &str) -> Option<&'static Code> {
    let number = id.parse::<u16>().ok().map(|number| format!("FB{number:04}"));
    code::find(number.as_deref().unwrap_or(id))
}

fn no_code(id: &str) -> String {
    match nearest(&id.to_ascii_uppercase(), code::ALL.iter().map(|code| code.id)) {
        Some(near) => format!("there is no code `{id}`; did you mean {near}?"),
        None => format!("there is no code `{id}`; `forebay explain` lists all of them"),
    }
}

fn list(codes: &[&Code]) -> String {
    let rows: Vec<_> = codes.iter().map(|code| vec![code.id.to_string(), code.title.to_string()]).collect();
    table(&rows, &[])
}

fn explain(code: &Code, paint: Paint) -> String {
    let mut out = format!("{}\n\n{}\n", paint.bold(&format!("{}: {}", code.id, code.title)), code.text);
    for example in code.examples {
        out.push_str(&format!("\n{}\n{}", paint.red("Wrong"), indented(example.wrong, 4)));
        out.push_str(&format!("\n{}\n{}", paint.cyan("Right"), indented(example.right, 4)));
    }
    out
}

fn as_json(code: &Code) -> Value {
    let examples = code.examples.iter().map(|e| json!({ "wrong": e.wrong, "right": e.right }));
    json!({ "code": code.id, "title": code.title, "text": code.text, "examples": examples.collect::<Vec<_>>() })
}
