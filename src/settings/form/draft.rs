//! A text on its way to what the page says, and what it should say in the end.

use std::collections::BTreeMap;

use super::{
    EntryKind, Failure, Form, Input, Kind, PAGE, REPORT, SECTIONS,
    bracket::{Items, bracket},
    edit, list,
    place::{Map, Node, Step, way},
    section, without_mark, written,
};

pub(super) struct Draft<'t> {
    original: &'t str,
    text: String,
    wanted: Values,
}

/// What all fields of a form show; those that show nothing are left out.
#[derive(Debug, PartialEq, Eq)]
struct Values {
    fields: BTreeMap<String, String>,
    /// By the key within the entry.
    entries: Vec<BTreeMap<String, String>>,
}

impl Values {
    fn of(form: &Form) -> Self {
        let filled = |inputs: &[Input], name: fn(&Input) -> String| {
            let filled = inputs.iter().filter(|input| !input.value.is_empty());
            filled
                .map(|input| (name(input), input.value.clone()))
                .collect::<BTreeMap<_, _>>()
        };
        let groups = form.groups.iter();
        let entries = form.playlist.iter();
        Self {
            fields: groups
                .flat_map(|group| filled(&group.inputs, |input| input.name.clone()))
                .collect(),
            entries: entries
                .map(|entry| filled(&entry.inputs, |input| input.field.key.to_owned()))
                .collect(),
        }
    }

    fn set(&mut self, way: &[Step], name: &str, value: String) {
        let (values, key) = match way.get(1) {
            Some(Step::Index(index)) => {
                let key = name.split_once("].").map_or(name, |(_, key)| key);
                let Some(entry) = self.entries.get_mut(*index) else {
                    return;
                };
                (entry, key)
            }
            Some(Step::Key(_)) | None => (&mut self.fields, name),
        };
        if value.is_empty() {
            values.remove(key);
        } else {
            values.insert(key.to_owned(), value);
        }
    }
}

impl<'t> Draft<'t> {
    pub(super) fn of(text: &'t str, form: &Form) -> Self {
        Self {
            original: text,
            text: without_mark(text).to_owned(),
            wanted: Values::of(form),
        }
    }

    /// Gives a field what was typed; nothing takes its key away.
    pub(super) fn change(&mut self, name: &str, kind: Kind, typed: &str) -> Result<(), Failure> {
        let failed = || unwritable(name);
        let way = way(name).ok_or_else(failed)?;
        self.wanted.set(&way, name, written::seen(kind, typed));
        let text = if typed.is_empty() {
            edit::unset(&self.text, &way)
        } else {
            let changed = match kind {
                Kind::List | Kind::ListOrText => {
                    list::change(&self.text, &way, &written::items(typed))
                }
                Kind::Text
                | Kind::Duration
                | Kind::Number
                | Kind::Flag
                | Kind::Choice(_)
                | Kind::Secret => None,
            };
            let set = || edit::set(&self.text, &way, &written::toml(kind, typed), &order(&way));
            changed.or_else(set)
        };
        self.text = text.ok_or_else(failed)?;
        Ok(())
    }

    /// Takes a key or a table away, with all fields of it.
    pub(super) fn remove(&mut self, name: &str) -> Result<(), Failure> {
        let failed = || unwritable(name);
        let way = way(name).ok_or_else(failed)?;
        let table = format!("{name}.");
        let is_gone = |key: &str| key == name || key.starts_with(&table);
        self.wanted.fields.retain(|key, _| !is_gone(key));
        self.text = edit::remove(&self.text, &way).ok_or_else(failed)?;
        Ok(())
    }

    /// Adds an empty entry to the playlist and gives its index.
    pub(super) fn add(&mut self, kind: EntryKind) -> Result<usize, Failure> {
        let line = match kind {
            EntryKind::Report => "report_id = \"\"",
            EntryKind::Page => "url = \"\"",
        };
        let text = added(&self.text, line);
        self.text = text.ok_or_else(|| unwritable("playlist"))?;
        self.wanted.entries.push(BTreeMap::new());
        Ok(self.wanted.entries.len() - 1)
    }

    /// Lets an entry and the one after it change places.
    pub(super) fn swap(&mut self, first: usize) -> Result<(), Failure> {
        let text = swapped(&self.text, first);
        self.text = text.ok_or_else(|| unwritable("playlist"))?;
        self.wanted.entries.swap(first, first + 1);
        Ok(())
    }

    pub(super) fn remove_entry(&mut self, index: usize) -> Result<(), Failure> {
        let text = without(&self.text, index);
        self.text = text.ok_or_else(|| unwritable("playlist"))?;
        self.wanted.entries.remove(index);
        Ok(())
    }

    /// The text, if it says what the page says. A change must never spoil another key.
    pub(super) fn finish(self) -> Result<String, Failure> {
        let map = Map::of(&self.text).ok_or_else(|| unwritable("the file"))?;
        let found = Values::of(&Form::shown(&map));
        if let Some(key) = difference(&self.wanted, &found) {
            return Err(Failure::Unwritable { key });
        }
        let mark = &self.original[..self.original.len() - without_mark(self.original).len()];
        Ok([mark, &self.text].concat())
    }
}

fn difference(wanted: &Values, found: &Values) -> Option<String> {
    if wanted.entries != found.entries {
        return Some("playlist".to_owned());
    }
    let mut keys = wanted.fields.keys().chain(found.fields.keys());
    keys.find(|key| wanted.fields.get(*key) != found.fields.get(*key))
        .cloned()
}

fn unwritable(key: &str) -> Failure {
    Failure::Unwritable {
        key: key.to_owned(),
    }
}

/// The keys of the section or entry that a way leads into, in their usual order.
fn order(way: &[Step]) -> Vec<&'static str> {
    let fields = match way {
        [Step::Key(table), ..] if table == "playlist" => {
            let pages = PAGE.iter().filter(|field| field.key != "seconds");
            return pages.chain(REPORT).map(|field| field.key).collect();
        }
        [Step::Key(table), ..] => SECTIONS.iter().find(|section| section.key == table),
        [Step::Index(_), ..] | [] => None,
    };
    let fields = fields.map_or(&[][..], |section| section.fields);
    fields.iter().map(|field| field.key).collect()
}

fn playlist() -> Vec<Step> {
    vec![Step::Key("playlist".to_owned())]
}

fn added(text: &str, line: &str) -> Option<String> {
    let map = Map::of(text)?;
    let Some(list) = map.find(&playlist()) else {
        return Some(section::add(&map, "[[playlist]]", line));
    };
    match list.node {
        Node::Tables(_) => Some(section::add(&map, "[[playlist]]", line)),
        Node::Value(value) => {
            let items = Items::of(&map, bracket(value)?).filter(|_| value.is_array())?;
            items.with(items.ranges.len().checked_sub(1), &format!("{{ {line} }}"))
        }
        Node::Table(_) => None,
    }
}

fn swapped(text: &str, first: usize) -> Option<String> {
    let map = Map::of(text)?;
    let [one, other] = [first, first + 1].map(|index| {
        let way = [playlist(), vec![Step::Index(index)]].concat();
        map.find(&way)
    });
    let (one, other) = (one?, other?);
    match (one.range(), other.range()) {
        (Some(one), Some(other)) => section::swap_ranges(text, one, other),
        _ => section::swap(&map, &one.header_ranges(), &other.header_ranges()),
    }
}

fn without(text: &str, index: usize) -> Option<String> {
    let way = [playlist(), vec![Step::Index(index)]].concat();
    let map = Map::of(text)?;
    let entry = map.find(&way)?;
    let Some(range) = entry.range() else {
        return edit::remove(text, &way);
    };
    let items = Items::of(&map, entry.bracket?)?;
    items.without(items.ending_with(&range)?)
}
