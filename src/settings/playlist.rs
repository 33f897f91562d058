//! Reads the playlist: reports and web pages.

use std::time::Duration;

use super::{
    Content, Entry, Identity, Report, WebPage,
    address::{hosts, page_url},
    check::{list_of, number_within, role, text_up_to, uuid, within},
    duration::{DAY, MINUTE, SECOND},
    table::Table,
    value::Value,
};

const OF_REPORTS: [&str; 5] = ["report_id", "workspace_id", "page", "bookmark", "identity"];
const OF_PAGES: [&str; 3] = ["url", "reload_every", "allow"];
const LIST: &str = "write each entry as [[playlist]]";
const MOST_ROLES: usize = 50;

/// The playlist; empty when the file has none. Entries that were found wrong are left out.
pub(super) fn playlist(root: &mut Table<'_>) -> Vec<Entry> {
    let list = root.value("playlist");
    let Some(items) = list.and_then(|list| list.items(LIST)) else {
        return Vec::new();
    };
    if !root.has("powerbi") && !root.has("token_service") {
        demand_source(&items);
    }
    items
        .iter()
        .filter_map(|item| item.table(LIST).read_if_there(entry))
        .collect()
}

/// Reports the first report only: one table cures them all.
fn demand_source(items: &[Value<'_>]) {
    if let Some(report) = items.iter().find_map(|item| item.child("report_id")) {
        let remedy = "add a [powerbi] or a [token_service] table";
        report.wrong("needs tokens, and the file tells no source of them", remedy);
    }
}

fn entry(table: &mut Table<'_>) -> Option<Entry> {
    let show_for = table
        .take("seconds", number_within(1.0..=86_400.0))
        .map_or(MINUTE, Duration::from_secs_f64);
    let content = content(table)?;
    Some(Entry { content, show_for })
}

fn content(table: &mut Table<'_>) -> Option<Content> {
    for key in OF_REPORTS.into_iter().chain(OF_PAGES) {
        // Asked for, so that no entry calls a key of the other kind unknown.
        table.value(key);
    }
    match (table.has("report_id"), table.has("url")) {
        (true, false) => {
            refuse(
                table,
                &OF_PAGES,
                "is for web pages",
                "leave it out of a report",
            );
            report(table).map(Content::Report)
        }
        (false, true) => {
            refuse(
                table,
                &OF_REPORTS,
                "is for reports",
                "leave it out of a web page",
            );
            page(table).map(Content::Page)
        }
        (true, true) => {
            let remedy = "keep report_id for a report, or url for a web page";
            refuse(table, &["url"], "stands beside report_id", remedy);
            None
        }
        (false, false) => {
            let remedy = "add report_id and workspace_id for a report, or url for a web page";
            table.wrong("has neither report_id nor url", remedy);
            None
        }
    }
}

/// Reports keys that are known and do not belong into this kind of entry.
fn refuse(table: &mut Table<'_>, keys: &[&'static str], problem: &str, remedy: &str) {
    for value in keys.iter().filter_map(|key| table.value(key)) {
        value.misplaced(problem, remedy);
    }
}

fn report(table: &mut Table<'_>) -> Option<Report> {
    let workspace = "add the UUID of the report's workspace";
    let workspace_id = table.need("workspace_id", workspace, uuid);
    let report_id = table.take("report_id", uuid);
    let report = Report {
        page: table.take("page", text_up_to(256)),
        bookmark: table.take("bookmark", text_up_to(256)),
        identity: table.optional_section("identity", identity),
        workspace_id: workspace_id?,
        report_id: report_id?,
    };
    Some(report)
}

fn identity(table: &mut Table<'_>) -> Option<Identity> {
    let user = "add the user name that the data set's rules go by";
    let username = table.need("username", user, text_up_to(256));
    let roles = table.take("roles", roles);
    Some(Identity {
        username: username?,
        roles: roles.unwrap_or_default(),
    })
}

fn roles(value: &Value<'_>) -> Option<Vec<String>> {
    let remedy = "write roles as in [\"Sales\", \"Europe\"]";
    let roles = list_of(value, remedy, role)?;
    if roles.len() > MOST_ROLES {
        value.wrong("has more than 50 roles", "keep 50 at most");
        return None;
    }
    Some(roles)
}

fn page(table: &mut Table<'_>) -> Option<WebPage> {
    let url = table.take("url", page_url);
    let reload_every = table.take("reload_every", within(SECOND, 365 * DAY));
    let allow = table.take("allow", hosts);
    Some(WebPage {
        url: url?,
        reload_every,
        allow: allow.unwrap_or_default(),
    })
}
