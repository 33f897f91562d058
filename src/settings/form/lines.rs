//! Cuts and joins text by its lines, and leaves everything else as it is.

use std::ops::Range;

/// Where the line that `at` is in begins.
pub(super) fn start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Where the line that `at` is in ends; its line break belongs to it.
pub(super) fn end(text: &str, at: usize) -> usize {
    text[at..]
        .find('\n')
        .map_or(text.len(), |newline| at + newline + 1)
}

/// The line break that a text uses.
pub(super) fn line_break(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        Some(_) | None => "\n",
    }
}

pub(super) fn replace(text: &str, range: Range<usize>, new: &str) -> String {
    [&text[..range.start], new, &text[range.end..]].concat()
}

/// The whitespace that a line begins with.
pub(super) fn indent(text: &str, at: usize) -> &str {
    let line = &text[start(text, at)..end(text, at)];
    let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
    &line[..blank]
}

/// Adds a line below the one that `at` is in.
pub(super) fn add_below(text: &str, at: usize, line: &str) -> String {
    let end = end(text, at);
    let line_break = line_break(text);
    if end > 0 && !text[..end].ends_with('\n') {
        return [text, line_break, line].concat();
    }
    replace(text, end..end, &[line, line_break].concat())
}

/// Cuts what begins its line and ends at `range.end`; the comments in it and behind it stay.
pub(super) fn cut(text: &str, range: Range<usize>) -> String {
    let (first, last) = (start(text, range.start), end(text, range.end));
    let mut kept = comments(&text[range.clone()]);
    kept.extend(Some(text[range.end..last].trim()).filter(|rest| !rest.is_empty()));
    if !kept.is_empty() {
        let between = [line_break(text), indent(text, range.start)].concat();
        let stays = range.end + text[range.end..last].trim_end().len();
        let begin = first + indent(text, range.start).len();
        return replace(text, begin..stays, &kept.join(&between));
    }
    if last == text.len() && !text.ends_with('\n') {
        return text[..first].trim_end_matches(['\r', '\n']).to_owned();
    }
    replace(text, first..last, "")
}

/// The comments in a piece of TOML.
pub(super) fn comments(toml: &str) -> Vec<&str> {
    let mut comments = Vec::new();
    let mut rest = toml;
    while let Some(at) = rest.find(['#', '"', '\'']) {
        let from = &rest[at..];
        rest = if from.starts_with('#') {
            let (comment, after) = from.split_at(from.find('\n').unwrap_or(from.len()));
            comments.push(comment.trim_end());
            after
        } else {
            &from[quoted(from)..]
        };
    }
    comments
}

/// How long the text in quotes is that `toml` begins with, the quotes included.
fn quoted(toml: &str) -> usize {
    let quote = ["\"\"\"", "'''", "\"", "'"]
        .into_iter()
        .find(|quote| toml.starts_with(quote))
        .unwrap_or("\"");
    let has_escapes = quote.starts_with('"');
    let mut at = quote.len();
    while let Some(rest) = toml.get(at..) {
        let Some(c) = rest.chars().next() else {
            break;
        };
        if has_escapes && c == '\\' {
            at += 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
        } else if rest.starts_with(quote) {
            // Up to two quotes more may belong to a text of several lines.
            let more = rest.len() - rest.trim_start_matches(&quote[..1]).len();
            return at + if quote.len() == 3 { more.min(5) } else { 1 };
        } else {
            at += c.len_utf8();
        }
    }
    toml.len()
}
