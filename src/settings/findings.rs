//! Collects what is found in one settings file, with its place in the text.

use std::{cell::RefCell, ops::Range, path::Path};

use super::{Note, Problem, Problems};

/// A file with more problems than this is no settings file at all.
const MOST_PROBLEMS: usize = 200;

/// What was found in one file.
pub(super) struct Findings<'d> {
    text: &'d str,
    file: &'d Path,
    /// Dotted keys that are worth a note when they are set.
    notable: &'d [&'d str],
    problems: RefCell<Vec<Problem>>,
    notes: RefCell<Vec<Note>>,
}

impl<'d> Findings<'d> {
    pub(super) fn new(text: &'d str, file: &'d Path, notable: &'d [&'d str]) -> Self {
        Self {
            text,
            file,
            notable,
            problems: RefCell::default(),
            notes: RefCell::default(),
        }
    }

    pub(super) fn add(&self, at: &Range<usize>, key: &str, problem: &str, remedy: &str) {
        if self.problems.borrow().len() == MOST_PROBLEMS {
            return;
        }
        let (line, column) = self.place(at.start);
        self.problems.borrow_mut().push(Problem {
            file: self.file.to_owned(),
            line,
            column,
            key: key.to_owned(),
            problem: problem.to_owned(),
            remedy: remedy.to_owned(),
        });
    }

    /// Adds a problem of the text itself, unless its line already has one.
    pub(super) fn add_once_per_line(&self, at: &Range<usize>, problem: &str, remedy: &str) {
        let (line, _) = self.place(at.start);
        if self
            .problems
            .borrow()
            .iter()
            .all(|known| known.line != line)
        {
            self.add(at, "", problem, remedy);
        }
    }

    /// The notes, or all problems; both in the order of the text.
    pub(super) fn conclude(self) -> Result<Vec<Note>, Problems> {
        let mut notes = self.notes.take();
        notes.sort_by_key(|note| (note.line, note.column));
        let problems = self.into_problems();
        if problems.0.is_empty() {
            Ok(notes)
        } else {
            Err(problems)
        }
    }

    pub(super) fn into_problems(self) -> Problems {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| (problem.line, problem.column));
        Problems(problems)
    }

    pub(super) fn note_if_notable(&self, at: &Range<usize>, key: &str) {
        if self.notable.contains(&key) {
            let (line, column) = self.place(at.start);
            self.notes.borrow_mut().push(Note {
                file: self.file.to_owned(),
                line,
                column,
                key: key.to_owned(),
            });
        }
    }

    fn place(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..self.text.floor_char_boundary(offset)];
        let line = before.rsplit('\n').next().unwrap_or(before);
        let column = line.trim_start_matches('\u{feff}').chars().count() + 1;
        (before.matches('\n').count() + 1, column)
    }
}
