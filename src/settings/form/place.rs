//! Finds where the keys of a settings file stand in its text.

use std::ops::Range;

use toml_edit::{Array, ArrayOfTables, Document, InlineTable, Item, Key, Table, Value};

/// A parsed text whose parts know their place.
pub(super) struct Map<'t> {
    pub(super) text: &'t str,
    document: Document<&'t str>,
}

/// One step of a way such as `playlist[1].report_id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// What stands at the end of a way.
#[derive(Clone, Copy)]
pub(super) enum Node<'d> {
    Table(&'d Table),
    Tables(&'d ArrayOfTables),
    Value(&'d Value),
}

/// A node that was found, and what is around it.
#[derive(Clone, Copy)]
pub(super) struct Found<'d> {
    pub(super) node: Node<'d>,
    /// `None` for an item of a list, and for the whole document.
    key: Option<&'d Key>,
    /// The innermost list or inline table that it is written in.
    pub(super) bracket: Option<Bracket<'d>>,
}

/// Something with items between brackets, separated by commas.
#[derive(Clone, Copy)]
pub(super) enum Bracket<'d> {
    List(&'d Array),
    Table(&'d InlineTable),
}

/// How a table is written, and with that how a key is added to it.
pub(super) enum Style {
    /// Below a header at this place; the whole document is below an empty one at its start.
    Header(Range<usize>),
    /// Between braces.
    Inline,
    /// As `table.key = value`, once at least.
    Dotted,
    /// Only by tables below it.
    Implicit,
}

impl<'t> Map<'t> {
    /// `None` when the text is no TOML.
    pub(super) fn of(text: &'t str) -> Option<Self> {
        let document = Document::parse(text).ok()?;
        Some(Self { text, document })
    }

    pub(super) fn find(&self, way: &[Step]) -> Option<Found<'_>> {
        way.iter()
            .try_fold(self.root(), |found, step| found.child(step))
    }

    pub(super) fn root(&self) -> Found<'_> {
        Found {
            node: Node::Table(self.document.as_table()),
            key: None,
            bracket: None,
        }
    }

    /// The nearest table on the way that the text has, and how many steps lead to it.
    pub(super) fn nearest(&self, way: &[Step]) -> (Found<'_>, usize) {
        let found = (0..way.len()).rev().find_map(|steps| {
            let found = self.find(&way[..steps])?;
            Some((found, steps))
        });
        found.unwrap_or_else(|| (self.root(), 0))
    }

    /// The headers of all tables with the name of their top table, in the order of the text.
    pub(super) fn headers(&self) -> Vec<(Range<usize>, &str)> {
        let mut headers = Vec::new();
        for (name, item) in self.document.as_table() {
            if let Some(node) = node(item) {
                let mut ranges = Vec::new();
                headers_below(node, &mut ranges);
                headers.extend(ranges.into_iter().map(|range| (range, name)));
            }
        }
        headers.sort_by_key(|(range, _)| range.start);
        headers
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or_default()
    }
}

impl<'d> Found<'d> {
    fn child(self, step: &Step) -> Option<Self> {
        match step {
            Step::Key(name) => self.below(name),
            Step::Index(index) => self.item(*index),
        }
    }

    fn below(self, name: &str) -> Option<Self> {
        let (key, item) = match self.node {
            Node::Table(table) => table.get_key_value(name)?,
            Node::Value(Value::InlineTable(table)) => table.get_key_value(name)?,
            Node::Value(_) | Node::Tables(_) => return None,
        };
        let bracket = match self.node {
            Node::Value(Value::InlineTable(table)) if !table.is_dotted() => {
                Some(Bracket::Table(table))
            }
            Node::Value(_) | Node::Table(_) | Node::Tables(_) => self.bracket,
        };
        Some(Self {
            node: node(item)?,
            key: Some(key),
            bracket,
        })
    }

    fn item(self, index: usize) -> Option<Self> {
        match self.node {
            Node::Tables(tables) => Some(Self {
                node: Node::Table(tables.get(index)?),
                key: None,
                bracket: None,
            }),
            Node::Value(Value::Array(list)) => Some(Self {
                node: Node::Value(list.get(index)?),
                key: None,
                bracket: Some(Bracket::List(list)),
            }),
            Node::Value(_) | Node::Table(_) => None,
        }
    }

    /// How many items a list has; `None` for anything else.
    pub(super) fn len(self) -> Option<usize> {
        match self.node {
            Node::Tables(tables) => Some(tables.len()),
            Node::Value(Value::Array(list)) => Some(list.len()),
            Node::Value(_) | Node::Table(_) => None,
        }
    }

    /// How a table is written; `None` for anything else.
    pub(super) fn style(self) -> Option<Style> {
        match self.node {
            Node::Table(table) if table.is_dotted() => Some(Style::Dotted),
            Node::Table(table) if table.is_implicit() => Some(Style::Implicit),
            Node::Table(table) => Some(Style::Header(table.span().unwrap_or_default())),
            Node::Value(Value::InlineTable(table)) if table.is_dotted() => Some(Style::Dotted),
            Node::Value(Value::InlineTable(_)) => Some(Style::Inline),
            Node::Value(_) | Node::Tables(_) => None,
        }
    }

    /// Whether it is a table without any key of its own.
    pub(super) fn is_empty_table(self) -> bool {
        self.style().is_some() && self.own_children().is_empty()
    }

    /// The keys of a table, with what stands there.
    fn children(self) -> Vec<Self> {
        let names: Vec<_> = match self.node {
            Node::Table(table) => table.iter().map(|(name, _)| name).collect(),
            Node::Value(Value::InlineTable(table)) => table.iter().map(|(name, _)| name).collect(),
            Node::Value(_) | Node::Tables(_) => Vec::new(),
        };
        let found = names.into_iter().filter_map(|name| self.below(name));
        found.collect()
    }

    /// The keys of a table that stand where its own keys stand, not below a header of their own.
    pub(super) fn own_children(self) -> Vec<Self> {
        let is_own = |child: &Self| match child.style() {
            Some(Style::Header(_) | Style::Implicit) => false,
            Some(Style::Inline | Style::Dotted) | None => !matches!(child.node, Node::Tables(_)),
        };
        self.children().into_iter().filter(is_own).collect()
    }

    pub(super) fn key_range(self) -> Option<Range<usize>> {
        self.key?.span()
    }

    /// The values that are written with keys of their own at or below this node.
    pub(super) fn statements(self) -> Vec<Self> {
        match self.node {
            Node::Tables(tables) => (0..tables.len())
                .filter_map(|index| self.item(index))
                .flat_map(Self::statements)
                .collect(),
            Node::Table(_) => self
                .children()
                .into_iter()
                .flat_map(Self::statements)
                .collect(),
            Node::Value(Value::InlineTable(table)) if table.is_dotted() => self
                .children()
                .into_iter()
                .flat_map(Self::statements)
                .collect(),
            Node::Value(_) => vec![self],
        }
    }

    /// The headers of this table and of those below it.
    pub(super) fn header_ranges(self) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        headers_below(self.node, &mut ranges);
        ranges
    }

    /// Of the value itself.
    pub(super) fn range(self) -> Option<Range<usize>> {
        match self.node {
            Node::Value(value) => value.span(),
            Node::Table(_) | Node::Tables(_) => None,
        }
    }
}

fn node(item: &Item) -> Option<Node<'_>> {
    match item {
        Item::None => None,
        Item::Value(value) => Some(Node::Value(value)),
        Item::Table(table) => Some(Node::Table(table)),
        Item::ArrayOfTables(tables) => Some(Node::Tables(tables)),
    }
}

fn headers_below(node_: Node<'_>, ranges: &mut Vec<Range<usize>>) {
    match node_ {
        Node::Table(table) => {
            if !table.is_implicit() && !table.is_dotted() {
                ranges.extend(table.span());
            }
            for (_, item) in table {
                if let Some(below) = node(item) {
                    headers_below(below, ranges);
                }
            }
        }
        Node::Tables(tables) => {
            for table in tables {
                headers_below(Node::Table(table), ranges);
            }
        }
        Node::Value(_) => {}
    }
}

/// The way that a dotted key means; `None` for a text that is none.
pub(super) fn way(name: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for part in name.split('.') {
        let (key, index) = match part.split_once('[') {
            Some((key, rest)) => (key, Some(rest.strip_suffix(']')?.parse().ok()?)),
            None => (part, None),
        };
        steps.push(Step::Key(key.to_owned()));
        steps.extend(index.map(Step::Index));
    }
    Some(steps)
}
