//! A page as a browser reads it.

use html5ever::{ParseOpts, parse_document, tendril::TendrilSink};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// An element with its attributes and all elements under it, in the order of the document.
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    handle: Handle,
}

/// A parsed page.
pub(crate) struct Page {
    pub(crate) errors: Vec<String>,
    document: Handle,
}

impl Page {
    pub(crate) fn parse(html: &str) -> Self {
        let dom = parse_document(RcDom::default(), ParseOpts::default()).one(html);
        let errors = dom.errors.borrow().iter().map(ToString::to_string).collect();
        Self { errors, document: dom.document }
    }

    pub(crate) fn elements(&self) -> Vec<Element> {
        elements(&self.document)
    }

    pub(crate) fn named(&self, name: &str) -> Vec<Element> {
        self.elements().into_iter().filter(|element| element.name == name).collect()
    }
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn inside(&self, name: &str) -> Vec<Element> {
        elements(&self.handle).into_iter().skip(1).filter(|element| element.name == name).collect()
    }

    /// The text that a reader gets, a line for each block.
    pub(crate) fn text(&self) -> String {
        let mut raw = String::new();
        collect(&self.handle, &mut raw);
        let lines =
            raw.lines().map(|line| line.split([' ', '\t']).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" "));
        lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    }
}

fn elements(handle: &Handle) -> Vec<Element> {
    let mut all = Vec::new();
    if let NodeData::Element { name, attrs, .. } = &handle.data {
        let attributes = attrs.borrow().iter().map(|a| (a.name.local.to_string(), a.value.to_string())).collect();
        all.push(Element { name: name.local.to_string(), attributes, handle: handle.clone() });
    }
    for child in handle.children.borrow().iter() {
        all.extend(elements(child));
    }
    all
}

fn collect(handle: &Handle, text: &mut String) {
    match &handle.data {
        NodeData::Text { contents } => text.push_str(&contents.borrow()),
        NodeData::Element { name, .. } if matches!(&*name.local, "script" | "style" | "svg") => {}
        NodeData::Element { name, .. } => {
            handle.children.borrow().iter().for_each(|child| collect(child, text));
            match &*name.local {
                "td" | "th" | "dt" => text.push_str(" | "),
                "code" | "span" | "strong" | "a" | "label" => text.push(' '),
                _ => text.push('\n'),
            }
        }
        _ => handle.children.borrow().iter().for_each(|child| collect(child, text)),
    }
}
