//! The version of tract that the lock file has, for the line that is printed.

fn main() {
    let lock = std::fs::read_to_string("Cargo.lock").unwrap_or_default();
    let version = lock.split("name = \"tract-onnx\"\nversion = \"").nth(1).and_then(|rest| rest.split('"').next());
    println!("cargo::rustc-env=TRACT_VERSION={}", version.unwrap_or("of unknown version"));
    println!("cargo::rerun-if-changed=Cargo.lock");
}
