//! Names: columns, `vars.NAME`, `lists.NAME`, fields of structs and items of lists.

use forebay_types::nearest::nearest;
use forebay_types::{Ty, code};

use super::{Checker, called};
use crate::mistake::Part;
use crate::tree::{Expr, ExprKind};
use crate::typed::{Form, Node, Op};

impl Checker<'_, '_> {
    pub(super) fn name(&mut self, name: &str, part: Part) -> Node {
        if matches!(name, "vars" | "lists") {
            let message = format!("`{name}` alone is no value");
            let help = if name == "vars" { "write `vars.NAME`" } else { "write `x in lists.NAME`" };
            self.mistakes.error(&code::EXPR_NAME, part, message, help);
            return Node::unknown(part);
        }
        let Some(column) = self.names.columns.get(name) else { return self.no_such_name(name, part) };
        let index = self.columns.iter().position(|known| known == name).unwrap_or_else(|| {
            self.columns.push(name.to_string());
            self.columns.len() - 1
        });
        let node = Node::new(Op::Column(index), column.ty.clone(), part);
        self.narrowed(node, || name.to_string())
    }

    /// The node, or its value where a comparison has said that there is one.
    fn narrowed(&self, node: Node, path: impl FnOnce() -> String) -> Node {
        match &node.ty {
            Ty::Optional(inner) if !self.present.is_empty() && self.present.contains(&path()) => {
                let (ty, part) = (inner.as_ref().clone(), node.part);
                Node::new(Op::Present(Box::new(node)), ty, part)
            }
            _ => node,
        }
    }

    fn no_such_name(&mut self, name: &str, part: Part) -> Node {
        let unknown = Node::unknown(part);
        if self.names.columns.open {
            return unknown;
        }
        let scope = self.names.scope;
        let in_scope = |names: &[(String, Ty)]| names.iter().any(|(known, _)| known == name);
        // A column of unknown type is behind a mistake, or is what a `set` is just about to add.
        let known = self.names.columns.columns.iter().filter(|column| column.ty != Ty::Unknown);
        let columns: Vec<&str> = known.map(|column| column.name.as_str()).collect();
        let words = ["true", "false", "null", "vars", "lists"];
        let near = nearest(name, columns.iter().copied().chain(words));
        let help = if in_scope(&scope.vars) {
            format!("the var is `vars.{name}`")
        } else if in_scope(&scope.lists) {
            format!("the list is `lists.{name}`")
        } else if name == "stream" || name.starts_with('_') {
            format!(
                "expressions are about columns; `{name}` is Forebay's own, and sinks write it where `columns` lists it"
            )
        } else if let Some(near) = near {
            format!("did you mean `{near}`? a text stands in quotes: '{name}'")
        } else if columns.is_empty() {
            format!("a text stands in quotes: '{name}'")
        } else {
            let (some, more) =
                (&columns[..columns.len().min(12)], if columns.len() > 12 { ", …" } else { "" });
            format!("a text stands in quotes: '{name}'; the columns here are {}{more}", some.join(", "))
        };
        self.mistakes.error(&code::EXPR_NAME, part, format!("there is no column `{name}` here"), help);
        unknown
    }

    pub(super) fn field(&mut self, expr: &Expr, of: &Expr, name: &str, name_part: Part) -> Node {
        match &of.kind {
            ExprKind::Name(scope) if scope == "vars" => self.var(name, expr.part, name_part),
            ExprKind::Name(scope) if scope == "lists" => self.misplaced_list(name, expr.part, name_part),
            _ => {
                let node = self.value(of, None);
                self.field_of(node, expr, name, name_part)
            }
        }
    }

    fn field_of(&mut self, node: Node, expr: &Expr, name: &str, name_part: Part) -> Node {
        let part = expr.part;
        match &node.ty {
            Ty::Unknown => Node::unknown(part),
            Ty::Struct(fields) => {
                let Some(index) = fields.iter().position(|(field, _)| field == name) else {
                    let help = match nearest(name, fields.iter().map(|(field, _)| field.as_str())) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => {
                            let names: Vec<&str> = fields.iter().map(|(field, _)| field.as_str()).collect();
                            format!("its fields are {}", names.join(", "))
                        }
                    };
                    let message = format!("{} has no field `{name}`", self.called(&node));
                    self.mistakes.error(&code::EXPR_FIELD, name_part, message, help);
                    return Node::unknown(part);
                };
                let ty = fields[index].1.clone();
                let field = Node::new(Op::Field(Box::new(node), index), ty, part);
                if self.is_present(expr) {
                    self.narrowed(field, || expr.path().unwrap_or_default())
                } else {
                    field
                }
            }
            ty => {
                let help = match ty {
                    _ if super::is_function(name) => {
                        format!("a function takes brackets: `{}.{name}()`", self.mistakes.source(node.part))
                    }
                    Ty::List(_) => "an item of a list is `x[0]`, and a field of it `x[0].f`".into(),
                    _ => "only structs have fields; take the `.` and the name away".into(),
                };
                let message = format!("{} is {ty} and has no fields", self.called(&node));
                self.mistakes.error(&code::EXPR_FIELD, name_part, message, help);
                Node::unknown(part)
            }
        }
    }

    fn var(&mut self, name: &str, part: Part, name_part: Part) -> Node {
        let vars = &self.names.scope.vars;
        match vars.iter().find(|(var, _)| var == name) {
            Some((_, ty)) if *ty == Ty::Unknown => Node::unknown(part),
            Some((_, ty)) if Form::of(ty) == Form::Nested => {
                let message = format!("`vars.{name}` is {ty}, and a var in an expression is one value");
                self.operand_error(part, message, "declare it under `lists` and write `x in lists.NAME`")
            }
            Some((_, ty)) => {
                let node = Node::new(Op::Var(name.to_string()), ty.clone(), part);
                self.narrowed(node, || format!("vars.{name}"))
            }
            None => {
                let near = nearest(name, vars.iter().map(|(var, _)| var.as_str()));
                let help = match near {
                    Some(near) => format!("did you mean `vars.{near}`?"),
                    None => {
                        format!("declare it: `spec: {{ vars: {{ {name}: {{ type: f64, default: 0.5 }} }} }}`")
                    }
                };
                self.mistakes.error(&code::EXPR_NAME, name_part, format!("there is no var `{name}`"), help);
                Node::unknown(part)
            }
        }
    }

    /// The type of a list's items, when there is such a list.
    pub(super) fn list_named(&mut self, name: &str, name_part: Part) -> Option<Ty> {
        let lists = &self.names.scope.lists;
        if let Some((_, ty)) = lists.iter().find(|(list, _)| list == name) {
            return Some(ty.clone());
        }
        let help = match nearest(name, lists.iter().map(|(list, _)| list.as_str())) {
            Some(near) => format!("did you mean `lists.{near}`?"),
            None => format!(
                "declare it: `spec: {{ lists: {{ {name}: {{ file: FILE, column: NAME, type: u64 }} }} }}`"
            ),
        };
        self.mistakes.error(&code::EXPR_NAME, name_part, format!("there is no list `{name}`"), help);
        None
    }

    fn misplaced_list(&mut self, name: &str, part: Part, name_part: Part) -> Node {
        if self.list_named(name, name_part).is_some() {
            let message = format!("`lists.{name}` stands where a value is expected");
            self.mistakes.error(
                &code::EXPR_LIST,
                part,
                message,
                format!("ask whether something is in it: `x in lists.{name}`"),
            );
        }
        Node::unknown(part)
    }

    pub(super) fn index(&mut self, of: &Expr, at: &Expr, part: Part) -> Node {
        let list = self.value(of, None);
        let at = self.value(at, Some(&Ty::I64));
        if at.ty != Ty::Unknown && !at.ty.is_integer() {
            let message =
                format!("an item is named by its number from 0, and {} is {}", self.called(&at), at.ty);
            let help = match at.ty {
                Ty::String => format!(
                    "a field of a struct is `x.{}`",
                    self.mistakes.source(at.part).trim_matches(['\'', '"'])
                ),
                _ => "write a whole number, or int(…)".into(),
            };
            return self.operand_error(at.part, message, help);
        }
        match &list.ty {
            Ty::Unknown => Node::unknown(part),
            _ if at.ty == Ty::Unknown => Node::unknown(part),
            Ty::List(item) => {
                let ty = item.as_ref().clone();
                let at = self.widen(at, &Ty::I64);
                Node::new(Op::Index(Box::new([list, at])), ty, part)
            }
            ty => {
                let message =
                    format!("{} is {ty}, and only lists have items", called(self.mistakes.source(list.part)));
                let help = if matches!(ty, Ty::Struct(_)) {
                    "a field is `x.name`"
                } else {
                    "take the brackets away"
                };
                self.operand_error(part, message, help)
            }
        }
    }
}
