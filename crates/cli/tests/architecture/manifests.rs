//! Every `Cargo.toml` against the table of crates.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::{assert_none, map, paths_under, read};

struct Manifest {
    /// The folder under `crates/`.
    name: String,
    table: Table,
}

fn manifests() -> Vec<Manifest> {
    let paths = paths_under("crates");
    let manifests = paths.iter().filter_map(|path| {
        let name = path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml").filter(|name| !name.contains('/'))?;
        let table = read(path).text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        Some(Manifest { name: name.to_owned(), table })
    });
    manifests.collect()
}

/// The names in all tables of dependencies that end up in the product: not those of tests.
fn dependencies(manifest: &Table) -> BTreeSet<String> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let tables =
        std::iter::once(manifest).chain(targets.into_iter().flat_map(Table::values).filter_map(Value::as_table));
    let mut names = BTreeSet::new();
    for table in tables {
        for kind in ["dependencies", "build-dependencies"] {
            let Some(dependencies) = table.get(kind).and_then(Value::as_table) else { continue };
            for (key, value) in dependencies {
                let renamed = value.get("package").and_then(Value::as_str);
                names.insert(renamed.unwrap_or(key).to_owned());
            }
        }
    }
    names
}

/// The crates of this repository that a manifest depends on, by their folders.
fn internal(manifest: &Table) -> BTreeSet<String> {
    dependencies(manifest).iter().filter_map(|name| name.strip_prefix("proofmark-")).map(str::to_owned).collect()
}

fn unlisted_edges(name: &str, manifest: &Table, allowed: &[String]) -> Vec<String> {
    let unlisted = internal(manifest).into_iter().filter(|other| !allowed.contains(other));
    unlisted.map(|other| format!("`{name}` depends on `{other}`, which ARCHITECTURE.md does not list")).collect()
}

#[test]
fn edges_between_crates_are_those_of_the_table() {
    let rows = map::crates();
    let mut violations = Vec::new();
    for manifest in manifests() {
        match rows.iter().find(|row| row.name == manifest.name) {
            Some(row) => violations.extend(unlisted_edges(&manifest.name, &manifest.table, &row.may_depend_on)),
            None => violations.push(format!("ARCHITECTURE.md does not list the crate `{}`", manifest.name)),
        }
    }
    assert_none(&violations);
}

#[test]
fn every_crate_of_the_table_exists_once() {
    let existing: BTreeSet<String> = manifests().into_iter().map(|manifest| manifest.name).collect();
    let mut seen = BTreeSet::new();
    let mut violations = Vec::new();
    for row in map::crates() {
        for name in std::iter::once(&row.name).chain(&row.may_depend_on) {
            if !existing.contains(name) {
                violations.push(format!("ARCHITECTURE.md lists `{name}` at `{}`, which does not exist", row.name));
            }
        }
        if !seen.insert(row.name.clone()) {
            violations.push(format!("ARCHITECTURE.md lists `{}` twice", row.name));
        }
    }
    assert_none(&violations);
}

#[test]
fn an_edge_in_any_form_is_seen() {
    for text in [
        "[dependencies]\nproofmark-lab = { path = '../lab' }",
        "[dependencies]\nproofmark-lab.workspace = true",
        "[dependencies]\nworkshop = { package = 'proofmark-lab', path = '../lab' }",
        "[build-dependencies]\nproofmark-lab.workspace = true",
        "[target.'cfg(unix)'.dependencies]\nproofmark-lab.workspace = true",
    ] {
        let manifest = text.parse().unwrap();
        assert_eq!(unlisted_edges("engine", &manifest, &["tensor".to_owned()]).len(), 1, "{text}");
        assert_eq!(unlisted_edges("cli", &manifest, &["lab".to_owned()]).len(), 0, "{text}");
    }
    let in_tests = "[dev-dependencies]\nproofmark-lab.workspace = true".parse().unwrap();
    assert_eq!(internal(&in_tests), BTreeSet::new());
}

#[test]
fn every_crate_has_the_lints_of_the_workspace() {
    let inherits = |manifest: &Manifest| manifest.table.get("lints")?.get("workspace")?.as_bool();
    let without = manifests().into_iter().filter(|manifest| inherits(manifest) != Some(true));
    assert_none(
        &without.map(|manifest| format!("`{}` lacks `[lints] workspace = true`", manifest.name)).collect::<Vec<_>>(),
    );
}

/// Clippy has one configuration a crate and no way to share it.
#[test]
fn crates_that_promise_bits_have_one_clippy_configuration() {
    let paths = paths_under("crates");
    let expected = read("crates/tensor/clippy.toml").text;
    for wanted in ["disallowed-methods", "f32::exp\"", "f64::ln\"", "std::collections::HashMap"] {
        assert!(expected.contains(wanted), "crates/tensor/clippy.toml lacks `{wanted}`");
    }
    let mut violations = Vec::new();
    for row in map::crates().iter().filter(|row| row.promises_bits) {
        let path = format!("crates/{}/clippy.toml", row.name);
        if !paths.contains(&path) || read(&path).text != expected {
            violations.push(format!("{path} is not the copy of crates/tensor/clippy.toml"));
        }
    }
    assert_none(&violations);
}

/// Its parallel sums of floats depend on how many threads there are.
#[test]
fn crates_that_promise_bits_do_without_rayon() {
    let bits: BTreeSet<String> =
        map::crates().into_iter().filter(|row| row.promises_bits).map(|row| row.name).collect();
    assert!(bits.len() >= 5, "the crates that promise bits are {bits:?}");
    let users = manifests().into_iter().filter(|manifest| dependencies(&manifest.table).contains("rayon"));
    assert_none(&users.map(|user| user.name).filter(|name| bits.contains(name)).collect::<Vec<_>>());
}
