//! One table of the file, read key by key.

use std::ops::Range;

use toml::de::DeTable;

use super::{findings::Findings, secret, value::Value};

/// No key of ours is longer. An Entra secret has 40 characters.
const LONGEST_KEY: usize = 30;

/// A table; keys that nobody asks for are unknown.
pub(super) struct Table<'d> {
    findings: &'d Findings<'d>,
    /// `None`: the file does not have this table, so every key has its default.
    entries: Option<&'d DeTable<'d>>,
    path: String,
    header: Range<usize>,
    asked: Vec<&'static str>,
}

impl<'d> Table<'d> {
    pub(super) fn new(
        findings: &'d Findings<'d>,
        entries: Option<&'d DeTable<'d>>,
        path: String,
        header: Range<usize>,
    ) -> Self {
        Self {
            findings,
            entries,
            path,
            header,
            asked: Vec::new(),
        }
    }

    /// Reads the table, then reports the keys that were not asked for.
    pub(super) fn read<T>(mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let result = read(&mut self);
        self.report_unknown_keys();
        result
    }

    /// Reads the table if the file has it.
    pub(super) fn read_if_there<T>(self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.entries?;
        self.read(read)
    }

    /// Asks for a key; `None` when it is not set.
    pub(super) fn value(&mut self, key: &'static str) -> Option<Value<'d>> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        let (name, value) = self.entries?.get_key_value(key)?;
        let path = join(&self.path, key);
        self.findings.note_if_notable(&name.span(), &path);
        Some(Value::new(self.findings, path, name.span(), value))
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
        let path = join(&self.path, key);
        let table = match self.value(key) {
            Some(value) => value.table(&as_header(&path)),
            None => Self::new(self.findings, None, path, self.header.clone()),
        };
        table.read(read)
    }

    /// Reads a table below this one if it is there.
    pub(super) fn optional_section<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let remedy = as_header(&join(&self.path, key));
        self.value(key)?.table(&remedy).read_if_there(read)
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

pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// How the table at a path is written; `playlist[0].identity` stands as `[playlist.identity]`.
fn as_header(path: &str) -> String {
    let is_index = |c: char| c.is_ascii_digit() || c == '[' || c == ']';
    format!("write it as [{}]", path.replace(is_index, ""))
}

/// A key that nobody knows, fit to be printed: somebody may have pasted a secret in its place.
fn shown(key: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if key.len() > LONGEST_KEY || secret::looks_like_one(key) {
        "…".to_owned()
    } else if !key.is_empty() && key.bytes().all(is_plain) {
        key.to_owned()
    } else {
        format!("{key:?}")
    }
}
