//! The functions of criteria: all of them.

/// A function of criteria.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// How it is called.
    pub usage: &'static str,
    /// The number of its arguments.
    pub arguments: usize,
    /// What it does, in one sentence.
    pub doc: &'static str,
}

/// All functions: a closed list.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "optional",
        usage: "optional(path, default)",
        arguments: 2,
        doc: "The value of the path, or the default (a plain value of the same kind) if there is no evidence of it.",
    },
    Function {
        name: "reported",
        usage: "reported(path)",
        arguments: 1,
        doc: "What a client reported for the path; never what was measured or attested.",
    },
    Function {
        name: "attested",
        usage: "attested(path)",
        arguments: 1,
        doc: "What a person attested for the path; never what was measured or reported.",
    },
    Function {
        name: "slice",
        usage: "slice(\"name\")",
        arguments: 1,
        doc: "The slices by one feature, the beginning of a path: `slice(\"region\").f1.min` is `slices.region.f1.min`.",
    },
];

/// The function of a name.
pub(crate) fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}
