//! Changes a list item by item, so that the comments beside the others stay.

use similar::{Algorithm, DiffOp, capture_diff_slices};
use toml_edit::Value;

use super::{
    bracket::{Items, bracket},
    lines,
    place::{Map, Node, Step},
    written::{quoted, shown_items},
};

/// Gives a list that is there other items; `None` when it is none.
pub(super) fn change(text: &str, way: &[Step], new: &[&str]) -> Option<String> {
    let map = Map::of(text)?;
    let Node::Value(value @ Value::Array(_)) = map.find(way)?.node else {
        return None;
    };
    let old = shown_items(&map, value);
    let old: Vec<_> = old.iter().map(String::as_str).collect();
    let changes = capture_diff_slices(Algorithm::Myers, &old, new);
    // From the end, so that the numbers of the items before stay as they are.
    changes
        .into_iter()
        .rev()
        .try_fold(text.to_owned(), |text, change| {
            one_change(text, way, change, new)
        })
}

fn one_change(text: String, way: &[Step], change: DiffOp, new: &[&str]) -> Option<String> {
    let (old, new) = match change {
        DiffOp::Equal { .. } => return Some(text),
        DiffOp::Delete {
            old_index, old_len, ..
        } => (old_index..old_index + old_len, &new[..0]),
        DiffOp::Insert {
            old_index,
            new_index,
            new_len,
        } => (old_index..old_index, &new[new_index..new_index + new_len]),
        DiffOp::Replace {
            old_index,
            old_len,
            new_index,
            new_len,
        } => (
            old_index..old_index + old_len,
            &new[new_index..new_index + new_len],
        ),
    };
    let both = old.len().min(new.len());
    let (kept, last) = (old.start..old.start + both, old.start + both);
    let text = (last..old.end).rev().try_fold(text, |text, index| {
        items(&text, way, |items| items.without(index))
    })?;
    let text = new[both..].iter().rev().try_fold(text, |text, item| {
        items(&text, way, |items| {
            items.with(last.checked_sub(1), &quoted(item))
        })
    })?;
    kept.zip(new).rev().try_fold(text, |text, (index, item)| {
        items(&text, way, |items| {
            let range = items.ranges.get(index)?.clone();
            Some(lines::replace(&text, range, &quoted(item)))
        })
    })
}

fn items(
    text: &str,
    way: &[Step],
    change: impl FnOnce(&Items<'_>) -> Option<String>,
) -> Option<String> {
    let map = Map::of(text)?;
    let Node::Value(value) = map.find(way)?.node else {
        return None;
    };
    change(&Items::of(&map, bracket(value)?)?)
}
