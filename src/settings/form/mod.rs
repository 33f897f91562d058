//! The settings as a form: what a technician changes on a page, and the text that comes of it.
//!
//! [`Form::of`] shows what stands in a text, mistakes included, each problem beside its field and
//! in the words of `everlit check`. [`apply()`] changes only what differs from that: comments, order
//! and the layout of everything else stay, byte for byte.
//!
//! # What is submitted
//!
//! | name | value |
//! | --- | --- |
//! | an [`Input::name`], such as `token.refresh_every` or `playlist[1].url` | what was typed; empty: the key goes |
//! | `playlist[N].…` beyond the last entry | a new entry, if anything was typed |
//! | `source` | `powerbi`, `token_service` or `none`: the other one's keys go |
//! | `credential` | `secret` or `certificate`: the other one's keys go |
//! | `playlist[N].remove`, `.up`, `.down` | anything; the entry goes, or changes places |
//! | `add` | `report` or `page`: an empty entry at the end |
//!
//! Names that are not there leave their keys alone, and names that nobody knows are ignored. All
//! numbers count as in the text that the page was made from, so the page has to bring that along.

use std::path::Path;

use toml::de::DeTable;

use super::{Problem, Problems, check};

mod apply;
mod bracket;
mod catalogue;
mod draft;
mod edit;
mod field;
mod lines;
mod list;
mod place;
mod section;
mod written;

pub use apply::{Applied, Failure, apply};
pub use catalogue::{PAGE, REPORT, SECTIONS};
pub use field::{Field, Kind, Section};

use place::{Map, Step, way};

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// One for each of [`SECTIONS`].
    pub groups: Vec<Group>,
    pub playlist: Vec<Entry>,
    pub source: Source,
    pub credential: Credential,
    /// Problems that belong to no field, group or entry.
    pub problems: Vec<Problem>,
}

/// A section with what the text says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub section: &'static Section,
    pub inputs: Vec<Input>,
    /// Problems of the table as a whole, unknown keys among them.
    pub problems: Vec<Problem>,
}

/// An entry of the playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Such as `playlist[0]`.
    pub name: String,
    pub kind: EntryKind,
    /// All that this kind has, and keys of the other kind that are set by mistake.
    pub inputs: Vec<Input>,
    pub problems: Vec<Problem>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    Report,
    Page,
}

/// A field and what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    pub field: &'static Field,
    /// The whole dotted key, which is also what it is submitted as.
    pub name: String,
    /// As it stands in the text; empty when the key is not set.
    pub value: String,
    pub is_set: bool,
    pub problems: Vec<Problem>,
}

/// Where the text says that tokens come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    None,
    PowerBi,
    TokenService,
    /// Both, which is a mistake.
    Both,
}

/// What the text says that Power BI is convinced by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    None,
    Secret,
    Certificate,
    /// Both, which is a mistake.
    Both,
}

impl Form {
    /// The form for a text; `file` is only for the problems.
    ///
    /// # Errors
    ///
    /// The text is no TOML.
    pub fn of(text: &str, file: &Path) -> Result<Self, Problems> {
        let problems = match check(text, file) {
            Ok(_) => Problems::default(),
            Err(problems) => problems,
        };
        // Our own parser of TOML stands before the one that knows every place.
        let is_toml = DeTable::parse_recoverable(text).1.is_empty();
        let Some(map) = Map::of(without_mark(text)).filter(|_| is_toml) else {
            return Err(problems);
        };
        let mut form = Self::shown(&map);
        for problem in problems.0 {
            form.place(problem);
        }
        Ok(form)
    }

    fn shown(map: &Map<'_>) -> Self {
        let has = |key: &str| map.find(&way(key).unwrap_or_default()).is_some();
        let group = |section: &'static Section| Group {
            section,
            inputs: inputs(map, section.key, section.fields),
            problems: Vec::new(),
        };
        let entries = map
            .find(&[Step::Key("playlist".to_owned())])
            .and_then(|list| list.len());
        Self {
            groups: SECTIONS.iter().map(group).collect(),
            playlist: (0..entries.unwrap_or(0))
                .map(|index| entry(map, index))
                .collect(),
            source: match (has("powerbi"), has("token_service")) {
                (false, false) => Source::None,
                (true, false) => Source::PowerBi,
                (false, true) => Source::TokenService,
                (true, true) => Source::Both,
            },
            credential: match (
                has("powerbi.client_secret"),
                has("powerbi.client_certificate") || has("powerbi.client_key"),
            ) {
                (false, false) => Credential::None,
                (true, false) => Credential::Secret,
                (false, true) => Credential::Certificate,
                (true, true) => Credential::Both,
            },
            problems: Vec::new(),
        }
    }

    /// Every field of the page.
    pub fn inputs(&self) -> impl Iterator<Item = &Input> {
        let groups = self.groups.iter().flat_map(|group| &group.inputs);
        groups.chain(self.playlist.iter().flat_map(|entry| &entry.inputs))
    }

    /// Every problem of the text, wherever the page shows it.
    pub fn all_problems(&self) -> impl Iterator<Item = &Problem> {
        let of_groups = self.groups.iter().flat_map(|group| &group.problems);
        let of_entries = self.playlist.iter().flat_map(|entry| &entry.problems);
        let of_inputs = self.inputs().flat_map(|input| &input.problems);
        let all = self.problems.iter().chain(of_groups);
        all.chain(of_entries).chain(of_inputs)
    }

    /// Puts a problem beside the field that it is about, or else as near as possible.
    fn place(&mut self, problem: Problem) {
        let is_about = |name: &str| {
            let rest = problem.key.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let mut entries = self.playlist.iter_mut();
        let entry = entries
            .find(|entry| is_about(&entry.name))
            .map(|entry| (&mut entry.inputs, &mut entry.problems));
        let mut groups = self.groups.iter_mut();
        let place = entry.or_else(|| {
            let group = groups.find(|group| is_about(group.section.key))?;
            Some((&mut group.inputs, &mut group.problems))
        });
        let Some((inputs, others)) = place else {
            return self.problems.push(problem);
        };
        let input = inputs.iter_mut().find(|input| is_about(&input.name));
        input
            .map_or(others, |input| &mut input.problems)
            .push(problem);
    }
}

/// The text behind the byte-order mark that some editors begin a file with.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

impl EntryKind {
    #[must_use]
    pub fn fields(self) -> &'static [Field] {
        match self {
            Self::Report => REPORT,
            Self::Page => PAGE,
        }
    }
}

fn inputs(map: &Map<'_>, table: &str, fields: &'static [Field]) -> Vec<Input> {
    fields
        .iter()
        .map(|field| input(map, table, field))
        .collect()
}

fn input(map: &Map<'_>, table: &str, field: &'static Field) -> Input {
    let name = format!("{table}.{}", field.key);
    let found = map.find(&way(&name).unwrap_or_default());
    let value = found.map(|found| written::shown(field.kind, map, found));
    Input {
        field,
        name,
        is_set: value.is_some(),
        value: value.unwrap_or_default(),
        problems: Vec::new(),
    }
}

fn entry(map: &Map<'_>, index: usize) -> Entry {
    let name = format!("playlist[{index}]");
    let (report, page) = (inputs(map, &name, REPORT), inputs(map, &name, PAGE));
    let is_set = |inputs: &[Input], key| inputs.iter().any(|i| i.field.key == key && i.is_set);
    let is_page = is_set(&page, "url") && !is_set(&report, "report_id");
    let (kind, mut inputs, others) = if is_page {
        (EntryKind::Page, page, report)
    } else {
        (EntryKind::Report, report, page)
    };
    let strays = others
        .into_iter()
        .filter(|other| other.is_set && inputs.iter().all(|input| input.name != other.name));
    let strays: Vec<_> = strays.collect();
    inputs.extend(strays);
    Entry {
        name,
        kind,
        inputs,
        problems: Vec::new(),
    }
}
