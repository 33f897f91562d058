//! A real embedded report: Microsoft's unmodified SDK against the stand-in.

use std::{fs, time::Duration};

use anyhow::{Result, ensure};
use everlit::{
    player::{EmbedPlan, Event, OpId, Operation, Outcome, PageEvent, PageFailure, Sign, ViewOrder},
    settings::{Network, Report},
};
use everlit_standin::{
    Error, ErrorWords, Faults, HttpSign, REPORT_ID, Rendering, Switch, TOKEN_SERVICE_HOST,
    TextSign, TokenMessage, Trouble, WORKSPACE_ID,
};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use crate::bench::{Bench, LOOK, expect, fail};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Minted {
    token: String,
    embed_url: Url,
}

/// Gets a token the way a customer's token service gives it.
fn mint(bench: &Bench) -> Result<Minted> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let pem = fs::read(bench.cloud.certificate_path())?;
    let client = reqwest::Client::builder()
        .proxy(reqwest::Proxy::all(bench.cloud.proxy_url())?)
        .tls_certs_only([reqwest::Certificate::from_pem(&pem)?])
        .build()?;
    let ask = client
        .post(format!("https://{TOKEN_SERVICE_HOST}/token"))
        .bearer_auth(bench.cloud.bearer());
    bench
        .runtime
        .block_on(async { Ok(ask.send().await?.error_for_status()?.json().await?) })
}

fn new_token(bench: &Bench) -> Result<SecretString> {
    Ok(mint(bench)?.token.into())
}

fn network(bench: &Bench, certificates: bool) -> Result<Network> {
    let certificate = bench.cloud.certificate_path().to_owned();
    Ok(Network {
        proxy: Some(bench.cloud.proxy_url().parse()?),
        trusted_certificates: certificates.then_some(certificate).into_iter().collect(),
    })
}

/// A fresh stand-in without faults, trusted by the view.
pub(crate) fn calm(bench: &Bench) -> Result<()> {
    bench.cloud.set_faults(|faults| *faults = Faults::default());
    bench.cloud.reset_counters();
    bench.view.set_network(network(bench, true)?);
    Ok(())
}

pub(crate) fn ask_for_report(bench: &mut Bench) -> Result<()> {
    let plan = Box::new(plan(mint(bench)?));
    let page = bench.turn_page();
    bench.view.send(ViewOrder::ShowReport { page, plan });
    Ok(())
}

fn plan(minted: Minted) -> EmbedPlan {
    EmbedPlan {
        report: Report {
            workspace_id: WORKSPACE_ID.to_owned(),
            report_id: REPORT_ID.to_owned(),
            page: None,
            bookmark: None,
            identity: None,
        },
        token: minted.token.into(),
        embed_url: minted.embed_url,
        embed_hosts: vec!["*.powerbi.com".to_owned()],
        frame_limit: Duration::from_secs(10),
        look: LOOK,
    }
}

fn show_report(bench: &mut Bench) -> Result<()> {
    ask_for_report(bench)?;
    bench.outcome()?.map_err(Into::into)
}

fn operate(bench: &mut Bench, operation: Operation) -> Result<Outcome> {
    let op = OpId(bench.turn_beat().0);
    let page = bench.page();
    bench.view.send(ViewOrder::Operate {
        page,
        op,
        operation,
    });
    bench.until_page("an answer", |event| match event {
        PageEvent::Answered { op: of, outcome } if *of == op => Some(outcome.clone()),
        _ => None,
    })
}

pub(crate) fn until_rendered(bench: &Bench) -> Result<()> {
    bench.until_page("the report's picture", |event| {
        (*event == PageEvent::Rendered).then_some(())
    })
}

fn until_sign(bench: &Bench) -> Result<Sign> {
    bench.until_page("a sign", |event| match event {
        PageEvent::ExpirySeen(sign) => Some(*sign),
        _ => None,
    })
}

fn signs(events: &[Event]) -> Vec<Sign> {
    let sign = |event: &Event| match event {
        Event::Page {
            event: PageEvent::ExpirySeen(sign),
            ..
        } => Some(*sign),
        _ => None,
    };
    events.iter().filter_map(sign).collect()
}

/// First of all: WebKit cannot unlearn a trust.
pub(crate) fn a_report_with_an_unknown_certificate_says_what_to_do(
    bench: &mut Bench,
) -> Result<()> {
    bench.view.set_network(network(bench, false)?);
    ask_for_report(bench)?;
    match bench.outcome()? {
        Err(PageFailure::NotLoaded { reason, .. }) => ensure!(
            reason.contains("app.powerbi.com") && reason.contains("trusted_certificates"),
            "{reason}"
        ),
        other => return fail(&format!("{other:?}")),
    }
    calm(bench)?;
    show_report(bench)
}

pub(crate) fn a_report_is_embedded_once(bench: &mut Bench) -> Result<()> {
    calm(bench)?;
    show_report(bench)?;
    let counters = bench.cloud.counters();
    expect(&(counters.iframe_loads, counters.data_expired), &(1, 0))?;
    bench.save("report.png")
}

pub(crate) fn a_new_token_changes_nothing_on_the_screen(bench: &mut Bench) -> Result<()> {
    calm(bench)?;
    bench.cloud.set_faults(|faults| faults.token_life_s = 3.0);
    show_report(bench)?;
    for _ in 0..4 {
        bench.sleep(Duration::from_millis(1500));
        let token = new_token(bench)?;
        expect(&operate(bench, Operation::SetToken(token))?, &Outcome::Done)?;
    }
    let counters = bench.cloud.counters();
    expect(
        &(
            counters.iframe_loads,
            counters.report_loads,
            counters.token_messages,
            counters.data_expired,
        ),
        &(1, 1, 4, 0),
    )
}

pub(crate) fn every_sign_alone_is_seen_and_healed(bench: &mut Bench) -> Result<()> {
    let alone = [
        (Sign::Sdk, Switch::On, HttpSign::OkWithError, TextSign::Off),
        (Sign::Http, Switch::Off, HttpSign::Forbidden, TextSign::Off),
        (
            Sign::Text,
            Switch::Off,
            HttpSign::OkWithError,
            TextSign::Document,
        ),
        (
            Sign::Text,
            Switch::Off,
            HttpSign::OkWithError,
            TextSign::ShadowRoot,
        ),
    ];
    for (sign, sdk, http, text) in alone {
        calm(bench)?;
        bench.cloud.set_faults(|faults| {
            faults.sdk_sign = sdk;
            faults.http_sign = http;
            faults.text_sign = text;
        });
        show_report(bench)?;
        bench.cloud.expire_all_tokens();
        expect(&until_sign(bench)?, &sign)?;
        heal(bench)?;
        expect(&bench.cloud.counters().iframe_loads, &1)?;
    }
    Ok(())
}

/// What the player does first.
fn heal(bench: &mut Bench) -> Result<()> {
    let token = new_token(bench)?;
    expect(&operate(bench, Operation::SetToken(token))?, &Outcome::Done)?;
    expect(&operate(bench, Operation::ReloadReport)?, &Outcome::Done)?;
    until_rendered(bench)?;
    let later = bench.events_until_beat()?;
    expect(&signs(&later), &Vec::new())
}

pub(crate) fn the_text_goes_when_the_report_is_healed(bench: &mut Bench) -> Result<()> {
    calm(bench)?;
    show_report(bench)?;
    bench.cloud.expire_all_tokens();
    bench.until_page("the text", |event| {
        (*event == PageEvent::ExpirySeen(Sign::Text)).then_some(())
    })?;
    let token = new_token(bench)?;
    operate(bench, Operation::SetToken(token))?;
    let page = bench.page();
    let op = OpId(bench.turn_beat().0);
    let operation = Operation::ReloadReport;
    bench.view.send(ViewOrder::Operate {
        page,
        op,
        operation,
    });
    bench.until_page("the text to go", |event| {
        (*event == PageEvent::ExpiryTextGone).then_some(())
    })
}

pub(crate) fn a_rejected_token_is_healed_by_embedding_again(bench: &mut Bench) -> Result<()> {
    calm(bench)?;
    show_report(bench)?;
    bench.cloud.set_faults(|faults| {
        faults.token_message = TokenMessage::Rejected;
    });
    bench.cloud.expire_all_tokens();
    let token = new_token(bench)?;
    match operate(bench, Operation::SetToken(token))? {
        Outcome::Rejected(words) => ensure!(words.contains("NotSupported"), "{words}"),
        other => return fail(&format!("{other:?}")),
    }
    let token = new_token(bench)?;
    expect(
        &operate(bench, Operation::EmbedAgain(token))?,
        &Outcome::Done,
    )?;
    until_rendered(bench)?;
    expect(&bench.cloud.counters().iframe_loads, &1)?;
    // Two loads in a row: the SDK alone would drop the second.
    expect(&operate(bench, Operation::ReloadReport)?, &Outcome::Done)?;
    expect(&operate(bench, Operation::ReloadReport)?, &Outcome::Done)?;
    until_rendered(bench)?;
    expect(&bench.cloud.counters().report_loads, &4)
}

pub(crate) fn an_unanswered_token_is_told_after_a_while(bench: &mut Bench) -> Result<()> {
    calm(bench)?;
    show_report(bench)?;
    bench.cloud.set_faults(|faults| {
        faults.token_message = TokenMessage::Unanswered;
    });
    let token = new_token(bench)?;
    expect(
        &operate(bench, Operation::SetToken(token))?,
        &Outcome::Unanswered,
    )
}

pub(crate) fn a_report_that_refuses_says_why(bench: &mut Bench) -> Result<()> {
    calm(bench)?;
    bench.cloud.set_faults(|faults| {
        faults.report_error = Some(Error {
            message: "LoadReportFailed".to_owned(),
            detailed_message: "Report ID doesn't match token".to_owned(),
        });
    });
    ask_for_report(bench)?;
    let failure = PageFailure::Report {
        message: "LoadReportFailed".to_owned(),
        detail: "Report ID doesn't match token".to_owned(),
    };
    expect(&bench.outcome()?, &Err(failure))
}

pub(crate) fn a_dead_report_page_is_reported(bench: &mut Bench) -> Result<()> {
    calm(bench)?;
    bench.cloud.set_faults(|faults| {
        faults.report = Trouble::Status(503);
    });
    ask_for_report(bench)?;
    match bench.outcome()? {
        Err(PageFailure::HttpStatus { status: 503, .. }) => Ok(()),
        other => fail(&format!("{other:?}")),
    }
}

pub(crate) fn a_report_behind_a_dead_network_is_reported(bench: &mut Bench) -> Result<()> {
    calm(bench)?;
    let page = bench.turn_page();
    let plan = Box::new(plan(mint(bench)?));
    bench
        .cloud
        .set_faults(|faults| faults.network = everlit_standin::Network::Down);
    bench.view.send(ViewOrder::ShowReport { page, plan });
    match bench.outcome()? {
        Err(PageFailure::NotLoaded { url, reason }) => {
            ensure!(url == "https://app.powerbi.com/reportEmbed", "{url}");
            ensure!(!reason.is_empty(), "no reason");
        }
        other => return fail(&format!("{other:?}")),
    }
    calm(bench)?;
    show_report(bench)
}

pub(crate) fn harmless_things_are_no_signs(bench: &mut Bench) -> Result<()> {
    calm(bench)?;
    bench.cloud.set_faults(|faults| {
        faults.throwing_visual = Switch::On;
        faults.error_words = ErrorWords::Mentioned;
        faults.frame_ancestors = Some("https:".to_owned());
    });
    show_report(bench)?;
    bench.sleep(Duration::from_millis(2500));
    for event in bench.events_until_beat()? {
        if let Event::Page { event, .. } = event {
            ensure!(event == PageEvent::Rendered, "{event:?}");
        }
    }
    bench.save("report-with-error-words.png")
}

pub(crate) fn a_report_that_never_renders_is_not_rendered(bench: &mut Bench) -> Result<()> {
    calm(bench)?;
    bench.cloud.set_faults(|faults| {
        faults.rendering = Rendering::Never;
    });
    ask_for_report(bench)?;
    bench.sleep(Duration::from_secs(2));
    let events = bench.events_until_beat()?;
    ensure!(
        !events
            .iter()
            .any(|event| matches!(event, Event::Page { .. })),
        "{events:?}"
    );
    Ok(())
}

pub(crate) fn a_portal_page_with_the_text_in_a_frame_is_a_sign(bench: &mut Bench) -> Result<()> {
    calm(bench)?;
    bench.show("https://portal.standin.example/board".parse()?)?;
    bench
        .cloud
        .set_faults(|faults| faults.board_error = Switch::On);
    expect(&until_sign(bench)?, &Sign::Text)?;
    bench
        .cloud
        .set_faults(|faults| faults.board_error = Switch::Off);
    bench.until_page("the text to go", |event| {
        (*event == PageEvent::ExpiryTextGone).then_some(())
    })
}
