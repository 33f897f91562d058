//! What holds for the form whatever stands in the file and whatever is submitted.

use std::{collections::BTreeMap, path::Path};

use everlit::settings::{
    check,
    form::{Form, Kind, PAGE, REPORT, SECTIONS, apply},
};
use proptest::{
    prelude::*,
    sample::{Index, select},
};

use crate::form::{form, untouched};

/// The ways in which a table may be written; those without a header come first in a file.
const BARE: [&[&str]; 6] = [
    &[
        "token.refresh_every = '1 h' #c t1\n",
        "token = { refresh_every = \"1 h\" }\n",
    ],
    &[
        "display = { zoom = 2, cursor = 'shown' } #c d1\n",
        "display.zoom = 2\ndisplay.rotate = 90\n",
    ],
    &[
        "\"player\" . 'name' = \"\"\"lobby\n#no\"\"\" #c n1\n",
        "player = {}\n",
    ],
    &[
        "playlist = [\n  { url = 'https://a.example' }, #c e1\n  #c e2\n  { identity.username = 'u', report_id = \"\" },\n]\n",
        "playlist = []\n",
        "playlist = [{ url = 'https://a.example', allow = ['b.example',], }, {}, { seconds = 5 }]\n",
    ],
    &[
        "powerbi.endpoints.api = 'https://a.example'\npowerbi.tenant_id = 'a.example'\n",
        "powerbi = { tenant_id = 'a.example', client_secret = 'x', endpoints = { embed_hosts = [] } }\n",
    ],
    &["portal.hosts = [\n  'a.example', #c h1\n  #c h2\n  'b.example'\n]\n"],
];
const BELOW: [&[&str]; 6] = [
    &[
        "[token]\n#c k1\nrefresh_every = '1 h' #c k2\n# refresh_before_expiry = \"10 min\"\n",
        "[ token ] #c k3\n",
    ],
    &[
        "#c s1\n[display] #c s2\nzoom = 2.5\nschedule = 'Mon-Fri 07:00-19:00'\n",
        "[display]\nschedule = [ ]\n",
    ],
    &[
        "[player]\nname = '''lobby\n[no]\n'''\n",
        "[\"player\"]\n\tname = 5 #c p1\n",
    ],
    &[
        "[[playlist]]\nurl = 'https://a.example'\n\n#c l1\n[[playlist]] #c l2\nreport_id = ''\n[playlist.identity]\nroles = [\"a\", # b\n \"c\"]\n",
        "[[playlist]]\n  #c l3\n  [[playlist]]\n  seconds = \"5\"\n  identity = { username = 'u' }\n",
    ],
    &[
        "[powerbi]\ntenant_id = 'a.example'\n#c b1\nendpoints.scope = 'a'\n",
        "[powerbi.endpoints]\napi = 'x'\nembed_hosts = [\n'a', 'b', #c b2\n'c' ]\n",
    ],
    &[
        "[portal]\nlisten = '[::1]:1'\nhosts = ['a.example', 'b.example'] #c o1\n",
        "[portal] #c o2\n",
    ],
];

const USUAL: [&str; 10] = [
    "",
    "40 min",
    "5",
    "2.5",
    "true",
    "90",
    "public",
    "/etc/a.pem",
    "a\r\nb\nc",
    "x y",
];

const PIECES: &[&str] = &[
    "[token]",
    "[[playlist]]",
    "[playlist.identity]",
    "[playlist]",
    "playlist",
    "token",
    ".",
    "=",
    " = ",
    "\n",
    "\n",
    "\r\n",
    "refresh_every",
    "'1 h'",
    "\"\"\"",
    "'''",
    "#",
    "{",
    "}",
    "[",
    "]",
    ",",
    " ",
    "5",
    "true",
    "url = 'x'\n",
    "\u{feff}",
    "zoom",
    "[display]",
    "powerbi",
    "\"",
    "'",
    "\\",
    "é",
    "identity.username = 'a'\n",
    "[powerbi.endpoints]",
];

/// A file whose tables are written in any of these ways; it always ends with a line break.
fn file() -> impl Strategy<Value = String> {
    let way = (any::<Index>(), 0..3);
    let ways = prop::collection::vec(way, BARE.len());
    let order = Just((0..BELOW.len()).collect::<Vec<_>>()).prop_shuffle();
    (ways, order, any::<bool>()).prop_map(|(ways, order, is_from_windows)| {
        let mut text = String::from("#c top\n\n");
        for (variants, (index, how)) in BARE.iter().zip(&ways) {
            text += if *how == 1 {
                index.get::<&str>(variants)
            } else {
                ""
            };
        }
        for section in order {
            let (index, how) = &ways[section];
            text += if *how == 2 {
                index.get::<&str>(BELOW[section])
            } else {
                ""
            };
            text += if *how == 2 && section % 2 == 0 {
                "\n"
            } else {
                ""
            };
        }
        if is_from_windows {
            text.replace('\n', "\r\n")
        } else {
            text
        }
    })
}

fn names() -> Vec<(String, Kind)> {
    let of_sections = SECTIONS.iter().flat_map(|section| {
        let fields = section.fields.iter();
        fields.map(|field| (format!("{}.{}", section.key, field.key), field.kind))
    });
    let of_entries = (0..4).flat_map(|index| {
        let fields = REPORT.iter().chain(PAGE);
        fields.map(move |field| (format!("playlist[{index}].{}", field.key), field.kind))
    });
    of_sections.chain(of_entries).collect()
}

fn typed() -> impl Strategy<Value = String> {
    prop_oneof![3 => select(&USUAL[..]).prop_map(str::to_owned), 1 => any::<String>()]
}

fn page() -> impl Strategy<Value = BTreeMap<String, String>> {
    let names: Vec<_> = names().into_iter().map(|(name, _)| name).collect();
    prop::collection::btree_map(select(names), typed(), 0..8)
}

fn orders() -> impl Strategy<Value = BTreeMap<String, String>> {
    let entries = (0..3).flat_map(|index| {
        ["remove", "up", "down"].map(|order| (format!("playlist[{index}].{order}"), String::new()))
    });
    let words = [
        ("add", "report"),
        ("add", "page"),
        ("source", "powerbi"),
        ("source", "token_service"),
        ("source", "none"),
        ("credential", "secret"),
        ("credential", "certificate"),
    ];
    let words = words.map(|(name, word)| (name.to_owned(), word.to_owned()));
    prop::collection::vec(select(entries.chain(words).collect::<Vec<_>>()), 0..3)
        .prop_map(|orders| orders.into_iter().collect())
}

fn apply_to(text: &str, page: &BTreeMap<String, String>) -> Result<String, TestCaseError> {
    let applied = apply(text, Path::new("s.toml"), page);
    let applied = applied.map_err(|failure| TestCaseError::fail(format!("{failure}\n{text}")))?;
    Ok(applied.text)
}

fn comments(text: &str) -> Vec<&str> {
    let mut comments: Vec<_> = text
        .lines()
        .filter_map(|line| line.split_once("#c "))
        .map(|(_, c)| c)
        .collect();
    comments.sort_unstable();
    comments
}

fn parsed(text: &str) -> toml::Value {
    toml::Value::Table(text.parse().expect("it is TOML"))
}

/// What a file says at a dotted key.
fn value(file: &toml::Value, name: &str) -> Option<toml::Value> {
    let mut value = file;
    for step in name.split('.') {
        let (key, index) = step.split_once('[').unwrap_or((step, ""));
        value = value.get(key)?;
        if let Some(index) = index.strip_suffix(']') {
            value = value.get(index.parse::<usize>().expect("an index"))?;
        }
    }
    Some(value.clone())
}

/// What a field with this typed into it should be in the file.
fn meant(kind: Kind, typed: &str) -> Option<toml::Value> {
    let text = typed.trim().replace("\r\n", "\n");
    let number = || {
        text.parse()
            .map(toml::Value::Integer)
            .or(text.parse().map(toml::Value::Float))
    };
    let written = || toml::Value::String(text.clone());
    if text.is_empty() {
        return None;
    }
    Some(match kind {
        Kind::Text | Kind::Duration | Kind::Secret => written(),
        Kind::Number => number().unwrap_or_else(|_| written()),
        Kind::Choice(words) if words.contains(&&*text) => number().unwrap_or_else(|_| written()),
        Kind::Flag if text == "true" => toml::Value::Boolean(true),
        Kind::Choice(_) | Kind::Flag => written(),
        Kind::List | Kind::ListOrText => {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            toml::Value::Array(lines.map(|line| line.to_owned().into()).collect())
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_untouched_page_is_the_identity(text in file()) {
        prop_assert_eq!(apply_to(&text, &untouched(&form(&text)))?, text);
    }

    #[test]
    fn what_is_typed_stands_in_the_file_and_everything_else_stays(text in file(), page in page()) {
        let changed = apply_to(&text, &page)?;
        prop_assert_eq!(comments(&changed), comments(&text));
        prop_assert_eq!(changed.contains('\r'), text.contains('\r'));
        let (form, old, new) = (form(&text), parsed(&text), parsed(&changed));
        for (name, kind) in names() {
            let shown = form.inputs().find(|input| input.name == name);
            let shown = shown.map_or("", |input| &input.value);
            // New entries get other numbers.
            let is_new = name.starts_with("playlist")
                && form.playlist.iter().all(|entry| !name.starts_with(&entry.name));
            let typed = page.get(&name).filter(|typed| plain(kind, typed) != plain(kind, shown));
            let expected = typed.map_or_else(|| value(&old, &name), |typed| meant(kind, typed));
            prop_assert!(is_new || value(&new, &name) == expected, "{}: {:?}\n{}", name, expected, changed);
        }
    }

    #[test]
    fn orders_keep_all_comments_and_the_tables_that_they_do_not_name(
        text in file(), page in page(), orders in orders(),
    ) {
        let changed = apply_to(&text, &page.into_iter().chain(orders).collect())?;
        prop_assert_eq!(comments(&changed), comments(&text));
        let form = form(&changed);
        prop_assert_eq!(apply_to(&changed, &untouched(&form))?, changed);
    }

    #[test]
    fn what_is_set_and_unset_leaves_the_text_as_it_was(text in file(), any in any::<Index>()) {
        let form = form(&text);
        let unset: Vec<_> = form.inputs().filter(|input| !input.is_set).collect();
        let name = any.get(&unset).name.clone();
        let set = apply_to(&text, &BTreeMap::from([(name.clone(), "7".to_owned())]))?;
        prop_assert_ne!(&set, &text);
        let unset = apply_to(&set, &BTreeMap::from([(name, String::new())]))?;
        prop_assert_eq!(filled(&unset), filled(&text), "{}", set);
    }

    #[test]
    fn no_text_and_no_page_is_too_strange(text in strange(), page in page(), orders in orders()) {
        let file = Path::new("s.toml");
        let form = Form::of(&text, file);
        prop_assert!(form.is_ok() || check(&text, file).is_err());
        if let Ok(form) = form {
            let problems = check(&text, file).err().map_or(0, |problems| problems.0.len());
            prop_assert_eq!(form.all_problems().count(), problems);
            prop_assert_eq!(apply_to(&text, &untouched(&form))?, &*text);
        }
        // A refusal is fine, a panic is not.
        let _ = apply(&text, file, &page.into_iter().chain(orders).collect());
    }
}

/// The lines that are not empty: a table that comes and goes may leave one.
fn filled(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .collect()
}

/// What is left of a typed text when its blanks do not count.
fn plain(kind: Kind, typed: &str) -> String {
    match kind {
        Kind::List | Kind::ListOrText => {
            let lines = typed.lines().map(str::trim);
            lines
                .filter(|line| !line.is_empty())
                .collect::<Vec<_>>()
                .join("\n")
        }
        Kind::Text
        | Kind::Duration
        | Kind::Number
        | Kind::Flag
        | Kind::Choice(_)
        | Kind::Secret => typed.trim().replace("\r\n", "\n"),
    }
}

/// Pieces of settings in any order; now and then they are TOML.
fn strange() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::collection::vec(select(PIECES), 0..24).prop_map(|pieces| pieces.concat()),
        1 => (file(), any::<Index>()).prop_map(|(text, index)| {
            let at = text.floor_char_boundary(index.index(text.len() + 1));
            text[..at].to_owned()
        }),
    ]
}
