//! Settings for the eyes of others: without comments, and without what may be a secret.

use std::path::Path;

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value};
use url::Url;

use super::{
    check::is_uuid,
    file,
    secret::{looks_like_one, reference},
};

const REDACTED: &str = "[redacted]";

/// In the parts of an address, where brackets would be escaped.
const REDACTED_PART: &str = "redacted";

/// The text of a settings file, good or bad, without comments and secrets; what is no TOML is
/// replaced by the list of its problems.
#[must_use]
pub fn redact(text: &str, path: &Path) -> String {
    // Built anew from the values alone: what is not a value cannot get through.
    match text.parse::<DocumentMut>() {
        Ok(document) => DocumentMut::from(table(document.as_table(), Role::Other)).to_string(),
        Err(_) => problems(text, path),
    }
}

/// A text for people without what may be a secret: neither words that look like one, nor those
/// parts of addresses that may hold one.
#[must_use]
pub fn scrub(text: &str) -> String {
    if text.contains("-----BEGIN") {
        return REDACTED.to_owned();
    }
    let words = text.split_inclusive(ends_word).map(|piece| {
        let word = piece.trim_end_matches(ends_word);
        scrub_word(word) + &piece[word.len()..]
    });
    words.collect()
}

/// What a key's values may hold.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    Secret,
    Address,
    Other,
}

impl Role {
    /// Of what stands at `key`, inside of something.
    fn below(self, key: &str) -> Self {
        match (self, key) {
            (Self::Secret, _) => Self::Secret,
            (_, "client_secret" | "client_certificate" | "client_key" | "bearer" | "key") => {
                Self::Secret
            }
            (_, "url" | "proxy" | "authority" | "api") => Self::Address,
            (Self::Address | Self::Other, _) => Self::Other,
        }
    }
}

fn problems(text: &str, path: &Path) -> String {
    let mut list = "# This is no TOML; its text is left out.\n".to_owned();
    if let Err(problems) = file::check(text, path) {
        for problem in problems.0 {
            let line = scrub(&problem.to_string()).replace('\n', " ");
            list += &format!("# {line}\n");
        }
    }
    list
}

fn table(table: &Table, role: Role) -> Table {
    let mut clean = Table::new();
    clean.set_implicit(table.is_implicit());
    for (key, value) in table {
        clean.insert(&scrub(key), item(value, role.below(key)));
    }
    clean
}

fn item(item: &Item, role: Role) -> Item {
    match item {
        Item::None => Item::None,
        Item::Value(inner) => Item::Value(value(inner, role)),
        Item::Table(inner) => Item::Table(table(inner, role)),
        Item::ArrayOfTables(tables) => {
            let tables: ArrayOfTables = tables.iter().map(|inner| table(inner, role)).collect();
            Item::ArrayOfTables(tables)
        }
    }
}

fn value(value: &Value, role: Role) -> Value {
    match value {
        Value::String(text) => string(text.value(), role).into(),
        Value::Array(values) => {
            let values: Array = values
                .iter()
                .map(|inner| self::value(inner, role))
                .collect();
            values.into()
        }
        Value::InlineTable(table) => {
            let mut clean = InlineTable::new();
            for (key, inner) in table {
                clean.insert(scrub(key), self::value(inner, role.below(key)));
            }
            clean.into()
        }
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_)
            if role == Role::Secret =>
        {
            REDACTED.into()
        }
        Value::Integer(number) => (*number.value()).into(),
        Value::Float(number) => (*number.value()).into(),
        Value::Boolean(flag) => (*flag.value()).into(),
        Value::Datetime(time) => (*time.value()).into(),
    }
}

fn string(text: &str, role: Role) -> String {
    match role {
        Role::Secret if looks_like_one(text) || reference(text).is_none() => REDACTED.to_owned(),
        Role::Address => address(text),
        Role::Other if is_like_address(text) => address(text),
        Role::Other if is_secret(text) => REDACTED.to_owned(),
        Role::Secret | Role::Other => scrub(text),
    }
}

fn scrub_word(word: &str) -> String {
    if is_like_address(word) {
        return address(word);
    }
    let parts = word.split('=').map(|part| {
        if is_secret(part) {
            REDACTED.to_owned()
        } else {
            part.to_owned()
        }
    });
    parts.collect::<Vec<_>>().join("=")
}

/// An address without a user, and without the values of its query.
fn address(text: &str) -> String {
    let Some(mut url) = Url::parse(text).ok().filter(Url::has_host) else {
        let may_hold_secret = text.contains(['@', '?', '#', ':']) || is_secret(text);
        let text = if may_hold_secret { REDACTED } else { text };
        return text.to_owned();
    };
    // An address with a host takes them all.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    if url.query().is_some() {
        let keys: Vec<_> = url.query_pairs().map(|(key, _)| part(&key)).collect();
        url.query_pairs_mut()
            .clear()
            .extend_pairs(keys.iter().map(|key| (key, REDACTED_PART)));
    }
    if url.fragment().is_some() {
        url.set_fragment(Some(REDACTED_PART));
    }
    let path: Vec<_> = url.path().split('/').map(part).collect();
    url.set_path(&path.join("/"));
    url.into()
}

fn part(text: &str) -> String {
    let text = if is_secret(text) { REDACTED_PART } else { text };
    text.to_owned()
}

fn is_like_address(text: &str) -> bool {
    text.contains("://") || text.starts_with("http:") || text.starts_with("https:")
}

/// Ids change between letters and digits as secrets do, but they are none.
fn is_secret(text: &str) -> bool {
    let inner = text.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    looks_like_one(text) && !is_uuid(inner)
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '`')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "Xq8~Q2vN7bT4kR9mW1zL6pD3sF5gH0jK";

    fn redacted(text: &str) -> String {
        redact(text, Path::new("settings.toml"))
    }

    #[test]
    fn good_settings_stay_readable() {
        let text = "[powerbi]\n\
                    tenant_id = \"72f988bf-86f1-41af-91ab-2d7cd011db47\"\n\
                    client_secret = \"/etc/everlit/client-secret\"\n\n\
                    [[playlist]]\nurl = \"https://intranet.example/board\"\nseconds = 2.5\n\
                    allow = [\"a.example\", \"*.b.example\"]\n";
        let again = redacted(text);
        let (before, after) = (text.parse::<toml::Table>(), again.parse::<toml::Table>());
        assert_eq!(before.unwrap(), after.unwrap(), "{again}");
    }

    #[test]
    fn comments_and_parts_of_addresses_that_hold_secrets_go() {
        let text = "# old: hunter2\n[network] # hunter2\n\
                    proxy = \"http://bob:hunter2@proxy.example:3128\" # hunter2\n\
                    [[playlist]]\nurl = \"https://x.example/a?key=hunter2&view=hunter2#hunter2\"\n\
                    allow = [ # hunter2\n \"a\", # hunter2\n]\nidentity = { username = \"bob\" }\n\
                    # hunter2";
        let again = redacted(text);
        assert!(!again.contains("hunter2"), "{again}");
        assert!(again.contains("http://proxy.example:3128"), "{again}");
        assert!(
            again.contains("https://x.example/a?key=redacted&view=redacted"),
            "{again}"
        );
    }

    #[test]
    fn an_address_that_is_none_is_left_out_when_it_may_hold_a_secret() {
        for address in [
            "bob:hunter2@proxy",
            "http:/bob:hunter2@proxy",
            "board?key=hunter2",
            "http://bob:hunter2@",
        ] {
            let again = redacted(&format!("[network]\nproxy = \"{address}\"\n"));
            assert!(!again.contains("hunter2"), "{again}");
        }
    }

    #[test]
    fn a_secret_in_the_place_of_its_name_goes_whatever_it_is() {
        for value in [
            "\"pass word\"",
            "12345",
            "[\"pass word\"]",
            "{ a = \"pass word\" }",
            &format!("\"{SECRET}\""),
        ] {
            let again = redacted(&format!("[powerbi]\nclient_secret = {value}\n"));
            assert!(again.contains("[redacted]"), "{again}");
            assert!(
                !again.contains("word") && !again.contains("12345"),
                "{again}"
            );
        }
    }

    #[test]
    fn what_is_no_toml_is_replaced_by_its_problems() {
        let again = redacted(&format!("[powerbi\nclient_secret = \"{SECRET}\nhunter2\n"));
        assert!(
            !again.contains(SECRET) && !again.contains("hunter2"),
            "{again}"
        );
        assert!(again.contains("settings.toml:1:"), "{again}");
        assert!(again.lines().all(|line| line.starts_with("# ")), "{again}");
    }

    #[test]
    fn a_line_of_the_log_keeps_ids_times_and_paths() {
        for text in [
            "recovered took_s=1.5 cause=\"cannot reach login.example: no route\"",
            "tenant_id=72f988bf-86f1-41af-91ab-2d7cd011db47, in /etc/everlit/settings.toml:2:1",
            "2026-05-01T12:00:00.000001Z everlit::made_up::deeper",
        ] {
            assert_eq!(scrub(text), text);
        }
        let told = scrub(&format!(
            "got {SECRET} from https://bob:pw@x.example/?sig=abc"
        ));
        assert_eq!(told, "got [redacted] from https://x.example/?sig=redacted");
    }

    proptest! {
        #[test]
        fn no_secret_gets_through_wherever_it_stands(
            secret in "([a-z][A-Z][0-9]){8,14}",
            places in proptest::sample::subsequence(PLACES.to_vec(), 1..PLACES.len()),
        ) {
            let text = places.join("\n").replace("SECRET", &secret);
            let again = redacted(&text);
            prop_assert!(!again.contains(&secret), "{again}");
            prop_assert!(again.parse::<toml::Table>().is_ok(), "{again}");
        }

        #[test]
        fn no_text_is_too_odd(text in "\\PC{0,200}", line in "[a-z\\[\\]=\"#.\\n ]{0,60}") {
            redacted(&text);
            let again = redacted(&line);
            prop_assert!(again.parse::<toml::Table>().is_ok(), "{again}");
        }
    }

    const PLACES: [&str; 12] = [
        "# SECRET",
        "SECRET = 1 # SECRET",
        "note = \"the secret is SECRET\"",
        "client_secret = 'SECRET'",
        "url = \"https://SECRET:SECRET@x.example/SECRET?SECRET=SECRET#SECRET\"",
        "list = [\"SECRET\", # SECRET\n { deep = \"SECRET\" }]",
        "text = '''\nmore\nSECRET\n'''",
        "dotted.SECRET.key = \"SECRET\"",
        "pem = \"-----BEGIN PRIVATE KEY-----\\nSECRET\"",
        "[table.SECRET] # SECRET\nbearer = \"SECRET\"",
        "[[playlist]]\nname = \"https://x.example/?a=SECRET\"",
        "[[playlist]] # SECRET\nproxy = \"SECRET@x\"",
    ];
}
