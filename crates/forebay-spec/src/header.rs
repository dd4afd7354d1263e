//! What every file begins with: `apiVersion` and `kind`.

use crate::grammar::API_VERSION;
use crate::read::Reader;
use crate::yaml::{Data, Plain, Tree, shorten};
use forebay_types::code;
use forebay_types::nearest::nearest;

/// The kinds of file, with what each describes and where it lies.
const KINDS: &[(&str, &str)] = &[
    ("Pipeline", "a file of its own"),
    ("Model", "configs/models/"),
    ("Connection", "configs/connections/"),
    ("Environment", "configs/env/"),
    ("PoP", "configs/pops/"),
];

/// Whether the file is of the wanted kind, or says nothing about it. What is wrong is reported and mended in
/// the tree, so that it is said once.
pub(crate) fn check(reader: &mut Reader<'_>, tree: &mut Tree, wanted: &str) -> bool {
    if !matches!(tree.data, Data::Map(_)) {
        let message = format!("expected `apiVersion`, `kind`, `metadata` and `spec`, found {}", tree.found());
        reader.error(&code::WRONG_TYPE, tree.span, message, "`forebay new` writes a first pipeline");
        return false;
    }
    if let Some((text, span)) = field(tree, "apiVersion")
        && text != API_VERSION
    {
        let message = format!("`{}` is no version of the format that this Forebay reads", shorten(&text));
        reader.error(&code::API_VERSION, span, message, format!("write `apiVersion: {API_VERSION}`"));
        mend(tree, "apiVersion", API_VERSION);
    }
    let Some((text, span)) = field(tree, "kind").filter(|(text, _)| text != wanted) else { return true };
    match KINDS.iter().find(|(kind, _)| *kind == text) {
        Some((kind, place)) => {
            let message = format!("this is a {kind}, and a {wanted} is expected here");
            reader.error(&code::FILE_KIND, span, message, format!("a {kind} lies in {place}"));
            false
        }
        None => {
            let near = nearest(&text, KINDS.iter().map(|(kind, _)| *kind));
            let help = format!("write `kind: {}`", near.unwrap_or(wanted));
            reader.error(
                &code::FILE_KIND,
                span,
                format!("there are no files of kind `{}`", shorten(&text)),
                help,
            );
            mend(tree, "kind", wanted);
            true
        }
    }
}

fn field(tree: &Tree, name: &str) -> Option<(String, forebay_types::Span)> {
    let value = tree.get(name).filter(|value| !value.is_null())?;
    Some((value.scalar()?.text.clone(), value.span))
}

fn mend(tree: &mut Tree, name: &str, right: &str) {
    if let Some(Tree { data: Data::Scalar(scalar), .. }) = tree.get_mut(name) {
        scalar.text = right.to_string();
        scalar.plain = Some(Plain::Text);
    }
}
