//! Changes a text as a page was filled in.

use std::{collections::BTreeMap, path::Path};

use super::{
    super::Problems, Credential, EntryKind, Field, Form, Input, PAGE, REPORT, Source, draft::Draft,
    written,
};

/// What came of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    pub text: String,
    /// The new text as a form, which is good when there are no [`Form::all_problems`].
    pub form: Form,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("{0}")]
    NoToml(Problems),
    /// The text has something at this key that a form cannot change.
    #[error("{key}: is written in a way that only an editor can change")]
    Unwritable { key: String },
}

/// The text with everything changed that was submitted and differs from what the text says.
///
/// # Errors
///
/// The text is no TOML, or not written in a way that a form can change. A submitted value is
/// never an error: a wrong one is in the new text, with a problem beside its field.
pub fn apply(
    text: &str,
    file: &Path,
    submitted: &BTreeMap<String, String>,
) -> Result<Applied, Failure> {
    let form = Form::of(text, file).map_err(Failure::NoToml)?;
    let mut draft = Draft::of(text, &form);
    let source = choice(submitted, "source", form.source, source);
    let credential = choice(submitted, "credential", form.credential, credential);
    let gone = [dropped_tables(source), dropped_keys(credential)].concat();
    change_fields(&mut draft, &form, submitted, &gone)?;
    for name in gone {
        draft.remove(name)?;
    }
    add_typed_entries(&mut draft, &form, submitted)?;
    arrange(&mut draft, form.playlist.len(), submitted)?;
    let kind = match submitted.get("add").map(String::as_str) {
        Some("report") => Some(EntryKind::Report),
        Some("page") => Some(EntryKind::Page),
        Some(_) | None => None,
    };
    if let Some(kind) = kind {
        draft.add(kind)?;
    }
    let text = draft.finish()?;
    let form = Form::of(&text, file).map_err(Failure::NoToml)?;
    Ok(Applied { text, form })
}

/// What was chosen, if it is something else than what the text says.
fn choice<T: Copy + PartialEq>(
    submitted: &BTreeMap<String, String>,
    name: &str,
    present: T,
    meaning: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let chosen = meaning(submitted.get(name)?)?;
    Some(chosen).filter(|chosen| *chosen != present)
}

fn source(word: &str) -> Option<Source> {
    match word {
        "powerbi" => Some(Source::PowerBi),
        "token_service" => Some(Source::TokenService),
        "none" => Some(Source::None),
        _ => None,
    }
}

fn credential(word: &str) -> Option<Credential> {
    match word {
        "secret" => Some(Credential::Secret),
        "certificate" => Some(Credential::Certificate),
        _ => None,
    }
}

fn dropped_tables(chosen: Option<Source>) -> Vec<&'static str> {
    match chosen {
        Some(Source::PowerBi) => vec!["token_service"],
        Some(Source::TokenService) => vec!["powerbi"],
        Some(Source::None) => vec!["powerbi", "token_service"],
        Some(Source::Both) | None => vec![],
    }
}

fn dropped_keys(chosen: Option<Credential>) -> Vec<&'static str> {
    match chosen {
        Some(Credential::Secret) => vec!["powerbi.client_certificate", "powerbi.client_key"],
        Some(Credential::Certificate) => vec!["powerbi.client_secret"],
        Some(Credential::None | Credential::Both) | None => vec![],
    }
}

/// Keys are set before others are emptied, so that no table goes and comes again.
fn change_fields(
    draft: &mut Draft<'_>,
    form: &Form,
    submitted: &BTreeMap<String, String>,
    gone: &[&str],
) -> Result<(), Failure> {
    let mut changes: Vec<_> = inputs(form)
        .filter(|(_, name)| !gone.iter().any(|gone| name.starts_with(gone)))
        .filter_map(|(field, name)| {
            let typed = submitted.get(&name)?;
            Some((name, field, written::normal(field.kind, typed)))
        })
        .collect();
    changes.sort_by_key(|(_, _, typed)| typed.is_empty());
    for (name, field, typed) in changes {
        let shown = form.inputs().find(|input| input.name == name);
        let shown = shown.map_or("", |input| input.value.as_str());
        if typed != written::normal(field.kind, shown) {
            draft.change(&name, field.kind, &typed)?;
        }
    }
    Ok(())
}

/// Every field that may be submitted for what the text has.
fn inputs(form: &Form) -> impl Iterator<Item = (&'static Field, String)> {
    let of_groups = form.groups.iter().flat_map(|group| &group.inputs);
    let named = |input: &Input| (input.field, input.name.clone());
    let of_entries = form.playlist.iter().flat_map(|entry| {
        all_of_entries().map(|field| (field, format!("{}.{}", entry.name, field.key)))
    });
    of_groups.map(named).chain(of_entries)
}

/// Of both kinds; an entry may become one of the other kind.
fn all_of_entries() -> impl Iterator<Item = &'static Field> {
    let pages = PAGE
        .iter()
        .filter(|field| REPORT.iter().all(|other| other.key != field.key));
    REPORT.iter().chain(pages)
}

fn add_typed_entries(
    draft: &mut Draft<'_>,
    form: &Form,
    submitted: &BTreeMap<String, String>,
) -> Result<(), Failure> {
    let mut new: BTreeMap<usize, Vec<(&'static Field, String)>> = BTreeMap::new();
    for (name, typed) in submitted {
        let Some((index, key)) = of_entry(name).filter(|(i, _)| *i >= form.playlist.len()) else {
            continue;
        };
        if let Some(field) = all_of_entries().find(|field| field.key == key) {
            let typed = written::normal(field.kind, typed);
            if !typed.is_empty() {
                new.entry(index).or_default().push((field, typed));
            }
        }
    }
    for fields in new.into_values() {
        let has = |key: &str| fields.iter().any(|(field, _)| field.key == key);
        let is_page = has("url") && !has("report_id");
        let index = draft.add(if is_page {
            EntryKind::Page
        } else {
            EntryKind::Report
        })?;
        for (field, typed) in fields {
            draft.change(
                &format!("playlist[{index}].{}", field.key),
                field.kind,
                &typed,
            )?;
        }
    }
    Ok(())
}

/// The index and the key within the entry.
fn of_entry(name: &str) -> Option<(usize, &str)> {
    let (index, key) = name.strip_prefix("playlist[")?.split_once("].")?;
    Some((index.parse().ok()?, key))
}

/// Moves entries, then takes those away that should go.
fn arrange(
    draft: &mut Draft<'_>,
    count: usize,
    submitted: &BTreeMap<String, String>,
) -> Result<(), Failure> {
    let orders: Vec<_> = submitted.keys().filter_map(|name| of_entry(name)).collect();
    // Which entry of the text stands where by now.
    let mut places: Vec<_> = (0..count).collect();
    for (index, order) in orders.iter().filter(|(index, _)| *index < count) {
        let place = places.iter().position(|entry| entry == index).unwrap_or(0);
        let first = match *order {
            "up" => place.checked_sub(1),
            "down" => Some(place).filter(|place| place + 1 < count),
            _ => None,
        };
        if let Some(first) = first {
            draft.swap(first)?;
            places.swap(first, first + 1);
        }
    }
    let is_gone = |entry: &usize| orders.contains(&(*entry, "remove"));
    for place in (0..count).rev().filter(|place| is_gone(&places[*place])) {
        draft.remove_entry(place)?;
    }
    Ok(())
}
