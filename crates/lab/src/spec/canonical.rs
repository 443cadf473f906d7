//! A tree as YAML again: what `spec.yaml` of a run holds, the overrides included.
//!
//! Reading what is written gives the same tree. Two trees that are equal are written in the same bytes.

use super::scalar;
use super::tree::{Node, NodeValue};

/// YAML limits a key in front of a `:` to 1,024 characters; longer ones are written after a `?`.
const MAX_SIMPLE_KEY: usize = 1000;

/// Writes a tree: maps and lists in blocks, lists of scalars in brackets, text without quotes where that is safe.
pub fn to_yaml(tree: &Node) -> String {
    let mut out = String::new();
    match &tree.value {
        NodeValue::Map(entries) if !entries.is_empty() => block(tree, 0, &mut out),
        NodeValue::List(items) if is_block_list(items) => block(tree, 0, &mut out),
        _ => {
            inline(tree, Context::Block, &mut out);
            out.push('\n');
        }
    }
    out
}

#[derive(Clone, Copy, PartialEq)]
enum Context {
    /// After `key: ` or `- `.
    Block,
    /// In brackets, or before a `:`.
    Narrow,
}

fn is_block(node: &Node) -> bool {
    match &node.value {
        NodeValue::Map(entries) => !entries.is_empty(),
        NodeValue::List(items) => is_block_list(items),
        _ => false,
    }
}

/// Lists of scalars fit into brackets.
fn is_block_list(items: &[Node]) -> bool {
    items.iter().any(|item| match &item.value {
        NodeValue::Map(entries) => !entries.is_empty(),
        NodeValue::List(items) => !items.is_empty(),
        _ => false,
    })
}

/// Writes a block collection whose first line is indented already.
fn block(node: &Node, indent: usize, out: &mut String) {
    match &node.value {
        NodeValue::Map(entries) => {
            for (idx, (key, value)) in entries.iter().enumerate() {
                if idx > 0 {
                    spaces(indent, out);
                }
                let mut written = String::new();
                text(&key.name, Context::Narrow, &mut written);
                if written.chars().count() > MAX_SIMPLE_KEY {
                    out.push_str("? ");
                    out.push_str(&written);
                    out.push('\n');
                    spaces(indent, out);
                } else {
                    out.push_str(&written);
                }
                out.push(':');
                if is_block(value) {
                    out.push('\n');
                    spaces(indent + 2, out);
                    block(value, indent + 2, out);
                } else {
                    out.push(' ');
                    inline(value, Context::Block, out);
                    out.push('\n');
                }
            }
        }
        NodeValue::List(items) => {
            for (idx, item) in items.iter().enumerate() {
                if idx > 0 {
                    spaces(indent, out);
                }
                out.push_str("- ");
                if is_block(item) {
                    block(item, indent + 2, out);
                } else {
                    inline(item, Context::Block, out);
                    out.push('\n');
                }
            }
        }
        _ => inline(node, Context::Block, out),
    }
}

fn inline(node: &Node, context: Context, out: &mut String) {
    match &node.value {
        NodeValue::Null => out.push_str("null"),
        NodeValue::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        NodeValue::Integer(value) => out.push_str(&value.to_string()),
        // The shortest digits that read back as the same bits, always with a point or an exponent.
        NodeValue::Float(value) => out.push_str(&format!("{value:?}")),
        NodeValue::Text(value) => text(value, context, out),
        NodeValue::Map(_) => out.push_str("{}"),
        NodeValue::List(items) => {
            out.push('[');
            for (idx, item) in items.iter().enumerate() {
                if idx > 0 {
                    out.push_str(", ");
                }
                inline(item, Context::Narrow, out);
            }
            out.push(']');
        }
    }
}

fn spaces(count: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', count));
}

fn text(value: &str, context: Context, out: &mut String) {
    if is_plain(value, context) {
        out.push_str(value);
        return;
    }
    out.push('"');
    for character in value.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                out.push_str(&format!("\\u{:04X}", u32::from(character)));
            }
            control if control.is_control() => out.push_str(&format!("\\x{:02X}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Whether a text can stand without quotes: narrower than YAML allows, so that no reader has to know its corners.
fn is_plain(value: &str, context: Context) -> bool {
    let starts_like_a_word = value.starts_with(|first: char| first.is_alphabetic() || matches!(first, '_' | '/'));
    let is_safe = |character: char| {
        character.is_alphanumeric()
            || matches!(character, '_' | '-' | '.' | '/' | '+')
            || (context == Context::Block
                && matches!(
                    character,
                    ' ' | '=' | '<' | '>' | '&' | '|' | '!' | '*' | '%' | '(' | ')' | '"' | '\'' | ','
                ))
    };
    starts_like_a_word
        && value.chars().all(is_safe)
        && !value.ends_with(' ')
        && matches!(scalar::resolve(value), Ok(NodeValue::Text(_)))
}
