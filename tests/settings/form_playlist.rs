//! The playlist as a form: entries come, go, move and change.

use everlit::settings::form::EntryKind;

use crate::{
    UUID,
    form::{MINIMAL, applied, beside, form, saved, value},
};

#[test]
fn entries_are_added_moved_and_removed() {
    let three = saved(
        MINIMAL,
        &[
            ("playlist[1].url", "https://a.example/1"),
            ("playlist[7].url", "https://a.example/2"),
            ("playlist[7].seconds", "90"),
        ],
    );
    let tail = "\n[[playlist]]\nurl = \"https://a.example/1\"\n\
        \n[[playlist]]\nurl = \"https://a.example/2\"\nseconds = 90\n";
    assert_eq!(three, MINIMAL.to_owned() + tail);
    let moved = saved(&three, &[("playlist[2].up", "")]);
    assert_eq!(
        value(&form(&moved), "playlist[1].url"),
        "https://a.example/2"
    );
    assert_eq!(saved(&moved, &[("playlist[1].down", "")]), three);
    let two = saved(&three, &[("playlist[1].remove", "")]);
    assert_eq!(form(&two).playlist.len(), 2);
    assert_eq!(value(&form(&two), "playlist[1].seconds"), "90");
    let one = saved(&two, &[("playlist[1].remove", "")]);
    assert_eq!(one, MINIMAL);
}

#[test]
fn an_entry_moves_with_its_comments_and_tables() {
    let first = "# the lobby\n[[playlist]]\nurl = 'https://a.example'\n# late\n";
    let second = format!(
        "[[playlist]] # sales\nreport_id = '{UUID}'\nworkspace_id = '{UUID}'\n\
        [playlist.identity]\nusername = 'u'\n"
    );
    let rest = "\n# the screen\n[display]\nzoom = 1\n[token_service]\nurl = 'https://b.example'\n";
    let text = format!("{first}\n{second}{rest}");
    let moved = saved(
        &text,
        &[("playlist[0].down", "yes"), ("playlist[0].seconds", "5")],
    );
    let changed = first.replace("example'\n", "example'\nseconds = 5\n");
    assert_eq!(moved, format!("{second}\n{changed}{rest}"));
}

#[test]
fn an_inline_playlist_stays_one() {
    let text = "playlist = [{ url = 'https://a.example' }, { url = 'https://b.example' }]\n";
    let changed = saved(
        text,
        &[
            ("playlist[1].up", ""),
            ("playlist[0].seconds", "5"),
            ("playlist[2].url", "https://c.example"),
        ],
    );
    let expected = "playlist = [{ url = 'https://b.example' }, { url = 'https://a.example', seconds = 5 }, \
        { url = \"https://c.example\" }]\n";
    assert_eq!(changed, expected);
    let fewer = saved(
        &changed,
        &[("playlist[0].remove", ""), ("playlist[2].remove", "")],
    );
    assert_eq!(
        fewer,
        "playlist = [{ url = 'https://a.example', seconds = 5 }]\n"
    );
}

#[test]
fn an_empty_entry_is_shown_as_what_it_should_become() {
    let page = applied("", &[("add", "page")]);
    assert_eq!(page.text, "[[playlist]]\nurl = \"\"\n");
    assert_eq!(page.form.playlist[0].kind, EntryKind::Page);
    let report = applied(MINIMAL, &[("add", "report")]);
    assert_eq!(report.form.playlist[1].kind, EntryKind::Report);
    assert_eq!(beside(&report.form, "playlist[1].report_id").len(), 1);
}

#[test]
fn a_users_rows_come_and_go() {
    let user = [
        ("playlist[0].identity.username", "lobby@example.com"),
        ("playlist[0].identity.roles", "Sales\nEurope"),
    ];
    let changed = saved(MINIMAL, &user);
    assert_eq!(value(&form(&changed), user[1].0), user[1].1);
    assert_eq!(saved(&changed, &user.map(|(name, _)| (name, ""))), MINIMAL);
    let table = MINIMAL.to_owned() + "\n[playlist.identity] # whose\nusername = 'u'\n";
    let gone = saved(&table, &[(user[0].0, "")]);
    assert_eq!(gone, MINIMAL.to_owned() + "\n# whose\n");
}
