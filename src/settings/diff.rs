//! What changes between two texts, line by line, as a page shows it before saving.

use similar::{ChangeTag, TextDiff};

/// Lines shown around a change.
const CONTEXT: usize = 3;

/// One line of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    pub sign: Sign,
    /// In the old text, from 1; `None` for a new line and for a gap.
    pub old: Option<usize>,
    /// In the new text, from 1; `None` for a line that goes and for a gap.
    pub new: Option<usize>,
    /// Without its line break.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Same,
    Added,
    Removed,
    /// Lines that are the same are left out here.
    Gap,
}

/// The changed lines with a few around them; empty when the texts are the same.
#[must_use]
pub fn diff(old: &str, new: &str) -> Vec<DiffLine> {
    let diff = TextDiff::from_lines(old, new);
    let mut lines = Vec::new();
    for group in diff.grouped_ops(CONTEXT) {
        if !lines.is_empty() {
            lines.push(gap());
        }
        let changes = group.iter().flat_map(|op| diff.iter_changes(op));
        lines.extend(changes.map(|change| DiffLine {
            sign: match change.tag() {
                ChangeTag::Equal => Sign::Same,
                ChangeTag::Delete => Sign::Removed,
                ChangeTag::Insert => Sign::Added,
            },
            old: change.old_index().map(|index| index + 1),
            new: change.new_index().map(|index| index + 1),
            text: change.value().trim_end_matches(['\r', '\n']).to_owned(),
        }));
    }
    lines
}

fn gap() -> DiffLine {
    DiffLine {
        sign: Sign::Gap,
        old: None,
        new: None,
        text: String::new(),
    }
}
