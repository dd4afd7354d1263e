//! `--set PATH=VALUE`: follows the path through the tree by the shapes and puts the value where it ends.

use super::put;
use crate::grammar;
use crate::nodes::{beside, section};
use crate::read::Reader;
use crate::yaml::{self, Data, Pair, Tree};
use forebay_types::code;
use forebay_types::kind::Role;
use forebay_types::shape::{Field, Shape};
use forebay_types::{Diagnostic, FileId, Kind, Span};

pub(super) fn set(
    reader: &mut Reader<'_>,
    spec: &mut Tree,
    kinds: &[&'static Kind],
    text: &str,
    file: FileId,
) {
    let whole = Span { file, start: 0, end: text.len() as u32 };
    let Some((path, value)) = text.split_once('=').filter(|(path, _)| !path.is_empty()) else {
        reader.error(
            &code::ARGUMENT,
            whole,
            format!("`--set {text}` gives no value"),
            "write `--set PATH=VALUE`",
        );
        return;
    };
    let Some(value) = yaml::parse_value(value, file, path.len() + 1, reader.report) else { return };
    let mut steps = Vec::new();
    let mut at = 0;
    for name in path.split('.') {
        steps.push(Step { name, span: Span { file, start: at as u32, end: (at + name.len()) as u32 } });
        at += name.len() + 1;
    }
    if let Some(wrong) = outside(&steps) {
        reader.report.push(*wrong);
        return;
    }
    // `vars.NAME` is the value of the var.
    if steps.len() == 2 && steps[0].name == "vars" {
        steps.push(Step { name: "default", span: steps[1].span });
    }
    let walk = Walk { kinds, value };
    if let Err(wrong) = walk.spec(spec, &steps) {
        reader.report.push(*wrong);
    }
}

#[derive(Clone, Copy)]
struct Step<'t> {
    name: &'t str,
    span: Span,
}

type Wrong = Box<Diagnostic>;

fn wrong(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(&code::ARGUMENT, span, message)
}

fn unknown(step: Step<'_>, what: &str, known: &[&str]) -> Wrong {
    wrong(step.span, format!("{what} `{}`", step.name)).meant(step.name, known.iter().copied()).into()
}

/// A path that begins at the top of the file.
fn outside(steps: &[Step<'_>]) -> Option<Wrong> {
    let (first, rest) = steps.split_first()?;
    let is_top = grammar::TOP.iter().any(|field| field.name == first.name);
    if !is_top {
        return None;
    }
    let names: Vec<&str> = rest.iter().map(|step| step.name).collect();
    let (message, help) = match (first.name, names.is_empty()) {
        ("spec", false) => {
            ("paths start inside `spec`".to_string(), format!("write `--set {}=…`", names.join(".")))
        }
        ("spec", true) => {
            ("paths start inside `spec`".into(), "name what is to change, such as `vars.NAME`".into())
        }
        (name, _) => {
            let help = format!("`{name}` is what the file says; change it there");
            (format!("paths start inside `spec`, and `{name}` stands beside it"), help)
        }
    };
    Some(wrong(first.span, message).help(help).into())
}

/// Follows a path through the tree by the shapes, and puts the value where it ends.
struct Walk<'k> {
    kinds: &'k [&'static Kind],
    value: Tree,
}

impl Walk<'_> {
    fn spec(&self, spec: &mut Tree, steps: &[Step<'_>]) -> Result<(), Wrong> {
        let role =
            [Role::Source, Role::Stage, Role::Sink].into_iter().find(|role| section(*role) == steps[0].name);
        match (role, steps) {
            (Some(role), [_, node, rest @ ..]) if !rest.is_empty() => {
                let nodes = spec.get_mut(section(role));
                let entry = self.existing(nodes, *node, &format!("there is no {}", role.noun()))?;
                self.node(role, entry, rest)
            }
            (Some(_), _) => {
                let last = steps[steps.len() - 1];
                let help = "write `sources.NAME.KIND.FIELD=…`, and so on for stages and sinks";
                Err(wrong(last.span, "the path ends before a field of a node").help(help).into())
            }
            (None, _) => self.record(grammar::SPEC, spec, steps),
        }
    }

    fn existing<'t>(
        &self,
        map: Option<&'t mut Tree>,
        step: Step<'_>,
        what: &str,
    ) -> Result<&'t mut Tree, Wrong> {
        let Some(Tree { data: Data::Map(pairs), .. }) = map else { return Err(unknown(step, what, &[])) };
        match pairs.iter().position(|pair| pair.key == step.name) {
            Some(at) => Ok(&mut pairs[at].value),
            None => Err(unknown(step, what, &pairs.iter().map(|pair| pair.key.as_str()).collect::<Vec<_>>())),
        }
    }

    fn node(&self, role: Role, entry: &mut Tree, steps: &[Step<'_>]) -> Result<(), Wrong> {
        let fields = beside(role);
        if fields.iter().any(|field| field.name == steps[0].name) {
            return self.record(fields, entry, steps);
        }
        let kind = self.kinds.iter().find(|kind| kind.role == role && kind.name == steps[0].name);
        let there = entry.get(steps[0].name).is_some();
        match kind {
            Some(kind) if there && steps.len() > 1 => {
                let config = self.existing(Some(entry), steps[0], "there is no kind")?;
                self.record(kind.fields, config, &steps[1..])
            }
            Some(_) if there => self.put(entry, steps[0]),
            None if there => self.anything(entry, steps),
            _ => {
                let known = entry.pairs().iter().map(|pair| pair.key.as_str());
                let known: Vec<_> = known.chain(fields.iter().map(|field| field.name)).collect();
                Err(unknown(steps[0], "the node has no field", &known))
            }
        }
    }

    fn record(&self, fields: &'static [Field], tree: &mut Tree, steps: &[Step<'_>]) -> Result<(), Wrong> {
        if let [field @ Field { name: "", .. }] = fields {
            return self.shape(&field.shape, tree, steps);
        }
        let Some(field) = fields.iter().find(|field| field.name == steps[0].name) else {
            return Err(unknown(
                steps[0],
                "there is no field",
                &fields.iter().map(|f| f.name).collect::<Vec<_>>(),
            ));
        };
        if steps.len() == 1 {
            return self.put(tree, steps[0]);
        }
        if tree.get(field.name).is_none() {
            put(tree, Pair { key: field.name.into(), key_span: steps[0].span, value: empty(steps[0].span) });
        }
        let child = self.existing(Some(tree), steps[0], "there is no field")?;
        self.shape(&field.shape, child, &steps[1..])
    }

    /// `steps` is what is left below a value of this shape.
    fn shape(&self, shape: &'static Shape, tree: &mut Tree, steps: &[Step<'_>]) -> Result<(), Wrong> {
        match shape {
            Shape::Record(fields) => self.record(fields, tree, steps),
            Shape::Short { to, long, .. } => {
                if !matches!(tree.data, Data::Map(_)) {
                    let short = tree.clone();
                    *tree = empty(short.span);
                    put(tree, Pair { key: (*to).into(), key_span: short.span, value: short });
                }
                self.record(long, tree, steps)
            }
            Shape::Map(_) if steps.len() == 1 => self.put(tree, steps[0]),
            Shape::Map(item) => {
                let child = self.existing(Some(tree), steps[0], "there is no entry")?;
                self.shape(item, child, &steps[1..])
            }
            Shape::List(item) => match (self.item(tree, steps[0])?, steps) {
                (child, [_]) => {
                    *child = self.value.clone();
                    Ok(())
                }
                (child, rest) => self.shape(item, child, &rest[1..]),
            },
            Shape::Forms { map: Some(map), .. } if matches!(tree.data, Data::Map(_)) => {
                self.shape(map, tree, steps)
            }
            Shape::Forms { list: Some(list), .. } if matches!(tree.data, Data::List(_)) => {
                self.shape(list, tree, steps)
            }
            Shape::Any | Shape::Plain | Shape::Column => self.anything(tree, steps),
            _ => {
                let step = steps[0];
                let message = format!("there is nothing below this value that could be `{}`", step.name);
                Err(wrong(step.span, message).help(format!("it is {}", shape.noun())).into())
            }
        }
    }

    fn item<'t>(&self, tree: &'t mut Tree, step: Step<'_>) -> Result<&'t mut Tree, Wrong> {
        if !matches!(tree.data, Data::List(_)) {
            let one = tree.clone();
            tree.data = Data::List(vec![one]);
        }
        let Data::List(items) = &mut tree.data else { return Err(unknown(step, "there is no item", &[])) };
        let length = items.len();
        let item = step.name.parse::<usize>().ok().and_then(|at| items.get_mut(at));
        item.ok_or_else(|| {
            let help = format!("items count from 0, and there are {length}");
            wrong(step.span, format!("the list has no item `{}`", step.name)).help(help).into()
        })
    }

    /// Data without a shape: what is there can be replaced, and maps take new keys.
    fn anything(&self, tree: &mut Tree, steps: &[Step<'_>]) -> Result<(), Wrong> {
        match (&tree.data, steps) {
            (Data::Map(_), [last]) => self.put(tree, *last),
            (Data::Map(_), [step, rest @ ..]) => {
                self.anything(self.existing(Some(tree), *step, "there is no field")?, rest)
            }
            (Data::List(_), [step, rest @ ..]) => match (self.item(tree, *step)?, rest) {
                (child, []) => {
                    *child = self.value.clone();
                    Ok(())
                }
                (child, rest) => self.anything(child, rest),
            },
            (_, [step, ..]) => Err(unknown(*step, "there is no field", &[])),
            (_, []) => Ok(()),
        }
    }

    fn put(&self, tree: &mut Tree, step: Step<'_>) -> Result<(), Wrong> {
        if !matches!(tree.data, Data::Map(_)) {
            return Err(unknown(step, "there is no field", &[]));
        }
        put(tree, Pair { key: step.name.into(), key_span: step.span, value: self.value.clone() });
        Ok(())
    }
}

fn empty(span: Span) -> Tree {
    Tree { span, data: Data::Map(Vec::new()) }
}
