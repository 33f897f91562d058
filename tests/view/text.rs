//! The table of texts that are, and are not, an expired token's message.

use anyhow::{Context as _, Result, bail, ensure};
use everlit::player::{Event, PageEvent, Sign};
use serde::Deserialize;

use crate::bench::Bench;

const TABLE: &str = include_str!("../../src/webview/guard_cases.json");
const MESSAGE: &str = "<p>Could not load data for this visual: ClientError_TokenExpired</p>";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// The page's body; `{{other}}` is the address of another site, with the message at `/message`.
    html: String,
    /// Runs when the page is loaded.
    #[serde(default)]
    script: String,
    expect: Vec<String>,
}

pub(crate) fn every_text_is_judged_as_the_table_says(bench: &mut Bench) -> Result<()> {
    let cases: Vec<Case> = serde_json::from_str(TABLE)?;
    ensure!(cases.len() > 20, "the table is nearly empty");
    bench.site.page("/message", MESSAGE);
    let mut wrong = Vec::new();
    for case in cases {
        let seen = judged(bench, &case).with_context(|| case.name.clone())?;
        if seen != case.expect {
            wrong.push(format!(
                "{}: {seen:?}, expected {:?}",
                case.name, case.expect
            ));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

fn judged(bench: &mut Bench, case: &Case) -> Result<Vec<String>> {
    let other = bench.site.url("localhost", "").to_string();
    let body = case.html.replace("{{other}}", other.trim_end_matches('/'));
    let script = &case.script;
    let html = format!(
        "<!doctype html><meta charset='utf-8'><title>case</title><body>{body}<script>
        const pause = () => new Promise((go) => requestAnimationFrame(() => setTimeout(go)));
        addEventListener('load', async () => {{
            await pause(); await pause();
            try {{ {script} }} catch (error) {{ document.title = String(error); }}
            await pause(); await pause();
            document.title = 'done';
        }});</script>"
    );
    let url = bench.site.page("/case", &html);
    bench.ask_for(url, &[]);
    let mut seen = Vec::new();
    loop {
        let event = bench.until_page("the end of the case", |event| Some(event.clone()))?;
        match event {
            PageEvent::TitleChanged(title) if title == "done" => break,
            PageEvent::TitleChanged(title) if title != "case" => bail!("{title}"),
            event => seen.extend(word(&event)),
        }
    }
    for event in bench.events_until_beat()? {
        if let Event::Page { event, .. } = event {
            seen.extend(word(&event));
        }
    }
    Ok(seen.into_iter().map(str::to_owned).collect())
}

fn word(event: &PageEvent) -> Option<&'static str> {
    match event {
        PageEvent::ExpirySeen(Sign::Text) => Some("seen"),
        PageEvent::ExpiryTextGone => Some("gone"),
        _ => None,
    }
}
