//! Adds, cuts and moves whole tables of a settings file's text.

use std::ops::Range;

use super::{
    lines,
    place::{Found, Map},
};

/// The usual order of the top tables.
const ORDER: [&str; 10] = [
    "player",
    "token",
    "powerbi",
    "token_service",
    "playlist",
    "display",
    "network",
    "portal",
    "recovery",
    "update",
];

/// Adds a header with one line below it, after the tables that usually come before it.
pub(super) fn add(map: &Map<'_>, header: &str, line: &str) -> String {
    let text = map.text;
    let name = header.trim_matches(['[', ']']).split('.').next();
    let rank = |name: &str| ORDER.iter().position(|known| *known == name);
    let own = name.and_then(rank);
    let headers = map.headers();
    let before = headers.iter().rposition(|(_, name)| rank(name) <= own);
    let after = before.map_or(0, |index| index + 1);
    let line_break = lines::line_break(text);
    let mut new = [header, line_break, line, line_break].concat();
    let Some((next, _)) = headers.get(after) else {
        if !text.is_empty() && !text.ends_with('\n') {
            new.insert_str(0, line_break);
        }
        if !text.trim().is_empty() {
            new.insert_str(0, line_break);
        }
        return [text, &new].concat();
    };
    let at = attached(map, next.start);
    if !text[..at].trim().is_empty() && !ends_blank(&text[..at]) {
        new.insert_str(0, line_break);
    }
    lines::replace(text, at..at, &[&new, line_break].concat())
}

/// Whether the last line is empty.
fn ends_blank(text: &str) -> bool {
    let lines = text.strip_suffix('\n').unwrap_or(text);
    lines[lines::start(lines, lines.len())..].trim().is_empty()
}

/// Where the next header begins, or the text ends.
pub(super) fn end(map: &Map<'_>, header: &Range<usize>) -> usize {
    let next = map
        .headers()
        .into_iter()
        .find(|(next, _)| next.start > header.start);
    next.map_or(map.text.len(), |(next, _)| {
        lines::start(map.text, next.start)
    })
}

/// Where the table ends: comments directly above the next header belong to that.
fn own_end(map: &Map<'_>, header: &Range<usize>) -> usize {
    let end = end(map, header);
    if end == map.text.len() {
        return end;
    }
    let attached = attached(map, end);
    attached.max(lines::end(map.text, header.end))
}

/// Where the comment lines that stand directly above a header begin.
fn attached(map: &Map<'_>, header: usize) -> usize {
    let text = map.text;
    let values = map.root().statements().into_iter().filter_map(Found::range);
    let above = values.map(|value| value.end).filter(|end| *end <= header);
    // What looks like a comment may be the end of a text of several lines.
    let floor = above.max().map_or(0, |end| lines::end(text, end));
    let mut first = lines::start(text, header);
    while first > floor {
        let above = lines::start(text, first - 1);
        if !text[above..first].trim_start().starts_with('#') {
            break;
        }
        first = above;
    }
    first
}

/// Whether nobody wrote a comment about an empty table.
pub(super) fn is_bare(map: &Map<'_>, header: &Range<usize>) -> bool {
    let text = map.text;
    let above = attached(map, header.start);
    above == lines::start(text, header.start)
        && text[header.end..own_end(map, header)].trim().is_empty()
}

/// Takes the header of an empty table away; comments stay.
pub(super) fn cut_header(map: &Map<'_>, header: &Range<usize>) -> String {
    let text = map.text;
    let first = lines::start(text, header.start);
    if !is_bare(map, header) {
        return lines::cut(text, first..header.end);
    }
    let end = own_end(map, header);
    let rest = lines::replace(text, first..end, "");
    if end < text.len() {
        return rest;
    }
    let before = rest.strip_suffix('\n').unwrap_or(&rest);
    let is_blank = rest.ends_with('\n') && ends_blank(&rest) && !rest.trim().is_empty();
    let kept = if is_blank {
        lines::start(before, before.len())
    } else {
        rest.len()
    };
    rest[..kept].to_owned()
}

/// Lets two tables of a list change places, with all that belongs to them; the earlier one first.
pub(super) fn swap(
    map: &Map<'_>,
    first: &[Range<usize>],
    second: &[Range<usize>],
) -> Option<String> {
    let (first, second) = (block(map, first)?, block(map, second)?);
    swap_ranges(map.text, first, second)
}

/// From the comments above the first header to the last line before a header of something else.
fn block(map: &Map<'_>, headers: &[Range<usize>]) -> Option<Range<usize>> {
    let text = map.text;
    let first = headers.iter().min_by_key(|header| header.start)?;
    let last = headers.iter().max_by_key(|header| header.start)?;
    let end = own_end(map, last);
    let start = attached(map, first.start);
    Some(start..start + text[start..end].trim_end().len())
}

pub(super) fn swap_ranges(text: &str, first: Range<usize>, second: Range<usize>) -> Option<String> {
    let between = text.get(first.end..second.start)?;
    let parts = [
        &text[..first.start],
        &text[second.clone()],
        between,
        &text[first],
        &text[second.end..],
    ];
    Some(parts.concat())
}
