//! A typed tree into a list of steps. Everything that can be known before the first batch is decided here: which
//! nodes can fail, which can be null, which column a field lies in.

use std::sync::Arc;

use forebay_types::{Addr, Ty};

use crate::fault::{Cause, Site};
use crate::program::Program;
use crate::run::{Absent, Data, Hop, RegId, SiteId, Sites, Source, SourceId, Step, Val, ZoneCache};
use crate::scalar::Scalar;
use crate::typed::{Arith, Cast, Compare, Form, Node, Op, Typed};
use crate::values::{List, Members, Values};

/// So many constants are compared one after the other; more are looked up in a table.
const FEW: usize = 8;

pub(crate) fn lower(typed: &Typed, addr_of: &dyn Fn(&str) -> Addr, values: &Values) -> Program {
    let mut lower = Lower {
        text: &typed.text,
        values,
        steps: Vec::new(),
        sources: Vec::new(),
        sites: Vec::new(),
        lists: Vec::new(),
    };
    for column in &typed.columns {
        lower.sources.push(Source::Col { addr: addr_of(column), hops: Vec::new() });
    }
    let root = lower.node(&typed.root);
    let root = lower.result(root, &typed.root.ty);
    let Lower { steps, sources, sites, lists, .. } = lower;
    Program::new(steps, sources, sites, lists, root, typed.root.ty.clone())
}

struct Lower<'l> {
    text: &'l str,
    values: &'l Values,
    steps: Vec<Step>,
    /// The columns of the expression come first, in their order.
    sources: Vec<Source>,
    sites: Vec<Site>,
    lists: Vec<Arc<List>>,
}

/// A value that is always there and never fails.
fn plain(data: Data) -> Val {
    Val { data, absent: None, errors: None }
}

impl Lower<'_> {
    fn step(&mut self, step: Step) -> RegId {
        self.steps.push(step);
        self.steps.len() - 1
    }

    fn site(&mut self, node: &Node, cause: Cause) -> SiteId {
        // Beyond 65,535 parts that may fail, the last one stands for the rest.
        if self.sites.len() < usize::from(SiteId::MAX) {
            let source = self.text.get(node.part.start..node.part.end).unwrap_or("");
            self.sites.push(Site::new(cause, source));
        }
        self.sites.len() as SiteId
    }

    fn merge(&mut self, a: Option<RegId>, b: Option<RegId>) -> Option<RegId> {
        match (a, b) {
            (Some(a), Some(b)) if a != b => Some(self.step(Step::Merge(a, b))),
            (a, b) => a.or(b),
        }
    }

    /// The root in a form that can be read: no constant, and a condition that may fail in a register of its own.
    fn result(&mut self, root: Val, ty: &Ty) -> Val {
        let form = Form::of(ty);
        match root {
            Val { data: Data::Const(value), absent, errors } => {
                Val { data: Data::Reg(self.step(Step::Fill(value, form))), absent, errors }
            }
            Val { data: data @ Data::Col(_), absent, errors: Some(errors) } if form == Form::Bool => {
                let sides = [(data, Some(errors)), (Data::Const(Scalar::Bool(true)), None)];
                let reg = self.step(Step::Logic { and: true, sides });
                Val { data: Data::Reg(reg), absent, errors: Some(reg) }
            }
            root => root,
        }
    }

    fn node(&mut self, node: &Node) -> Val {
        match &node.op {
            Op::Null => self.null(&node.ty),
            Op::Const(value) => plain(Data::Const(value.clone())),
            Op::Column(index) => self.load(*index, &node.ty),
            Op::Var(name) => match self.values.var(name).clone() {
                Scalar::Null => self.null(&node.ty),
                value => plain(Data::Const(value)),
            },
            Op::Field(of, index) => self.field(of, *index, &node.ty),
            Op::Index(two) => self.index(node, two),
            Op::List(items) => self.list(items, &node.ty),
            Op::Present(of) => self.present(node, of),
            Op::IsNull(of) => self.is_null(of),
            Op::Not(of) => {
                let of = self.node(of);
                Val { data: Data::Reg(self.step(Step::Not(of.data))), ..of }
            }
            Op::And(two) => self.logic(true, two),
            Op::Or(two) => self.logic(false, two),
            Op::Choice(three) => self.choice(three),
            Op::Coalesce(two) => self.coalesce(two),
            Op::Compare(compare, two) => self.compare(*compare, two),
            Op::Arith(arith, two) => self.arith(node, *arith, two),
            Op::Concat(two) => {
                let ([a, b], prior) = self.two(two);
                let site = self.site(node, Cause::TooLong);
                self.fallible(Step::Concat { sides: [a, b], prior, site })
            }
            Op::Negate(of) => {
                self.sign(node, of, |form, of, prior, site| Step::Negate { form, of, prior, site })
            }
            Op::Abs(of) => self.sign(node, of, |form, of, prior, site| Step::Abs { form, of, prior, site }),
            Op::Find(find, two) => {
                let ([text, what], errors) = self.two(two);
                self.infallible(Step::Find { find: *find, text, what }, errors)
            }
            Op::Size(of) => {
                let (ty, of) = (&of.ty, self.node(of));
                let step = match ty {
                    Ty::List(_) => Step::Size(of.data),
                    _ => Step::TextSize { of: of.data, chars: *ty == Ty::String },
                };
                self.infallible(step, of.errors)
            }
            Op::In(two) => self.is_in(two),
            Op::InList(needle, name) => {
                let form = Form::of(&needle.ty);
                let needle = self.node(needle);
                self.lists.push(self.values.list(name).clone());
                let list = self.lists.len() - 1;
                self.infallible(Step::InList { needle: needle.data, form, list }, needle.errors)
            }
            Op::Calendar(calendar, zone, of) => {
                let of = self.node(of);
                let step = Step::Calendar { calendar: *calendar, zone: ZoneCache::new(zone), of: of.data };
                self.infallible(step, of.errors)
            }
            Op::Cast(cast, of) => self.cast(node, *cast, of),
        }
    }

    /// Both sides and the faults of either.
    fn two(&mut self, two: &[Node; 2]) -> ([Data; 2], Option<RegId>) {
        let (a, b) = (self.node(&two[0]), self.node(&two[1]));
        let errors = self.merge(a.errors, b.errors);
        ([a.data, b.data], errors)
    }

    /// A step that takes over the faults before it and may add its own.
    fn fallible(&mut self, step: Step) -> Val {
        let reg = self.step(step);
        Val { errors: Some(reg), ..plain(Data::Reg(reg)) }
    }

    fn infallible(&mut self, step: Step, errors: Option<RegId>) -> Val {
        Val { errors, ..plain(Data::Reg(self.step(step))) }
    }

    fn null(&mut self, ty: &Ty) -> Val {
        let form = Form::of(ty);
        let reg = self.step(Step::Null(form));
        let data = match form {
            Form::Nested => Data::Views { reg, sources: Arc::new([]) },
            _ => Data::Reg(reg),
        };
        Val { data, absent: Some(Absent::Reg(reg)), errors: None }
    }

    fn load(&mut self, source: SourceId, ty: &Ty) -> Val {
        let data = match ty.inner() {
            narrow @ (Ty::I8 | Ty::I16 | Ty::I32 | Ty::U8 | Ty::U16 | Ty::U32 | Ty::Date) => {
                Data::Reg(self.step(Step::Load { source, ty: narrow.clone() }))
            }
            _ => Data::Col(source),
        };
        Val { data, absent: ty.is_optional().then_some(Absent::Col(source)), errors: None }
    }

    /// A column inside a source.
    fn hop(&mut self, source: SourceId, hop: Hop) -> SourceId {
        let Source::Col { addr, hops } = &self.sources[source] else {
            panic!("a list in brackets holds simple values only")
        };
        let hops = hops.iter().copied().chain([hop]).collect();
        self.sources.push(Source::Col { addr: *addr, hops });
        self.sources.len() - 1
    }

    fn field(&mut self, of: &Node, index: usize, ty: &Ty) -> Val {
        let of = self.node(of);
        match of.data {
            Data::Col(source) => {
                let source = self.hop(source, Hop::Field(index));
                Val { errors: of.errors, ..self.load(source, ty) }
            }
            Data::Views { reg, sources } => {
                let sources = sources.iter().map(|source| self.hop(*source, Hop::Field(index))).collect();
                let views = Data::Views { reg, sources };
                let nested = Form::of(ty) == Form::Nested;
                if nested && !ty.is_optional() {
                    return Val { errors: of.errors, ..plain(views) };
                }
                let reg = self.step(Step::Gather { of: views.clone(), ty: ty.clone() });
                let data = if nested { views } else { Data::Reg(reg) };
                Val { data, absent: ty.is_optional().then_some(Absent::Reg(reg)), errors: of.errors }
            }
            other => panic!("{other:?} stands where a struct was checked"),
        }
    }

    fn index(&mut self, node: &Node, two: &[Node; 2]) -> Val {
        let ([list, at], prior) = self.two(two);
        let site = self.site(node, Cause::Index);
        let sources: Vec<SourceId> = match &list {
            Data::Col(source) => vec![*source],
            Data::Views { sources, .. } => sources.to_vec(),
            other => panic!("{other:?} stands where a list was checked"),
        };
        let reg = self.step(Step::Index { list, at, item: node.ty.clone(), prior, site });
        let data = match Form::of(&node.ty) {
            Form::Nested => Data::Views {
                reg,
                sources: sources.iter().map(|source| self.hop(*source, Hop::Items)).collect(),
            },
            _ => Data::Reg(reg),
        };
        Val { data, absent: node.ty.is_optional().then_some(Absent::Reg(reg)), errors: Some(reg) }
    }

    fn list(&mut self, items: &[Node], ty: &Ty) -> Val {
        let Ty::List(item) = ty else { panic!("a list in brackets is a list") };
        let mut errors = None;
        let mut datas = Vec::new();
        for item in items {
            let item = self.node(item);
            errors = self.merge(errors, item.errors);
            datas.push(item.data);
        }
        self.sources.push(Source::Literal { items: datas, form: Form::of(item) });
        Val { errors, ..plain(Data::Col(self.sources.len() - 1)) }
    }

    fn present(&mut self, node: &Node, of: &Node) -> Val {
        let of = self.node(of);
        let Some(absent) = of.absent else { return of };
        let site = self.site(node, Cause::Null);
        let reg = self.step(Step::Demand { absent, prior: of.errors, site });
        Val { data: of.data, absent: None, errors: Some(reg) }
    }

    fn is_null(&mut self, of: &Node) -> Val {
        let of = self.node(of);
        let data = match of.absent {
            Some(absent) => Data::Reg(self.step(Step::IsNull(absent))),
            None => Data::Const(Scalar::Bool(false)),
        };
        Val { errors: of.errors, ..plain(data) }
    }

    fn logic(&mut self, and: bool, two: &[Node; 2]) -> Val {
        let sides = [&two[0], &two[1]].map(|side| self.node(side)).map(|side| (side.data, side.errors));
        let fails = sides.iter().any(|(_, errors)| errors.is_some());
        let reg = self.step(Step::Logic { and, sides });
        Val { errors: fails.then_some(reg), ..plain(Data::Reg(reg)) }
    }

    fn choice(&mut self, [test, yes, no]: &[Node; 3]) -> Val {
        let form = Form::of(&yes.ty);
        let [test, yes, no] = [test, yes, no].map(|node| self.node(node));
        self.choose(form, test, [yes, no])
    }

    fn choose(&mut self, form: Form, test: Val, cases: [Val; 2]) -> Val {
        let sources = |val: &Val| match &val.data {
            Data::Col(source) => vec![*source],
            Data::Views { sources, .. } => sources.to_vec(),
            _ => Vec::new(),
        };
        let sources = cases.iter().flat_map(sources).collect();
        let optional = cases.iter().any(|case| case.absent.is_some());
        let fails = test.errors.is_some() || cases.iter().any(|case| case.errors.is_some());
        let reg = self.step(Step::Choose { form, test: test.data, test_errors: test.errors, cases });
        let data = if form == Form::Nested { Data::Views { reg, sources } } else { Data::Reg(reg) };
        Val { data, absent: optional.then_some(Absent::Reg(reg)), errors: fails.then_some(reg) }
    }

    /// `a` where it is there, else `b`.
    fn coalesce(&mut self, two: &[Node; 2]) -> Val {
        let a = self.node(&two[0]);
        let Some(absent) = a.absent else { return a };
        let b = self.node(&two[1]);
        let is_null = self.step(Step::IsNull(absent));
        let test = Val { errors: a.errors, ..plain(Data::Reg(is_null)) };
        self.choose(Form::of(&two[0].ty), test, [b, plain(a.data)])
    }

    fn compare(&mut self, compare: Compare, two: &[Node; 2]) -> Val {
        let forms = [&two[0], &two[1]].map(|side| Form::of(&side.ty));
        let scales = [&two[0], &two[1]].map(|side| if let Ty::Decimal(scale) = side.ty { scale } else { 0 });
        let (sides, errors) = self.two(two);
        let step = if forms[0] == forms[1] && scales[0] == scales[1] {
            Step::Compare { form: forms[0], compare, sides }
        } else {
            let [a, b] = sides;
            let top = scales[0].max(scales[1]);
            let sides = [(a, forms[0], top - scales[0]), (b, forms[1], top - scales[1])];
            Step::CompareExact { compare, sides }
        };
        self.infallible(step, errors)
    }

    fn arith(&mut self, node: &Node, arith: Arith, two: &[Node; 2]) -> Val {
        let form = Form::of(&node.ty);
        let (sides, prior) = self.two(two);
        if matches!(form, Form::F32 | Form::F64) {
            let sites = Sites { overflow: 0, zero: 0 };
            return self.infallible(Step::Arith { form, arith, sides, prior: None, sites }, prior);
        }
        let zero = match arith {
            Arith::Div | Arith::Rem => self.site(node, Cause::DivisionByZero),
            Arith::Add | Arith::Sub | Arith::Mul => 0,
        };
        let sites = Sites { overflow: self.site(node, Cause::Overflow), zero };
        self.fallible(Step::Arith { form, arith, sides, prior, sites })
    }

    fn sign(&mut self, node: &Node, of: &Node, step: fn(Form, Data, Option<RegId>, SiteId) -> Step) -> Val {
        let form = Form::of(&node.ty);
        let of = self.node(of);
        if matches!(form, Form::F32 | Form::F64) {
            return self.infallible(step(form, of.data, None, 0), of.errors);
        }
        let site = self.site(node, Cause::Overflow);
        self.fallible(step(form, of.data, of.errors, site))
    }

    fn is_in(&mut self, two: &[Node; 2]) -> Val {
        let [needle, list] = two;
        let Ty::List(item) = &list.ty else { panic!("`in` looks into a list") };
        let form = Form::of(&needle.ty);
        if let Some(constants) = constants(list) {
            let needle = self.node(needle);
            let few = constants.len() <= FEW && form != Form::Text && form == Form::of(item);
            let step = if few {
                Step::InFew { needle: needle.data, form, few: constants }
            } else {
                let mut members = Members::new(item);
                constants.into_iter().for_each(|value| members.insert(value));
                Step::InMembers { needle: needle.data, form, members }
            };
            return self.infallible(step, needle.errors);
        }
        let item = item.as_ref().clone();
        let ([needle, list], errors) = self.two(two);
        self.infallible(Step::In { needle, form, list, item }, errors)
    }

    fn cast(&mut self, node: &Node, cast: Cast, of: &Node) -> Val {
        let from = of.ty.inner().clone();
        let of = self.node(of);
        let cause = match cast {
            Cast::Same => return of,
            Cast::I64ToU64 | Cast::U64ToI64 | Cast::Scale(_) => Some(Cause::Overflow),
            Cast::F32ToI64 | Cast::F64ToI64 | Cast::SecondsToTime => Some(Cause::Conversion),
            Cast::TextToI64 | Cast::TextToF64 | Cast::TextToTime | Cast::TextToDuration => {
                Some(Cause::Conversion)
            }
            Cast::ToText if matches!(from, Ty::Bytes | Ty::Date) => Some(Cause::Conversion),
            _ => None,
        };
        let site = cause.map_or(0, |cause| self.site(node, cause));
        let prior = of.errors.filter(|_| cause.is_some());
        let reg = self.step(Step::Cast { cast, from, of: of.data, absent: of.absent, prior, site });
        let errors = if cause.is_some() { Some(reg) } else { of.errors };
        Val { data: Data::Reg(reg), absent: of.absent, errors }
    }
}

fn constants(list: &Node) -> Option<Vec<Scalar>> {
    let Op::List(items) = &list.op else { return None };
    items
        .iter()
        .map(|item| if let Op::Const(value) = &item.op { Some(value.clone()) } else { None })
        .collect()
}
