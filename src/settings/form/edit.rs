//! Changes one key of a settings file's text; everything else stays as it is, byte for byte.

use std::ops::Range;

use super::{
    bracket::{Items, bracket},
    lines,
    place::{Found, Map, Node, Step, Style},
    section,
};

/// Tables whose absence means something else than their being empty.
const OPTIONAL: [&str; 4] = ["powerbi", "token_service", "identity", "endpoints"];

/// Gives a key a value, written as TOML. `order` has the keys of its section or entry, in their
/// usual order. `None`: something else is in the key's way.
pub(super) fn set(text: &str, way: &[Step], value: &str, order: &[&str]) -> Option<String> {
    let map = Map::of(text)?;
    if let Some(found) = map.find(way) {
        return replace_value(&map, found, value);
    }
    let (table, steps) = map.nearest(way);
    let statement = format!("{} = {value}", dotted(&way[steps..])?);
    match table.style()? {
        Style::Header(_) if steps == 0 => {
            let (last, header) = way.split_last()?;
            let line = format!("{} = {value}", dotted(std::slice::from_ref(last))?);
            let header = format!("[{}]", dotted(header)?);
            Some(section::add(&map, &header, &line))
        }
        Style::Header(header) => {
            let order = relative(order, way, steps)?;
            Some(add_below_header(&map, &header, &statement, &order))
        }
        Style::Inline => {
            let Node::Value(value) = table.node else {
                return None;
            };
            let items = Items::of(&map, bracket(value)?)?;
            items.with(items.ranges.len().checked_sub(1), &statement)
        }
        Style::Dotted => add_beside(&map, table, &statement),
        Style::Implicit => {
            let header = format!("[{}]", dotted(&way[..steps])?);
            Some(section::add(&map, &header, &statement))
        }
    }
}

/// The keys in their order, as they are written in the table that this many steps lead to.
fn relative<'o>(order: &[&'o str], way: &[Step], steps: usize) -> Option<Vec<&'o str>> {
    let section = if way.len() > 1 && matches!(way[1], Step::Index(_)) {
        2
    } else {
        1
    };
    let table = dotted(&way[section.min(steps)..steps])?;
    let within = |key: &&'o str| {
        let key = key.strip_prefix(&table)?;
        Some(key.strip_prefix('.').unwrap_or(key))
    };
    Some(order.iter().filter_map(within).collect())
}

fn replace_value(map: &Map<'_>, found: Found<'_>, value: &str) -> Option<String> {
    let range = found.range()?;
    let kept = lines::comments(map.slice(range.clone()));
    let text = lines::replace(map.text, range, value);
    if kept.is_empty() || found.bracket.is_some() {
        return Some(text);
    }
    let line = lines::start(map.text, found.key_range()?.start);
    let indent = lines::indent(map.text, line);
    let line_break = lines::line_break(map.text);
    let above: String = kept
        .iter()
        .flat_map(|comment| [indent, comment, line_break])
        .collect();
    Some(lines::replace(&text, line..line, &above))
}

/// Adds a statement where people would look for it: below its commented-out twin, or else below
/// the key that usually stands before it.
fn add_below_header(
    map: &Map<'_>,
    header: &Range<usize>,
    statement: &str,
    order: &[&str],
) -> String {
    let key = key_of(statement);
    let rank = |key: &str| order.iter().position(|known| *known == key);
    let own = rank(key);
    let mut best = (None, header.end);
    for (known, at) in lines_below(map, header) {
        if known == key {
            best = (own, at);
            break;
        }
        let rank = rank(known);
        if rank.is_some() && rank < own && best.0 <= rank {
            best = (rank, at);
        }
    }
    let indent = lines::indent(map.text, best.1);
    lines::add_below(map.text, best.1, &[indent, statement].concat())
}

/// The keys below a header, commented-out ones included, and a place in the last line of each.
fn lines_below<'t>(map: &Map<'t>, header: &Range<usize>) -> Vec<(&'t str, usize)> {
    let text = map.text;
    let stop = section::end(map, header);
    let statements: Vec<_> = map
        .root()
        .statements()
        .into_iter()
        .filter_map(whole)
        .collect();
    let mut keys = Vec::new();
    let mut at = lines::end(text, header.end);
    while at < stop {
        let end = lines::end(text, at);
        let line = text[at..end].trim();
        if let Some(statement) = statements
            .iter()
            .find(|range| (at..end).contains(&range.start))
        {
            keys.push((key_of(line), statement.end));
            at = lines::end(text, statement.end);
            continue;
        }
        let commented = line.trim_start_matches(['#', ' ']);
        if commented.starts_with('[') {
            break;
        }
        if commented.contains('=') {
            keys.push((key_of(commented), at));
        }
        at = end;
    }
    keys
}

fn key_of(statement: &str) -> &str {
    statement.split('=').next().unwrap_or_default().trim()
}

/// From the key to the end of the value.
fn whole(found: Found<'_>) -> Option<Range<usize>> {
    Some(found.key_range()?.start..found.range()?.end)
}

/// Adds a statement after the others that begin with the same dotted key.
fn add_beside(map: &Map<'_>, table: Found<'_>, statement: &str) -> Option<String> {
    let text = map.text;
    let children = table.own_children();
    let first = children.first()?.key_range()?;
    let statements = children.iter().flat_map(|child| child.statements());
    let last = statements
        .filter_map(Found::range)
        .max_by_key(|range| range.end)?;
    if let Some(bracket) = table.bracket {
        let items = Items::of(map, bracket)?;
        let sibling = items
            .ranges
            .iter()
            .find(|item| item.contains(&first.start))?;
        let statement = [&text[sibling.start..first.start], statement].concat();
        return items.with(Some(items.ending_with(&last)?), &statement);
    }
    let prefix = &text[lines::start(text, first.start)..first.start];
    Some(lines::add_below(
        text,
        last.end,
        &[prefix, statement].concat(),
    ))
}

/// Takes a key and its value away, and the table that this leaves empty if nobody wrote into it.
pub(super) fn unset(text: &str, way: &[Step]) -> Option<String> {
    let map = Map::of(text)?;
    let found = map.find(way)?;
    let text = cut(&map, found)?;
    let (_, table) = way.split_last()?;
    tidy(text, table)
}

fn cut(map: &Map<'_>, found: Found<'_>) -> Option<String> {
    let value = found.range()?;
    match found.bracket {
        Some(bracket) => {
            let items = Items::of(map, bracket)?;
            items.without(items.ending_with(&value)?)
        }
        None => {
            let start = lines::start(map.text, found.key_range()?.start);
            Some(lines::cut(map.text, start..value.end))
        }
    }
}

fn tidy(text: String, way: &[Step]) -> Option<String> {
    let Some(Step::Key(name)) = way.last() else {
        return Some(text);
    };
    let map = Map::of(&text)?;
    let Some(found) = map.find(way).filter(|found| found.is_empty_table()) else {
        return Some(text);
    };
    let is_optional = OPTIONAL.contains(&name.as_str());
    match found.style()? {
        Style::Header(header) if is_optional || section::is_bare(&map, &header) => {
            tidy(section::cut_header(&map, &header), &way[..way.len() - 1])
        }
        Style::Inline if is_optional => unset(&text, way),
        Style::Header(_) | Style::Inline | Style::Dotted | Style::Implicit => Some(text),
    }
}

/// Takes a table or an entry of the playlist away; the comments in it stay.
pub(super) fn remove(text: &str, way: &[Step]) -> Option<String> {
    let mut text = text.to_owned();
    loop {
        let map = Map::of(&text)?;
        let Some(found) = map.find(way) else {
            return Some(text);
        };
        if found.range().is_some() {
            return cut(&map, found);
        }
        let last = found
            .statements()
            .into_iter()
            .max_by_key(|one| one.range().map(|r| r.end));
        if let Some(last) = last {
            text = cut(&map, last)?;
            continue;
        }
        let mut headers = found.header_ranges();
        headers.sort_by_key(|header| header.start);
        let header = headers.pop()?;
        let shorter = section::cut_header(&map, &header);
        if headers.is_empty() {
            return Some(shorter);
        }
        text = shorter;
    }
}

/// The keys of a way as a dotted key; `None` when it leads through a list.
fn dotted(way: &[Step]) -> Option<String> {
    let keys: Option<Vec<_>> = way
        .iter()
        .map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        })
        .collect();
    Some(keys?.join("."))
}
