//! The settings as a form: what it shows, and what a filled-in page makes of a file.

use std::{collections::BTreeMap, path::Path};

use everlit::settings::{
    check,
    form::{Applied, Credential, Failure, Form, Source, apply},
};

use crate::UUID;

const EXAMPLE: &str = include_str!("../../config/settings.toml");
pub(crate) const MINIMAL: &str = include_str!("../../config/minimal.toml");

pub(crate) fn form(text: &str) -> Form {
    Form::of(text, Path::new("s.toml")).unwrap_or_else(|problems| panic!("{problems}"))
}

pub(crate) fn pairs(submitted: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = submitted.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

pub(crate) fn applied(text: &str, submitted: &[(&str, &str)]) -> Applied {
    apply(text, Path::new("s.toml"), &pairs(submitted))
        .unwrap_or_else(|failure| panic!("{failure}"))
}

/// The text after a change that the check has nothing against.
pub(crate) fn saved(text: &str, submitted: &[(&str, &str)]) -> String {
    let text = applied(text, submitted).text;
    check(&text, Path::new("s.toml")).unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    text
}

/// What a browser sends when nobody touched anything.
pub(crate) fn untouched(form: &Form) -> BTreeMap<String, String> {
    let inputs = form.inputs();
    inputs
        .map(|input| {
            (
                input.name.clone(),
                input.value.replace("\r\n", "\n").replace('\n', "\r\n"),
            )
        })
        .collect()
}

pub(crate) fn value(form: &Form, name: &str) -> String {
    let input = form.inputs().find(|input| input.name == name);
    input.unwrap_or_else(|| panic!("no {name}")).value.clone()
}

/// The problems beside a field, in the words of the page.
pub(crate) fn beside(form: &Form, name: &str) -> Vec<String> {
    let input = form.inputs().find(|input| input.name == name);
    let problems = &input.unwrap_or_else(|| panic!("no {name}")).problems;
    problems.iter().map(|problem| problem.sentence()).collect()
}

/// The old text with one line more.
fn with_line(text: &str, after: &str, line: &str) -> String {
    assert!(text.contains(after), "no {after}");
    text.replacen(after, &format!("{after}{line}\n"), 1)
}

#[test]
fn an_untouched_page_leaves_the_file_as_it_is() {
    for text in [EXAMPLE, MINIMAL, "", "a", "name = 5\r\n[player]"] {
        let Ok(form) = Form::of(text, Path::new("s.toml")) else {
            assert_eq!(text, "a");
            continue;
        };
        let applied = apply(text, Path::new("s.toml"), &untouched(&form));
        assert_eq!(applied.map(|applied| applied.text), Ok(text.to_owned()));
    }
}

#[test]
fn a_key_goes_below_its_commented_out_twin_and_away_again() {
    let changed = saved(EXAMPLE, &[("token.refresh_every", "30 min")]);
    let twin = "# refresh_every = \"40 min\"          # \"Refresh token every\": 1 s to 24 h\n";
    assert_eq!(
        changed,
        with_line(EXAMPLE, twin, "refresh_every = \"30 min\"")
    );
    assert_eq!(saved(&changed, &[("token.refresh_every", "")]), EXAMPLE);
}

#[test]
fn a_change_keeps_what_stands_around_the_value() {
    let text = "[token]\n  refresh_every   =  '30 min'   # why\nrefresh_on_interaction = true\n";
    let changed = saved(text, &[("token.refresh_every", " 20 min ")]);
    assert_eq!(changed, text.replace("'30 min'", "\"20 min\""));
    let changed = saved(text, &[("token.refresh_every", "")]);
    assert_eq!(changed, "[token]\n  # why\nrefresh_on_interaction = true\n");
}

#[test]
fn a_table_that_only_the_form_made_goes_with_its_last_key() {
    let changed = saved(
        MINIMAL,
        &[("token.refresh_every", "1 h"), ("display.zoom", "1.5")],
    );
    let before_powerbi = "[token]\nrefresh_every = \"1 h\"\n\n[powerbi]";
    let expected = MINIMAL.replace("[powerbi]", before_powerbi) + "\n[display]\nzoom = 1.5\n";
    assert_eq!(changed, expected);
    let back = saved(
        &changed,
        &[("token.refresh_every", ""), ("display.zoom", "")],
    );
    assert_eq!(back, MINIMAL);
    let commented = "[token]\n# ours\nrefresh_every = \"1 h\"\n";
    let emptied = saved(commented, &[("token.refresh_every", "")]);
    assert_eq!(emptied, "[token]\n# ours\n");
}

#[test]
fn dotted_keys_and_inline_tables_are_added_to_as_they_are() {
    let text = "token.refresh_every = '1 h'\ndisplay = { zoom = 2 } # big\n";
    let changed = saved(
        text,
        &[
            ("token.refresh_before_expiry", "2 min"),
            ("display.cursor", "shown"),
            ("display.rotate", "90"),
        ],
    );
    let expected = "token.refresh_every = '1 h'\ntoken.refresh_before_expiry = \"2 min\"\n\
        display = { zoom = 2, rotate = 90, cursor = \"shown\" } # big\n";
    assert_eq!(changed, expected);
    let back = saved(
        &changed,
        &[
            ("token.refresh_before_expiry", ""),
            ("display.cursor", ""),
            ("display.rotate", ""),
        ],
    );
    assert_eq!(back, text);
}

#[test]
fn line_breaks_of_windows_and_a_byte_order_mark_stay() {
    let text = format!("\u{feff}{}", MINIMAL.replace('\n', "\r\n"));
    let changed = saved(
        &text,
        &[("powerbi.cloud", "china"), ("player.name", "Hall")],
    );
    assert!(changed.starts_with('\u{feff}'));
    assert_eq!(
        changed.matches('\n').count(),
        changed.matches("\r\n").count()
    );
    assert!(changed.contains("\r\ncloud = \"china\"\r\n"), "{changed}");
    assert_eq!(
        saved(&changed, &[("powerbi.cloud", ""), ("player.name", "")]),
        text
    );
}

#[test]
fn a_list_keeps_the_comments_beside_its_items() {
    let text = "[network]\ntrusted_certificates = [\n  # the first\n  '/etc/a.pem', # a\n  '/etc/b.pem', # b\n]\n";
    let name = "network.trusted_certificates";
    assert_eq!(value(&form(text), name), "/etc/a.pem\n/etc/b.pem");
    let changed = saved(
        text,
        &[(name, "/etc/a.pem\r\n/etc/new.pem\r\n/etc/b.pem\r\n")],
    );
    assert_eq!(changed, with_line(text, "# a\n", "  \"/etc/new.pem\","));
    let changed = saved(text, &[(name, "/etc/b.pem")]);
    assert_eq!(changed, text.replace("'/etc/a.pem', # a", "# a"));
    let changed = saved(text, &[(name, "")]);
    assert_eq!(changed, "[network]\n# the first\n# a\n# b\n");
}

#[test]
fn what_is_typed_wrongly_is_kept_with_the_words_of_the_check_beside_it() {
    let applied = applied(
        MINIMAL,
        &[
            ("token.refresh_every", "0 s"),
            ("playlist[0].seconds", "long"),
            ("powerbi.client_id", "me"),
            ("display.rotate", "45"),
        ],
    );
    let form = &applied.form;
    let range = "is too short; write a duration from \"1 s\" to \"24 h\"";
    assert_eq!(beside(form, "token.refresh_every"), [range]);
    assert_eq!(value(form, "token.refresh_every"), "0 s");
    let number = "must be a number, not a text; write a number from 1 to 86400";
    assert_eq!(beside(form, "playlist[0].seconds"), [number]);
    assert!(beside(form, "powerbi.client_id")[0].starts_with("is no UUID"));
    assert_eq!(beside(form, "display.rotate").len(), 1);
    let good = saved(
        &applied.text,
        &[
            ("token.refresh_every", ""),
            ("playlist[0].seconds", ""),
            ("powerbi.client_id", "00000000-0000-0000-0000-000000000000"),
            ("display.rotate", ""),
        ],
    );
    assert_eq!(good, MINIMAL);
}

#[test]
fn problems_that_belong_to_no_field_stand_at_their_group_or_entry() {
    let text = format!(
        "nmae = 1\n[token]\nevery = 1\n[token_service]\nurl = 'https://a.example'\n\
        [powerbi]\ntenant_id = 'a.example'\nclient_id = '{UUID}'\n[[playlist]]\nseconds = 5\n"
    );
    let form = form(&text);
    let keys = |problems: &[everlit::settings::Problem]| -> Vec<String> {
        problems.iter().map(|problem| problem.key.clone()).collect()
    };
    assert_eq!(keys(&form.problems), ["nmae"]);
    let group = |key| {
        form.groups
            .iter()
            .find(|group| group.section.key == key)
            .unwrap()
    };
    assert_eq!(keys(&group("token").problems), ["token.every"]);
    assert_eq!(keys(&group("token_service").problems), ["token_service"]);
    assert_eq!(keys(&form.playlist[0].problems), ["playlist[0]"]);
    assert_eq!(beside(&form, "powerbi.client_secret").len(), 1);
    assert_eq!(
        (form.source, form.credential),
        (Source::Both, Credential::None)
    );
}

#[test]
fn a_number_in_quotes_can_be_put_right() {
    let text = "[display]\nzoom = \"2\"\n";
    assert_eq!(value(&form(text), "display.zoom"), "\"2\"");
    assert_eq!(
        saved(text, &[("display.zoom", "2")]),
        "[display]\nzoom = 2\n"
    );
}

#[test]
fn a_pasted_secret_is_never_shown_and_can_be_replaced() {
    let secret = "abc8Q~dEfGhIjKlMnOpQrStUvWxYz0123456789.";
    for written in [format!("\"{secret}\""), format!("[\"{secret}\"]")] {
        let text = MINIMAL.replace("\"powerbi-secret\"", &written);
        let form = form(&text);
        assert!(!format!("{form:?}").contains("abc8Q"), "{form:?}");
        assert_eq!(applied(&text, &[("powerbi.client_secret", "")]).text, text);
        let good = saved(&text, &[("powerbi.client_secret", "powerbi-secret")]);
        assert_eq!(good, MINIMAL);
    }
}

#[test]
fn another_source_takes_the_place_of_the_first() {
    let changed = saved(
        EXAMPLE,
        &[
            ("source", "token_service"),
            ("token_service.url", "https://tokens.example.com/wall"),
            ("powerbi.tenant_id", "ignored.example.com"),
        ],
    );
    assert_eq!(form(&changed).source, Source::TokenService);
    for line in EXAMPLE.lines().filter(|line| line.starts_with('#')) {
        assert!(changed.contains(line), "{line}");
    }
    let none = saved(
        "powerbi = { tenant_id = 'x' } # gone\n",
        &[("source", "none")],
    );
    assert_eq!(none, "# gone\n");
}

#[test]
fn a_certificate_takes_the_place_of_the_secret_on_the_page() {
    let changed = saved(
        MINIMAL,
        &[
            ("credential", "certificate"),
            ("powerbi.client_secret", "powerbi-secret"),
            ("powerbi.client_certificate", "/etc/everlit/powerbi.crt"),
            ("powerbi.client_key", "powerbi-key"),
        ],
    );
    assert_eq!(form(&changed).credential, Credential::Certificate);
    assert!(changed.contains("# where the secret is kept"), "{changed}");
    let back = saved(
        &changed,
        &[
            ("credential", "secret"),
            ("powerbi.client_secret", "powerbi-secret"),
        ],
    );
    assert_eq!(form(&back).credential, Credential::Secret);
    assert!(!back.contains("client_key"));
}

#[test]
fn what_a_form_cannot_change_is_refused_and_what_is_no_toml_too() {
    let refused = |text: &str, name: &str| {
        apply(text, Path::new("s.toml"), &pairs(&[(name, "x")])).map(|applied| applied.text)
    };
    let failure = Failure::Unwritable {
        key: "player.name".to_owned(),
    };
    assert_eq!(refused("player = 5\n", "player.name"), Err(failure));
    let Err(Failure::NoToml(problems)) = refused("a = \n", "player.name") else {
        panic!("it is no TOML");
    };
    assert_eq!(problems.0.len(), 1);
    let message = Failure::Unwritable {
        key: "player.name".to_owned(),
    };
    assert!(message.to_string().contains("only an editor"));
}
