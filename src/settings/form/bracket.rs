//! Adds and cuts the items of a list or of an inline table.

use std::ops::Range;

use toml_edit::{InlineTable, Value};

use super::{
    lines,
    place::{Bracket, Map},
};

/// The brackets of a list or of an inline table, and the items between them.
pub(super) struct Items<'t> {
    text: &'t str,
    outer: Range<usize>,
    /// A table's items are whole statements.
    pub(super) ranges: Vec<Range<usize>>,
    is_table: bool,
}

impl<'t> Items<'t> {
    pub(super) fn of(map: &Map<'t>, bracket: Bracket<'_>) -> Option<Self> {
        let text = map.text;
        let (outer, ranges) = match bracket {
            Bracket::List(list) => {
                let ranges: Option<Vec<_>> = list.iter().map(Value::span).collect();
                (list.span()?, ranges?)
            }
            Bracket::Table(table) => (table.span()?, statements(text, table)?),
        };
        let is_table = matches!(bracket, Bracket::Table(_));
        let items = Self {
            text,
            outer,
            ranges,
            is_table,
        };
        Some(items)
    }

    /// The item that ends with a value.
    pub(super) fn ending_with(&self, value: &Range<usize>) -> Option<usize> {
        self.ranges.iter().position(|item| item.end == value.end)
    }

    /// The text without one of the items; `None` when a comment in it would be lost.
    pub(super) fn without(&self, index: usize) -> Option<String> {
        let (text, item) = (self.text, self.ranges.get(index)?.clone());
        let inner = self.outer.start + 1..self.outer.end - 1;
        let next = self.ranges.get(index + 1);
        let next = next.map_or(inner.end, |next| next.start);
        let comma = comma(text, item.end..next);
        if !lines::comments(&text[item.clone()]).is_empty() && !self.stands_alone(&item) {
            return None;
        }
        let rest = &text[comma.map_or(item.end, |comma| comma + 1)..inner.end];
        let is_blank = [&text[inner.start..item.start], rest]
            .concat()
            .trim()
            .is_empty();
        if self.ranges.len() == 1 && is_blank {
            return Some(lines::replace(text, inner, ""));
        }
        match comma {
            Some(comma) if text[item.end..comma].trim().is_empty() => {
                Some(self.cut(item.start..comma + 1))
            }
            Some(comma) => {
                let text = lines::replace(text, comma..comma + 1, "");
                Some(lines::replace(&text, item, ""))
            }
            None => Some(self.without_last(item)),
        }
    }

    /// The text without the last item, whose comma is the one before it.
    fn without_last(&self, item: Range<usize>) -> String {
        let text = self.text;
        let before = self
            .ranges
            .iter()
            .rev()
            .find(|before| before.end <= item.start);
        let Some(comma) = before.and_then(|before| comma(text, before.end..item.start)) else {
            return self.cut(item);
        };
        let between = &text[comma + 1..item.start];
        if between.trim_matches(' ').is_empty() {
            return lines::replace(text, comma..item.end, "");
        }
        lines::replace(&self.cut(item), comma..comma + 1, "")
    }

    /// Cuts an item with what would be left of its line.
    fn cut(&self, range: Range<usize>) -> String {
        if self.stands_alone(&range) {
            return lines::cut(self.text, range);
        }
        let first = lines::start(self.text, range.start);
        let last = lines::end(self.text, range.end);
        let rest = self.text[range.end..last].trim();
        let blank = |text: &str, rest: &str| text.len() - rest.len();
        let (before, after) = (&self.text[first..range.start], &self.text[range.end..last]);
        let range = if rest.starts_with(['}', ']']) {
            range.start - blank(before, before.trim_end_matches(' '))..range.end
        } else {
            range.start..range.end + blank(after, after.trim_start_matches(' '))
        };
        lines::replace(self.text, range, "")
    }

    /// Whether nothing but a comment is beside it on its lines.
    fn stands_alone(&self, range: &Range<usize>) -> bool {
        let first = lines::start(self.text, range.start);
        let last = lines::end(self.text, range.end);
        let rest = self.text[range.end..last].trim_start_matches([' ', '\t', ',']);
        let is_alone = rest.trim().is_empty() || rest.starts_with('#');
        is_alone && self.text[first..range.start].trim().is_empty()
    }

    /// The text with an item more, after the item with this index or as the first.
    pub(super) fn with(&self, after: Option<usize>, new: &str) -> Option<String> {
        match after {
            Some(index) => self.with_after(self.ranges.get(index)?.clone(), new),
            None => Some(self.with_first(new)),
        }
    }

    fn with_after(&self, item: Range<usize>, new: &str) -> Option<String> {
        let text = self.text;
        let (first, last) = (lines::start(text, item.start), lines::end(text, item.end));
        let comma = comma(text, item.end..last.min(self.outer.end - 1));
        let rest = text[comma.map_or(item.end, |comma| comma + 1)..last].trim();
        let stands_alone = first > self.outer.start
            && text[first..item.start].trim().is_empty()
            && (rest.is_empty() || rest.starts_with('#'));
        if !stands_alone {
            return Some(lines::replace(
                text,
                item.end..item.end,
                &format!(", {new}"),
            ));
        }
        let indent = lines::indent(text, item.start);
        let line = match comma {
            Some(_) => format!("{indent}{new},"),
            None if self.is_last(&item) => format!("{indent}{new}"),
            // The comma stands on a line of its own, further below.
            None => {
                return Some(lines::replace(
                    text,
                    item.end..item.end,
                    &format!(", {new}"),
                ));
            }
        };
        let text = lines::add_below(text, item.end, &line);
        Some(match comma {
            Some(_) => text,
            None => lines::replace(&text, item.end..item.end, ","),
        })
    }

    fn with_first(&self, new: &str) -> String {
        let text = self.text;
        if let Some(first) = self.ranges.first() {
            let line = lines::start(text, first.start);
            let before = &text[line..first.start];
            let between = if line > self.outer.start && before.trim().is_empty() {
                [",", lines::line_break(text), before].concat()
            } else {
                ", ".to_owned()
            };
            return lines::replace(text, first.start..first.start, &[new, &between].concat());
        }
        let inner = self.outer.start + 1..self.outer.end - 1;
        if !text[inner.clone()].trim().is_empty() {
            return lines::replace(text, inner.end..inner.end, new);
        }
        let padding = if self.is_table { " " } else { "" };
        lines::replace(text, inner, &[padding, new, padding].concat())
    }

    fn is_last(&self, item: &Range<usize>) -> bool {
        let is_last = self.ranges.last().is_some_and(|last| last == item);
        is_last && comma(self.text, item.end..self.outer.end - 1).is_none()
    }
}

fn statements(text: &str, table: &InlineTable) -> Option<Vec<Range<usize>>> {
    let mut ends = Vec::new();
    value_ends(table, &mut ends);
    ends.sort_unstable();
    let mut from = table.span()?.start + 1;
    let range = |end| {
        let start = after_trivia(text, from);
        from = end;
        start..end
    };
    Some(ends.into_iter().map(range).collect())
}

/// Dotted keys stand for themselves, not for the table that they make.
fn value_ends(table: &InlineTable, ends: &mut Vec<usize>) {
    for (_, value) in table {
        match value.as_inline_table().filter(|table| table.is_dotted()) {
            Some(below) => value_ends(below, ends),
            None => ends.extend(value.span().map(|span| span.end)),
        }
    }
}

/// Where the first item begins that is no whitespace, comma or comment.
fn after_trivia(text: &str, mut at: usize) -> usize {
    loop {
        let rest = &text[at..];
        at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n', ',']).len();
        if !text[at..].starts_with('#') {
            return at;
        }
        at = lines::end(text, at);
    }
}

/// The comma between two items.
fn comma(text: &str, range: Range<usize>) -> Option<usize> {
    let mut at = range.start;
    while at < range.end {
        match text[at..range.end].find([',', '#']) {
            Some(offset) if text[at + offset..].starts_with(',') => return Some(at + offset),
            Some(offset) => at = lines::end(text, at + offset),
            None => return None,
        }
    }
    None
}

/// What stands in a list or an inline table that a key's value is.
pub(super) fn bracket(item: &Value) -> Option<Bracket<'_>> {
    match item {
        Value::Array(list) => Some(Bracket::List(list)),
        Value::InlineTable(table) => Some(Bracket::Table(table)),
        Value::String(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Datetime(_) => None,
    }
}
