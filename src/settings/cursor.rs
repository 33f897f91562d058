//! Walks through a TOML text table by table and collects everything that is wrong on the way.

use std::{cell::RefCell, ops::Range, path::Path};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Note, Problem, Problems, secret};

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

    fn note_if_notable(&self, at: &Range<usize>, key: &str) {
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

/// One table, read key by key. Keys that nobody asks for are unknown.
pub(super) struct Table<'d> {
    findings: &'d Findings<'d>,
    /// `None`: the file does not have this table, so every key has its default.
    entries: Option<&'d DeTable<'d>>,
    path: String,
    header: Range<usize>,
    asked: Vec<&'static str>,
}

impl<'d> Table<'d> {
    /// Reads the whole document.
    pub(super) fn read_root<T>(
        findings: &'d Findings<'d>,
        document: &'d DeTable<'d>,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        Self {
            findings,
            entries: Some(document),
            path: String::new(),
            header: 0..0,
            asked: Vec::new(),
        }
        .read(read)
    }

    /// Asks for a key; `None` when it is not set.
    pub(super) fn value(&mut self, key: &'static str) -> Option<Value<'d>> {
        self.asked.push(key);
        let (name, value) = self.entries?.get_key_value(key)?;
        let value = Value {
            findings: self.findings,
            key: join(&self.path, key),
            key_span: name.span(),
            value,
        };
        self.findings.note_if_notable(&value.key_span, &value.key);
        Some(value)
    }

    /// Whether a key is set; this does not count as asking for it.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries
            .is_some_and(|entries| entries.contains_key(key))
    }

    /// A checked value; `None` when the key is not set or was found wrong.
    pub(super) fn take<T>(
        &mut self,
        key: &'static str,
        check: impl FnOnce(&Value<'d>) -> Option<T>,
    ) -> Option<T> {
        check(&self.value(key)?)
    }

    /// A checked value of a key that must be set; `why` tells what it is good for.
    pub(super) fn need<T>(
        &mut self,
        key: &'static str,
        why: &str,
        check: impl FnOnce(&Value<'d>) -> Option<T>,
    ) -> Option<T> {
        let Some(value) = self.value(key) else {
            self.miss(key, why);
            return None;
        };
        check(&value)
    }

    /// Reads a table below this one; one that is not there is read as an empty one.
    pub(super) fn section<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Self) -> T) -> T {
        match self.value(key) {
            Some(value) => value.table_below().read(read),
            None => self.absent(key).read(read),
        }
    }

    /// Reads a table below this one if it is there.
    pub(super) fn optional_section<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let table = self.value(key)?.table_below();
        table.entries?;
        table.read(read)
    }

    /// Reports a key that must be set; the place is the table's header.
    pub(super) fn miss(&self, key: &str, why: &str) {
        let key = join(&self.path, key);
        self.findings.add(&self.header, &key, "is missing", why);
    }

    /// Reports something wrong with the table as a whole.
    pub(super) fn wrong(&self, problem: &str, remedy: &str) {
        self.findings.add(&self.header, &self.path, problem, remedy);
    }

    fn read<T>(mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let result = read(&mut self);
        self.report_unknown_keys();
        result
    }

    fn absent(&self, key: &str) -> Self {
        Table {
            findings: self.findings,
            entries: None,
            path: join(&self.path, key),
            header: self.header.clone(),
            asked: Vec::new(),
        }
    }

    fn report_unknown_keys(&self) {
        let keys = self.entries.into_iter().flat_map(DeTable::keys);
        for key in keys.filter(|key| !self.asked.contains(&&**key.get_ref())) {
            let name = key.get_ref();
            let remedy = match nearest(name, self.asked.iter().copied()) {
                Some(known) => format!("did you mean \"{known}\"?"),
                None => format!("known here: {}", self.asked.join(", ")),
            };
            let path = join(&self.path, &shown(name));
            self.findings
                .add(&key.span(), &path, "is no known key", &remedy);
        }
    }
}

/// One value and where it stands.
pub(super) struct Value<'d> {
    findings: &'d Findings<'d>,
    key: String,
    key_span: Range<usize>,
    value: &'d Spanned<DeValue<'d>>,
}

impl<'d> Value<'d> {
    pub(super) fn toml(&self) -> &'d DeValue<'d> {
        self.value.get_ref()
    }

    /// Reports what is wrong with the value.
    pub(super) fn wrong(&self, problem: &str, remedy: &str) {
        self.findings
            .add(&self.value.span(), &self.key, problem, remedy);
    }

    /// Reports that the key should not be here at all.
    pub(super) fn misplaced(&self, problem: &str, remedy: &str) {
        self.findings
            .add(&self.key_span, &self.key, problem, remedy);
    }

    pub(super) fn wrong_kind(&self, wanted: &str, remedy: &str) {
        let problem = format!("must be {wanted}, not {}", kind(self.toml()));
        self.wrong(&problem, remedy);
    }

    /// The items of a list, or `None` with a problem reported.
    pub(super) fn items(&self, remedy: &str) -> Option<Vec<Self>> {
        let Some(items) = self.toml().as_array() else {
            self.wrong_kind("a list", remedy);
            return None;
        };
        let item = |(index, value): (usize, &'d Spanned<DeValue<'d>>)| Value {
            findings: self.findings,
            key: format!("{}[{index}]", self.key),
            key_span: value.span(),
            value,
        };
        Some(items.iter().enumerate().map(item).collect())
    }

    /// Reads the value as a table of its own, or reports that it is none.
    pub(super) fn read_table<T>(
        &self,
        remedy: &str,
        read: impl FnOnce(&mut Table<'d>) -> Option<T>,
    ) -> Option<T> {
        let table = self.table(remedy);
        table.entries?;
        table.read(read)
    }

    /// A value inside this one, if this is a table and has the key.
    pub(super) fn child(&self, key: &str) -> Option<Self> {
        let (name, value) = self.toml().as_table()?.get_key_value(key)?;
        Some(Value {
            findings: self.findings,
            key: join(&self.key, key),
            key_span: name.span(),
            value,
        })
    }

    fn table_below(&self) -> Table<'d> {
        self.table(&format!("write it as [{}]", self.key))
    }

    fn table(&self, remedy: &str) -> Table<'d> {
        let entries = self.toml().as_table();
        if entries.is_none() {
            self.wrong_kind("a table", remedy);
        }
        Table {
            findings: self.findings,
            entries,
            path: self.key.clone(),
            header: self.value.span(),
            asked: Vec::new(),
        }
    }
}

/// The known word that was probably meant.
pub(super) fn nearest(
    word: &str,
    known: impl IntoIterator<Item = &'static str>,
) -> Option<&'static str> {
    let plain = |word: &str| word.to_lowercase().replace(['-', ' '], "_");
    let word = plain(word);
    known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(&word, &plain(known)), known))
        .filter(|(distance, known)| *distance <= known.len().div_ceil(3))
        .min()
        .map(|(_, known)| known)
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// A key that nobody knows, fit to be printed: somebody may have pasted a secret in its place.
fn shown(key: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if key.len() > 40 || secret::looks_like_one(key) {
        "…".to_owned()
    } else if !key.is_empty() && key.bytes().all(is_plain) {
        key.to_owned()
    } else {
        format!("{key:?}")
    }
}
