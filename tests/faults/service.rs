//! The service, and the way to it: away, slow, refusing, lying.

use std::time::Duration;

use anyhow::Result;
use everlit_standin::{
    API_HOST, ENTRA_HOST, Faults, Network, REPORT_HOST, Switch, TokenMessage, Trouble,
};

use crate::{
    bench::Bench,
    fault::{Fault, Limit},
    limits::{RETRY_AFTER_S, TOKEN_LIFE_S},
};

/// Long enough for every connection to notice.
const CUT: Duration = Duration::from_millis(50);
const SHORT_LIFE_S: f64 = 10.0;

pub(crate) fn faults() -> Vec<Fault> {
    let mut faults = report_page();
    faults.extend(away());
    faults.extend(one_sided());
    faults.extend(answers());
    faults
}

/// The report's page is in trouble when it has to be loaded.
fn report_page() -> Vec<Fault> {
    let answers = |name, trouble, lasts_s| {
        Fault::new(name, move |bench| {
            on_load(bench, |faults| faults.report = trouble)
        })
        .ended(lasts_s, |bench| {
            change(bench, |faults| faults.report = Trouble::None)
        })
        .in_a_new_frame()
        .within(Limit::ServiceBack)
        .touching("answers")
    };
    vec![
        answers("report page answers 500", Trouble::Status(500), 5),
        answers("report page hangs", Trouble::Hang, 10),
        Fault::new("report page refused", |bench| {
            on_load(bench, |faults| cut(faults, REPORT_HOST))
        })
        .ended(5, |bench| {
            change(bench, |faults| restore(faults, REPORT_HOST))
        })
        .in_a_new_frame()
        .within(Limit::ServiceBack)
        .touching("way to the report"),
        Fault::new("report page with a bad certificate", |bench| {
            on_load(bench, |faults| faults.bad_certificate = Switch::On)
        })
        .ended(5, |bench| {
            change(bench, |faults| faults.bad_certificate = Switch::Off)
        })
        .in_a_new_frame()
        .within(Limit::ServiceBack)
        .touching("certificate"),
    ]
}

/// Nothing of the service can be reached.
fn away() -> Vec<Fault> {
    vec![
        Fault::new("name service dead", |bench| {
            bench.room.set_name_service(false)?;
            cut_open_connections(bench)?;
            bench.everlit("refresh-token");
            Ok(())
        })
        .ended(6, |bench| bench.room.set_name_service(true))
        .within(Limit::ServiceBack)
        .touching("names"),
        Fault::new("service down for 10 s", |bench| {
            on_refresh(bench, |faults| faults.network = Network::Down)
        })
        .ended(10, up)
        .within(Limit::ServiceBack)
        .touching("network"),
        Fault::new("service down longer than the token lives", |bench| {
            change(bench, |faults| faults.network = Network::Down)
        })
        .arranged(|bench| take_tokens_of(bench, SHORT_LIFE_S))
        .ended(15, up)
        .tidied(|bench| take_tokens_of(bench, TOKEN_LIFE_S))
        .within(Limit::ServiceBack),
        Fault::new("service down at boot", |bench| {
            bench.stop()?;
            change(bench, |faults| faults.network = Network::Down)?;
            bench.start()
        })
        .ended(10, up)
        .in_a_new_frame()
        .within(Limit::ServiceBack),
    ]
}

/// One half of the service is away just when a new token is needed.
fn one_sided() -> Vec<Fault> {
    let half = |name, host: &'static str, touches| {
        Fault::new(name, move |bench| {
            change(bench, |faults| cut(faults, host))?;
            bench.wall.cloud.expire_all_tokens();
            Ok(())
        })
        .ended(6, move |bench| {
            change(bench, |faults| restore(faults, host))
        })
        .within(Limit::ServiceBack)
        .touching(touches)
    };
    vec![
        half(
            "Entra down, Power BI up, the token dead",
            ENTRA_HOST,
            "way to Entra",
        ),
        half(
            "Power BI's API down, Entra up, the token dead",
            API_HOST,
            "way to the API",
        ),
    ]
}

/// The service answers, and not as it should.
fn answers() -> Vec<Fault> {
    let storm = Trouble::Throttle {
        retry_after_s: RETRY_AFTER_S,
    };
    let message = |name, message| {
        Fault::new(name, move |bench| {
            on_refresh(bench, |faults| faults.token_message = message)
        })
        .ended(12, |bench| {
            change(bench, |faults| {
                faults.token_message = TokenMessage::Accepted
            })
        })
        .within(Limit::ServiceBack)
        .touching("token message")
    };
    vec![
        Fault::new("captive portal (HTML with 200)", |bench| {
            on_refresh(bench, |faults| everything(faults, Trouble::Garbage))
        })
        .ended(6, |bench| {
            change(bench, |faults| everything(faults, Trouble::None))
        })
        .within(Limit::ServiceBack)
        .touching("answers"),
        Fault::new("429 storm with Retry-After, the token dead", move |bench| {
            change(bench, |faults| (faults.entra, faults.api) = (storm, storm))?;
            bench.wall.cloud.expire_all_tokens();
            Ok(())
        })
        .ended(8, |bench| {
            let none = Trouble::None;
            change(bench, |faults| (faults.entra, faults.api) = (none, none))
        })
        .within(Limit::RetryAfter)
        .touching("answers"),
        message("new token rejected by the page", TokenMessage::Rejected),
        message("new token unanswered by the page", TokenMessage::Unanswered),
    ]
}

fn change(bench: &Bench, change: impl FnOnce(&mut Faults)) -> Result<()> {
    bench.set_faults(change);
    Ok(())
}

/// With a load of the report, which would come sooner or later.
fn on_load(bench: &Bench, change: impl FnOnce(&mut Faults)) -> Result<()> {
    bench.set_faults(change);
    bench.everlit("reload");
    Ok(())
}

/// With a refresh of the token, which would come sooner or later.
fn on_refresh(bench: &Bench, change: impl FnOnce(&mut Faults)) -> Result<()> {
    bench.set_faults(change);
    bench.everlit("refresh-token");
    Ok(())
}

/// New ones can be made at once.
fn cut_open_connections(bench: &mut Bench) -> Result<()> {
    bench.set_faults(|faults| faults.network = Network::Down);
    bench.live(CUT)?;
    up(bench)
}

fn up(bench: &mut Bench) -> Result<()> {
    change(bench, |faults| faults.network = Network::Up)
}

fn everything(faults: &mut Faults, trouble: Trouble) {
    (faults.entra, faults.api) = (trouble, trouble);
    (faults.report, faults.data) = (trouble, trouble);
}

fn cut(faults: &mut Faults, host: &str) {
    faults.unreachable.insert(host.to_owned());
}

fn restore(faults: &mut Faults, host: &str) {
    faults.unreachable.remove(host);
}

fn take_tokens_of(bench: &mut Bench, life_s: f64) -> Result<()> {
    bench.set_faults(|faults| faults.token_life_s = life_s);
    // Not sooner after an earlier one than the operator's pause allows.
    bench.live(Duration::from_secs(1))?;
    bench.everlit("refresh-token");
    let (least, most) = (life_s / 2.0, life_s);
    bench.until_status("a token of that life", |status| {
        let left = status.token.expires_in_s.map(|s| s as f64);
        left.is_some_and(|left| (least..=most).contains(&left))
    })?;
    Ok(())
}
