//! From CEL's tree to ours: every path known, every kind fitting, nothing left that is not offered.
//!
//! What the scan has refused by name (`has`, `? :`, ...) is passed over here without a second report: `None` means that the
//! problem is noted, and the check goes on to collect the others.

use std::ops::Range;

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, SelectExpr, operators};

use crate::error::{Problem, ProblemKind};
use crate::expression::{Arithmetic, Condition, Operand, Operator, Reading, Right};
use crate::facts::{Grade, Kind, Value};
use crate::functions::{Function, function};
use crate::parse::Parsed;
use crate::path::Path;
use crate::scan::Scanned;
use crate::schema::Schema;

/// The largest integer up to which every integer is a double.
const MAX_EXACT: u64 = 1 << 53;

/// What a node of CEL's tree turned out to be.
enum Node {
    Condition(Condition),
    Operand(Operand),
    List,
}

struct Checker<'a> {
    parsed: &'a Parsed,
    text: &'a str,
    scanned: &'a Scanned,
    schema: &'a Schema,
    problems: &'a mut Vec<Problem>,
    readings: Vec<Reading>,
}

/// Makes a condition of a parsed criterion, and lists what it reads. Problems are added to those of the scan; without a
/// condition there is at least one.
pub(crate) fn check(
    parsed: &Parsed,
    text: &str,
    scanned: &Scanned,
    schema: &Schema,
    problems: &mut Vec<Problem>,
) -> (Option<Condition>, Vec<Reading>) {
    let mut checker = Checker { parsed, text, scanned, schema, problems, readings: Vec::new() };
    let condition = checker.condition(&parsed.expression);
    let readings = checker.readings;
    if problems.is_empty() {
        if condition.is_none() {
            // A node of CEL that neither scan nor check has a word for.
            problems.push(Problem::new(0..text.len(), ProblemKind::NotOffered { what: text.to_owned() }));
        } else if readings.is_empty() {
            problems.push(Problem::new(0..text.len(), ProblemKind::ReadsNothing { text: text.to_owned() }));
        }
    }
    problems.sort_by_key(|problem| problem.offset);
    (condition, readings)
}

impl Checker<'_> {
    fn problem(&mut self, expression: &IdedExpr, kind: ProblemKind) {
        let span = self.span(expression);
        self.problems.push(Problem::new(span, kind));
    }

    /// A node where something true or false belongs.
    fn condition(&mut self, expression: &IdedExpr) -> Option<Condition> {
        match self.node(expression)? {
            Node::Condition(condition) => Some(condition),
            Node::Operand(Operand::Literal(Value::Bool(value))) => Some(Condition::Literal(value)),
            Node::Operand(Operand::Read(reading)) if self.readings[reading].kind == Kind::Bool => {
                Some(Condition::Truth { reading, need: true })
            }
            Node::Operand(operand) => {
                self.wrong_kind(expression, &operand, Kind::Bool);
                None
            }
            Node::List => {
                self.problem(expression, ProblemKind::ListMisplaced);
                None
            }
        }
    }

    /// A node where a value belongs, beside an operator.
    fn operand(&mut self, expression: &IdedExpr, operator: &'static str) -> Option<Operand> {
        match self.node(expression)? {
            Node::Operand(operand) => Some(operand),
            Node::Condition(_) => {
                self.problem(expression, ProblemKind::ConditionAsOperand { operator });
                None
            }
            Node::List => {
                self.problem(expression, ProblemKind::ListMisplaced);
                None
            }
        }
    }

    /// A node where a number belongs, beside an operator.
    fn number(&mut self, expression: &IdedExpr, operator: &'static str) -> Option<Operand> {
        let operand = self.operand(expression, operator)?;
        if operand.kind(&self.readings) != Kind::Number {
            self.wrong_kind(expression, &operand, Kind::Number);
            return None;
        }
        Some(operand)
    }

    fn wrong_kind(&mut self, expression: &IdedExpr, operand: &Operand, expected: Kind) {
        let (text, found) = (operand.write(&self.readings), operand.kind(&self.readings));
        self.problem(expression, ProblemKind::WrongKind { text, found, expected });
    }

    fn node(&mut self, expression: &IdedExpr) -> Option<Node> {
        match &expression.expr {
            Expr::Literal(literal) => {
                self.literal(expression, literal).map(|value| Node::Operand(Operand::Literal(value)))
            }
            Expr::Select(SelectExpr { test: true, .. }) => None,
            Expr::Ident(_) | Expr::Select(_) => self.reading(expression).map(Node::Operand),
            Expr::List(_) => Some(Node::List),
            Expr::Call(call) => self.call(expression, call),
            Expr::Comprehension(_) | Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => None,
        }
    }

    fn literal(&mut self, expression: &IdedExpr, literal: &LiteralValue) -> Option<Value> {
        let (number, magnitude) = match literal {
            LiteralValue::Boolean(value) => return Some(Value::Bool(**value)),
            LiteralValue::String(text) => return Some(Value::Text(text.to_string())),
            LiteralValue::Double(number) => return Some(Value::Number(**number)),
            LiteralValue::Int(number) => (**number as f64, number.unsigned_abs()),
            LiteralValue::UInt(number) => (**number as f64, **number),
            LiteralValue::Bytes(_) | LiteralValue::Null => return None,
        };
        if magnitude > MAX_EXACT {
            let number = self.text[self.span(expression)].to_owned();
            self.problem(expression, ProblemKind::NumberNotExact { number });
            return None;
        }
        Some(Value::Number(number))
    }

    fn call(&mut self, expression: &IdedExpr, call: &CallExpr) -> Option<Node> {
        let CallExpr { func_name, target, args } = call;
        let operand = |operand| Some(Node::Operand(operand));
        match (func_name.as_str(), args.as_slice()) {
            (operators::LOGICAL_AND, _) => self.conditions(args).map(|all| Node::Condition(join_all(all))),
            (operators::LOGICAL_OR, _) => self.conditions(args).map(|any| Node::Condition(join_any(any))),
            (operators::LOGICAL_NOT, [inner]) => Some(Node::Condition(negated(self.condition(inner)?))),
            (operators::EQUALS, [left, right]) => self.comparison(Operator::Equal, left, right),
            (operators::NOT_EQUALS, [left, right]) => self.comparison(Operator::NotEqual, left, right),
            (operators::LESS, [left, right]) => self.comparison(Operator::Less, left, right),
            (operators::LESS_EQUALS, [left, right]) => self.comparison(Operator::LessOrEqual, left, right),
            (operators::GREATER, [left, right]) => self.comparison(Operator::Greater, left, right),
            (operators::GREATER_EQUALS, [left, right]) => self.comparison(Operator::GreaterOrEqual, left, right),
            (operators::IN, [left, right]) => self.membership(left, right),
            (operators::ADD, [left, right]) => operand(self.arithmetic(Arithmetic::Add, left, right)?),
            (operators::SUBSTRACT, [left, right]) => operand(self.arithmetic(Arithmetic::Subtract, left, right)?),
            (operators::MULTIPLY, [left, right]) => operand(self.arithmetic(Arithmetic::Multiply, left, right)?),
            (operators::DIVIDE, [left, right]) => operand(self.arithmetic(Arithmetic::Divide, left, right)?),
            (operators::NEGATE, [inner]) => operand(match self.number(inner, "-")? {
                Operand::Literal(Value::Number(number)) => Operand::Literal(Value::Number(-number)),
                inner => Operand::Negate(Box::new(inner)),
            }),
            (operators::INDEX, _) => operand(self.reading(expression)?),
            (name, _) => {
                let Some(function) = function(name) else {
                    // Refused by the scan; what stands inside may be wrong as well.
                    for inside in target.iter().map(AsRef::as_ref).chain(args) {
                        self.node(inside);
                    }
                    return None;
                };
                if target.is_some() {
                    // `a.slice("x")`: a function of ours, called as CEL calls methods.
                    self.problem(expression, ProblemKind::NotAPath);
                    return None;
                }
                if args.len() != function.arguments {
                    self.problem(expression, ProblemKind::WrongArguments { function, found: args.len() });
                    return None;
                }
                operand(self.reading(expression)?)
            }
        }
    }

    /// Conditions side by side; all are checked before one that failed counts.
    fn conditions(&mut self, expressions: &[IdedExpr]) -> Option<Vec<Condition>> {
        let conditions: Vec<Option<Condition>> = expressions.iter().map(|e| self.condition(e)).collect();
        conditions.into_iter().collect()
    }

    fn arithmetic(&mut self, operator: Arithmetic, left: &IdedExpr, right: &IdedExpr) -> Option<Operand> {
        let (left, right) = (self.number(left, operator.sign()), self.number(right, operator.sign()));
        Some(Operand::Arithmetic { left: Box::new(left?), operator, right: Box::new(right?) })
    }

    fn comparison(&mut self, operator: Operator, left: &IdedExpr, right: &IdedExpr) -> Option<Node> {
        let whole = self.span(left).start..self.span(right).end;
        let (left, right) = if operator.orders() {
            (self.number(left, operator.sign()), self.number(right, operator.sign()))
        } else {
            (self.operand(left, operator.sign()), self.operand(right, operator.sign()))
        };
        let (left, right) = (left?, right?);
        let (left_kind, right_kind) = (left.kind(&self.readings), right.kind(&self.readings));
        if left_kind != right_kind {
            let (left, right) = (left.write(&self.readings), right.write(&self.readings));
            let operator = operator.sign();
            self.problems
                .push(Problem::new(whole, ProblemKind::MixedKinds { left, left_kind, operator, right, right_kind }));
            return None;
        }
        // Evidence stands on the left and what it needs on the right, whichever way it was written.
        Some(Node::Condition(if right.reads() && !left.reads() {
            Condition::Compare { left: right, operator: operator.mirrored(), right: Right::One(left) }
        } else {
            Condition::Compare { left, operator, right: Right::One(right) }
        }))
    }

    fn membership(&mut self, left: &IdedExpr, right: &IdedExpr) -> Option<Node> {
        let left = self.operand(left, Operator::In.sign());
        let Expr::List(list) = &right.expr else {
            self.problem(right, ProblemKind::ListExpected);
            return None;
        };
        if list.elements.is_empty() {
            self.problem(right, ProblemKind::ListEmpty);
        }
        let mut values = Vec::new();
        for item in &list.elements {
            let n_problems = self.problems.len();
            let Some(value) = self.plain_value(item) else {
                if self.problems.len() == n_problems {
                    self.problem(item, ProblemKind::ListItemIsNoLiteral);
                }
                continue;
            };
            let expected = left.as_ref().map_or(value.kind(), |left| left.kind(&self.readings));
            if value.kind() != expected {
                let found = value.kind();
                self.problem(item, ProblemKind::WrongKind { text: value.to_string(), found, expected });
            }
            values.push(value);
        }
        let left = left.filter(|_| values.len() == list.elements.len())?;
        Some(Node::Condition(Condition::Compare { left, operator: Operator::In, right: Right::Among(values) }))
    }

    /// A literal, with its sign.
    fn plain_value(&mut self, expression: &IdedExpr) -> Option<Value> {
        match &expression.expr {
            Expr::Literal(literal) => self.literal(expression, literal),
            Expr::Call(CallExpr { func_name, args, .. }) if func_name == operators::NEGATE => match args.as_slice() {
                [IdedExpr { expr: Expr::Literal(_), .. }] => match self.plain_value(&args[0])? {
                    Value::Number(number) => Some(Value::Number(-number)),
                    Value::Bool(_) | Value::Text(_) => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    /// A path, alone or in `reported`, `attested` and `optional`.
    fn reading(&mut self, expression: &IdedExpr) -> Option<Operand> {
        let (read, default) = match called(expression, "optional") {
            Some((function, [read, default])) => {
                let n_problems = self.problems.len();
                let value = self.plain_value(default);
                if value.is_none() && self.problems.len() == n_problems {
                    self.problem(default, ProblemKind::DefaultIsNoLiteral { function });
                }
                (self.graded(read, Some(function)), Some((default, value)))
            }
            _ => (self.graded(expression, None), None),
        };
        let (path, grade) = read?;
        let Some(known) = self.schema.lookup(&path) else {
            let (nearest, known) = (self.schema.nearest(&path), self.schema.related(&path));
            self.problem(expression, ProblemKind::UnknownPath { path, nearest, known });
            return None;
        };
        let kind = known.kind();
        let default = match default {
            None => None,
            Some((at, value)) => {
                let value = value?;
                if value.kind() != kind {
                    let found = value.kind();
                    self.problem(at, ProblemKind::WrongKind { text: value.to_string(), found, expected: kind });
                    return None;
                }
                Some(value)
            }
        };
        let reading = Reading { path, grade, kind, default };
        let known = self.readings.iter().position(|earlier| *earlier == reading);
        Some(Operand::Read(known.unwrap_or_else(|| {
            self.readings.push(reading);
            self.readings.len() - 1
        })))
    }

    /// A path and the grade in which it is read. `within` is the function whose argument this is.
    fn graded(&mut self, expression: &IdedExpr, within: Option<&'static Function>) -> Option<(Path, Grade)> {
        for grade in Grade::ALL {
            if let Some((function, [argument])) = grade.function().and_then(|name| called(expression, name)) {
                return Some((self.path(argument, Some(function))?, grade));
            }
        }
        Some((self.path(expression, within)?, Grade::Measured))
    }

    fn path(&mut self, expression: &IdedExpr, within: Option<&'static Function>) -> Option<Path> {
        let n_problems = self.problems.len();
        let mut segments = Vec::new();
        if self.collect_segments(expression, &mut segments) {
            return Some(segments.into());
        }
        if self.problems.len() == n_problems && !self.is_refused(expression) {
            let kind = within.map_or(ProblemKind::NotAPath, |function| ProblemKind::ArgumentIsNoPath { function });
            self.problem(expression, kind);
        }
        None
    }

    /// The segments of a path from its root; false if the node is none.
    fn collect_segments(&mut self, expression: &IdedExpr, segments: &mut Vec<String>) -> bool {
        match &expression.expr {
            Expr::Ident(name) if !name.starts_with('.') => {
                segments.push(name.clone());
                true
            }
            Expr::Select(select) if !select.test => {
                let is_path = self.collect_segments(&select.operand, segments);
                segments.push(select.field.clone());
                is_path
            }
            Expr::Call(CallExpr { func_name, target: None, args }) => match (func_name.as_str(), args.as_slice()) {
                (operators::INDEX, [inner, IdedExpr { expr: Expr::Literal(LiteralValue::String(name)), .. }]) => {
                    let is_path = self.collect_segments(inner, segments);
                    segments.push(name.to_string());
                    is_path
                }
                ("slice", [IdedExpr { expr: Expr::Literal(LiteralValue::String(name)), .. }]) => {
                    segments.extend(["slices".to_owned(), name.to_string()]);
                    true
                }
                ("slice", [_]) => {
                    if let Some(function) = function("slice") {
                        self.problem(expression, ProblemKind::ArgumentIsNoText { function });
                    }
                    false
                }
                ("slice", arguments) => {
                    if let Some(function) = function("slice") {
                        self.problem(expression, ProblemKind::WrongArguments { function, found: arguments.len() });
                    }
                    false
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether the scan has refused something inside of a node, so that a report on the whole would say it twice.
    fn is_refused(&self, expression: &IdedExpr) -> bool {
        let span = self.span(expression);
        self.problems.iter().any(|problem| span.contains(&problem.offset))
    }

    /// Where a node stands, without brackets around it. CEL notes one token for each node: the operator's, or the dot's.
    fn span(&self, expression: &IdedExpr) -> Range<usize> {
        let own = self.parsed.positions.offset_for(expression.id).and_then(|(start, _)| usize::try_from(start).ok());
        let Some(token_idx) = own.and_then(|start| self.scanned.token_at(start)) else {
            return 0..self.text.len();
        };
        let token = self.scanned.tokens[token_idx];
        match &expression.expr {
            // `has(a.b)` is a selection to CEL; its token is the bracket.
            Expr::Select(SelectExpr { test: true, .. }) => self.named_call(token_idx),
            Expr::Select(select) => {
                let field = self.scanned.tokens.get(token_idx + 1).unwrap_or(&token);
                self.span(&select.operand).start..field.end
            }
            Expr::Call(CallExpr { func_name, target, args }) => match (target, args.as_slice()) {
                (Some(target), _) => self.span(target).start..self.closing(token_idx),
                (None, [left, _]) if func_name == operators::INDEX => self.span(left).start..self.closing(token_idx),
                (None, [left, .., right]) if !is_word(func_name) => self.span(left).start..self.span(right).end,
                (None, [inner]) if !is_word(func_name) => token.start..self.span(inner).end.max(token.end),
                _ => self.named_call(token_idx),
            },
            Expr::List(_) | Expr::Map(_) => token.start..self.closing(token_idx),
            Expr::Comprehension(_) | Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) | Expr::Unspecified => {
                token.start..token.end
            }
        }
    }

    /// Where a call stands whose bracket opens at a token.
    fn named_call(&self, open_idx: usize) -> Range<usize> {
        let name = self.scanned.tokens[open_idx.saturating_sub(1)];
        name.start..self.closing(open_idx)
    }

    /// The end of the bracket that opens at a token.
    fn closing(&self, open_idx: usize) -> usize {
        let mut depth = 0_usize;
        for token in &self.scanned.tokens[open_idx..] {
            match &self.text[token.start..token.end] {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return token.end;
            }
        }
        self.text.len()
    }
}

/// Whether a call is a function's, not an operator's.
fn is_word(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// The arguments of a call of one of our functions, if the node is one with the right number of them.
fn called<'e>(expression: &'e IdedExpr, name: &str) -> Option<(&'static Function, &'e [IdedExpr])> {
    match &expression.expr {
        Expr::Call(CallExpr { func_name, target: None, args }) if func_name == name => function(name)
            .filter(|function| function.arguments == args.len())
            .map(|function| (function, args.as_slice())),
        _ => None,
    }
}

/// `a && b && c` as one condition, however CEL nested it.
fn join_all(conditions: Vec<Condition>) -> Condition {
    Condition::All(conditions.into_iter().fold(Vec::new(), |mut joined, condition| {
        match condition {
            Condition::All(inner) => joined.extend(inner),
            other => joined.push(other),
        }
        joined
    }))
}

/// `a || b || c` as one condition, however CEL nested it.
fn join_any(conditions: Vec<Condition>) -> Condition {
    Condition::Any(conditions.into_iter().fold(Vec::new(), |mut joined, condition| {
        match condition {
            Condition::Any(inner) => joined.extend(inner),
            other => joined.push(other),
        }
        joined
    }))
}

/// The condition that holds exactly where this one does not.
fn negated(condition: Condition) -> Condition {
    match condition {
        Condition::Literal(value) => Condition::Literal(!value),
        Condition::Truth { reading, need } => Condition::Truth { reading, need: !need },
        Condition::Compare { left, operator, right } => {
            Condition::Compare { left, operator: operator.opposite(), right }
        }
        Condition::All(inner) => Condition::Any(inner.into_iter().map(negated).collect()),
        Condition::Any(inner) => Condition::All(inner.into_iter().map(negated).collect()),
    }
}
