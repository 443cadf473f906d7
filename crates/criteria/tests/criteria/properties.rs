//! Random criteria over random facts, with CEL's own interpreter as the second implementation.

use std::collections::{BTreeSet, HashMap};

use cel::{Context, Program};
use proofmark_criteria::{Fact, Facts, Kind, Outcome, Reason, Schema, compile};
use proptest::prelude::*;

/// Numbers that come close to what a double can do.
const NUMBERS: [f64; 14] =
    [0.0, 1.0, -1.0, 2.0, 3.0, 0.1, 0.2, 0.3, 1e-5, 1e16, 1e308, -1e308, 5e-324, 9007199254740991.0];

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

#[derive(Clone, Debug)]
enum Number {
    Literal(f64),
    Path(&'static str),
    Negative(Box<Number>),
    Binary(&'static str, Box<Number>, Box<Number>),
}

#[derive(Clone, Debug)]
enum Condition {
    Path(&'static str),
    Compare(&'static str, Number, Number),
    In(Number, Vec<f64>),
    Same(&'static str, &'static str),
    Not(Box<Condition>),
    Binary(&'static str, Box<Condition>, Box<Condition>),
}

/// Who the text is for: criteria also take `3` for a number, CEL's doubles are `3.0`.
#[derive(Clone, Copy, PartialEq)]
enum For {
    Criteria,
    Cel,
}

impl Number {
    fn write(&self, reader: For) -> String {
        match self {
            Number::Literal(number) => literal(*number, reader),
            Number::Path(name) => format!("n.{name}"),
            Number::Negative(inner) => format!("-({})", inner.write(reader)),
            Number::Binary(sign, left, right) => format!("({} {sign} {})", left.write(reader), right.write(reader)),
        }
    }

    fn paths(&self, paths: &mut BTreeSet<String>) {
        match self {
            Number::Literal(_) => {}
            Number::Path(name) => drop(paths.insert(format!("n.{name}"))),
            Number::Negative(inner) => inner.paths(paths),
            Number::Binary(_, left, right) => {
                left.paths(paths);
                right.paths(paths);
            }
        }
    }
}

impl Condition {
    fn write(&self, reader: For) -> String {
        match self {
            Condition::Path(name) => format!("b.{name}"),
            Condition::Compare(sign, left, right) => format!("{} {sign} {}", left.write(reader), right.write(reader)),
            Condition::In(left, list) => {
                let list: Vec<String> = list.iter().map(|number| literal(*number, reader)).collect();
                format!("({} in [{}])", left.write(reader), list.join(", "))
            }
            Condition::Same(name, text) => format!("t.{name} == '{text}'"),
            Condition::Not(inner) => format!("!({})", inner.write(reader)),
            Condition::Binary(sign, left, right) => format!("({} {sign} {})", left.write(reader), right.write(reader)),
        }
    }

    fn paths(&self, paths: &mut BTreeSet<String>) {
        match self {
            Condition::Path(name) => drop(paths.insert(format!("b.{name}"))),
            Condition::Compare(_, left, right) => {
                left.paths(paths);
                right.paths(paths);
            }
            Condition::In(left, _) => left.paths(paths),
            Condition::Same(name, _) => drop(paths.insert(format!("t.{name}"))),
            Condition::Not(inner) => inner.paths(paths),
            Condition::Binary(_, left, right) => {
                left.paths(paths);
                right.paths(paths);
            }
        }
    }
}

fn literal(number: f64, reader: For) -> String {
    match reader {
        For::Criteria => proofmark_criteria::Value::Number(number).to_string(),
        For::Cel => format!("{number:?}"),
    }
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&NAMES[..])
}

fn number() -> impl Strategy<Value = Number> {
    let leaf = prop_oneof![
        prop::sample::select(&NUMBERS[..]).prop_map(Number::Literal),
        (0.0..1e9).prop_map(Number::Literal),
        name().prop_map(Number::Path),
        name().prop_map(Number::Path),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        let sign = prop::sample::select(&["+", "-", "*", "/"][..]);
        prop_oneof![
            1 => inner.clone().prop_map(|inner| Number::Negative(Box::new(inner))),
            4 => (sign, inner.clone(), inner).prop_map(|(s, l, r)| Number::Binary(s, Box::new(l), Box::new(r))),
        ]
    })
}

fn condition() -> impl Strategy<Value = Condition> {
    let compare = prop::sample::select(&["==", "!=", "<", "<=", ">", ">="][..]);
    let leaf = prop_oneof![
        1 => name().prop_map(Condition::Path),
        4 => (compare, number(), number()).prop_map(|(sign, left, right)| Condition::Compare(sign, left, right)),
        1 => (number(), prop::collection::vec(prop::sample::select(&NUMBERS[..]), 1..4))
            .prop_map(|(left, list)| Condition::In(left, list)),
        1 => (name(), name()).prop_map(|(path, text)| Condition::Same(path, text)),
    ];
    leaf.prop_recursive(3, 10, 2, |inner| {
        let sign = prop::sample::select(&["&&", "||"][..]);
        prop_oneof![
            1 => inner.clone().prop_map(|inner| Condition::Not(Box::new(inner))),
            3 => (sign, inner.clone(), inner).prop_map(|(s, l, r)| Condition::Binary(s, Box::new(l), Box::new(r))),
        ]
    })
}

/// A number for each name, a truth for each, a text for each.
type World = ([f64; 4], [bool; 4], [&'static str; 4]);

fn world() -> impl Strategy<Value = World> {
    let numbers = prop::array::uniform4(prop_oneof![prop::sample::select(&NUMBERS[..]), -10.0..10.0]);
    (numbers, prop::array::uniform4(any::<bool>()), prop::array::uniform4(name()))
}

fn schema() -> Schema {
    let doc = |_| String::new();
    Schema::new().with("n.*", Kind::Number, doc).with("b.*", Kind::Bool, doc).with("t.*", Kind::Text, doc)
}

fn facts((numbers, bools, texts): &World) -> Facts {
    let mut facts = Facts::new();
    for (idx, name) in NAMES.into_iter().enumerate() {
        facts.insert(["n", name], Fact::measured(numbers[idx]).with_evidence(format!("n.{name}")));
        facts.insert(["b", name], Fact::measured(bools[idx]).with_evidence(format!("b.{name}")));
        facts.insert(["t", name], Fact::measured(texts[idx]).with_evidence(format!("t.{name}")));
    }
    facts
}

/// What CEL's interpreter says of a text.
fn according_to_cel(text: &str, (numbers, bools, texts): &World) -> cel::Value {
    fn named<T: Copy>(values: &[T; 4]) -> HashMap<&'static str, T> {
        NAMES.into_iter().zip(values.iter().copied()).collect()
    }
    let mut context = Context::default();
    context.add_variable("n", named(numbers)).expect("numbers bind");
    context.add_variable("b", named(bools)).expect("bools bind");
    context.add_variable("t", named(texts)).expect("texts bind");
    let program = Program::compile(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    program.execute(&context).unwrap_or_else(|error| panic!("{text}: {error}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn yes_and_no_are_what_cel_says(condition in condition(), world in world()) {
        let mut paths = BTreeSet::new();
        condition.paths(&mut paths);
        prop_assume!(!paths.is_empty());
        let criterion = compile(&condition.write(For::Criteria), &schema()).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let listed: BTreeSet<String> = criterion.paths().map(ToString::to_string).collect();
        prop_assert_eq!(&listed, &paths);

        let verdict = criterion.evaluate(&facts(&world));
        prop_assert!(verdict.missing.is_empty());
        let traced: BTreeSet<String> = verdict.comparisons.iter().flat_map(|c| c.evidence.clone()).collect();
        prop_assert_eq!(&traced, &paths);
        match verdict.outcome {
            Outcome::Yes | Outcome::No => {
                let expected = cel::Value::Bool(verdict.outcome == Outcome::Yes);
                prop_assert_eq!(according_to_cel(&condition.write(For::Cel), &world), expected);
                prop_assert!(verdict.reasons.is_empty());
            }
            Outcome::NoEvidence => {
                prop_assert!(!verdict.reasons.is_empty());
                for reason in &verdict.reasons {
                    let is_fault = matches!(reason, Reason::DivisionByZero { .. } | Reason::NotFinite { .. });
                    prop_assert!(is_fault, "{:?}", reason);
                }
            }
        }
    }

    #[test]
    fn a_missing_fact_is_never_yes_or_no(condition in condition(), world in world(), pick in any::<prop::sample::Index>()) {
        let mut paths = BTreeSet::new();
        condition.paths(&mut paths);
        prop_assume!(!paths.is_empty());
        let missing = paths.iter().nth(pick.index(paths.len())).expect("within").clone();
        let left: Facts = facts(&world)
            .iter()
            .filter(|(path, _)| path.to_string() != missing)
            .map(|(path, fact)| (path.clone(), fact.clone()))
            .collect();
        let criterion = compile(&condition.write(For::Criteria), &schema()).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let verdict = criterion.evaluate(&left);
        prop_assert_eq!(verdict.outcome, Outcome::NoEvidence);
        prop_assert_eq!(verdict.missing, vec![missing]);
    }

    /// The text of a comparison is a criterion, and says of itself what the verdict said.
    #[test]
    fn comparisons_are_criteria_themselves(condition in condition(), world in world()) {
        let facts = facts(&world);
        let Ok(criterion) = compile(&condition.write(For::Criteria), &schema()) else { return Ok(()) };
        for comparison in criterion.evaluate(&facts).comparisons {
            // CEL writes `not in` with `!`.
            let (text, holds) = match comparison.text.split_once(" not in ") {
                Some((left, right)) => (format!("{left} in {right}"), comparison.holds.map(|holds| !holds)),
                None => (comparison.text.clone(), comparison.holds),
            };
            match compile(&text, &schema()) {
                Ok(again) => prop_assert_eq!(&again.evaluate(&facts).comparisons[0].holds, &holds, "{}", text),
                Err(error) => prop_assert!(error.to_string().contains("reads no evidence"), "{}: {}", text, error),
            }
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,60}") {
        check_any(&text)?;
    }

    #[test]
    fn no_row_of_tokens_panics(tokens in prop::collection::vec(prop::sample::select(TOKENS), 0..40)) {
        check_any(&tokens.concat())?;
        check_any(&tokens.join(" "))?;
    }
}

/// What criteria are made of, and what they stumble over.
const TOKENS: &[&str] = &[
    "n.a", "b.a", "t.a", "n", ".", "a", "1", "2u", "0x", "1e5", "1e", ".5", "5.", "'x'", "\"x\"", "'", "\"", "\\",
    "r'", "b\"", "'''", "(", ")", "[", "]", "{", "}", ",", "&&", "||", "!", "==", "!=", "<", "<=", "=", "-", "+", "*",
    "/", "%", "?", ":", "in", "true", "null", "has", "slice", "optional", "reported", "attested", "all", "map", "//",
    "\n", "\r", "数", "＝", "`", "@", "package", "\u{0}", "\u{feff}",
];

/// Compiles and judges a text, whatever it is; the places of its problems are places in it.
fn check_any(text: &str) -> Result<(), TestCaseError> {
    match compile(text, &schema()) {
        Ok(criterion) => drop(criterion.evaluate(&Facts::new())),
        Err(error) => {
            prop_assert!(!error.problems.is_empty());
            for problem in &error.problems {
                let place = text.get(problem.offset..problem.offset + problem.length);
                prop_assert!(place.is_some(), "{:?} in {:?}", problem, text);
            }
        }
    }
    Ok(())
}
