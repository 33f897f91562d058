//! What lies over the picture when an operator asks, and who can read the pairing code.

use anyhow::{Result, ensure};
use everlit::player::{Invitation, InvitationReach, PageEvent, Plate, ViewOrder, WebProcessEnd};

use crate::{
    bench::{Bench, expect},
    stories::{ended, show_hung},
};

/// Says in its title, again and again, whether anything happened to its document.
const WATCHFUL: &str = "<!doctype html><title>new</title><body style='background:#0f0'>word<script>
    let state = 'untouched';
    const touched = () => { state = 'touched'; };
    const all = { attributes: true, childList: true, subtree: true, characterData: true };
    new MutationObserver(touched).observe(document.documentElement,
        { attributes: true, childList: true });
    addEventListener('load', () => new MutationObserver(touched).observe(document.body, all));
    addEventListener('blur', touched);
    addEventListener('resize', touched);
    let count = 0;
    setInterval(() => {
        const text = new XMLSerializer().serializeToString(document);
        const has = text.includes(['KX4', '7QD'].join('-'));
        document.title = `${state} ${has} ${count++}`;
    }, 50);
    </script>";

fn plate(code: &str) -> ViewOrder {
    ViewOrder::ShowPlate(Box::new(Plate::Invitation {
        device: Some("hall".to_owned()),
        invitation: invitation(code),
    }))
}

fn invitation(code: &str) -> Invitation {
    Invitation {
        address: "https://192.0.2.7:8400/".parse().expect("a URL"),
        reach: InvitationReach::Network,
        fingerprint: Some("AB:CD:EF".to_owned()),
        code: Some(code.into()),
    }
}

fn name(device: &str) -> ViewOrder {
    ViewOrder::ShowPlate(Box::new(Plate::Name {
        device: Some(device.to_owned()),
        address: None,
    }))
}

fn title(bench: &Bench) -> Result<String> {
    bench.until_page("a title", |event| match event {
        PageEvent::TitleChanged(title) => Some(title.clone()),
        _ => None,
    })
}

pub(crate) fn a_plate_lies_over_a_page_that_does_not_notice(bench: &mut Bench) -> Result<()> {
    let url = bench.site.page("/watchful", WATCHFUL);
    bench.show(url)?;
    let before = bench.screen.until_frame("the page", |_| true)?;
    for order in [plate("KX4-7QD"), name("hall")] {
        bench.view.send(order);
        bench
            .screen
            .until_frame("the plate", |frame| frame != before)?;
        bench.events_until_beat()?;
        let title = title(bench)?;
        ensure!(
            title.starts_with("untouched false "),
            "the page says {title}"
        );
        bench.view.send(ViewOrder::HidePlate);
        bench
            .screen
            .until_frame("the page", |frame| frame == before)?;
    }
    Ok(())
}

pub(crate) fn a_plate_needs_no_page_that_answers(bench: &mut Bench) -> Result<()> {
    show_hung(bench)?;
    let before = bench.screen.until_frame("the page", |_| true)?;
    bench.view.send(plate("KX4-7QD"));
    bench
        .screen
        .until_frame("the plate", |frame| frame != before)?;
    bench.view.send(ViewOrder::HidePlate);
    bench
        .screen
        .until_frame("the page", |frame| frame == before)?;
    bench.view.send(ViewOrder::EndWebProcess);
    expect(&ended(bench)?, &WebProcessEnd::Asked)
}

pub(crate) fn a_plate_with_another_code_shows_it_and_no_screenshot_does(
    bench: &mut Bench,
) -> Result<()> {
    let url = bench.site.page("/plain", "<!doctype html>word");
    bench.show(url)?;
    let before = bench.screen.until_frame("the page", |_| true)?;
    bench.view.send(plate("KX4-7QD"));
    let first = bench
        .screen
        .until_frame("a code", |frame| frame != before)?;
    let taken = bench.screenshot()?;
    bench.view.send(plate("AAA-AAA"));
    bench
        .screen
        .until_frame("the other code", |frame| frame != first)?;
    ensure!(
        bench.screenshot()? == taken,
        "the screenshots show the codes"
    );
    bench.view.send(ViewOrder::HidePlate);
    bench
        .screen
        .until_frame("the page", |frame| frame == before)?;
    ensure!(
        bench.screenshot()? != taken,
        "the screenshot shows no plate"
    );
    Ok(())
}

pub(crate) fn a_slate_shows_its_code_and_no_screenshot_does(bench: &mut Bench) -> Result<()> {
    bench.show_invitation(invitation("KX4-7QD"))?;
    let first = bench.screen.until_frame("a code", |_| true)?;
    let taken = bench.screenshot()?;
    bench.show_invitation(invitation("AAA-AAA"))?;
    bench
        .screen
        .until_frame("the other code", |frame| frame != first)?;
    ensure!(
        bench.screenshot()? == taken,
        "the screenshots show the codes"
    );
    bench.show_invitation(invitation("AAA-AAA").without_code())?;
    ensure!(bench.screenshot()? != taken, "the code left no trace");
    Ok(())
}

pub(crate) fn a_name_on_a_plate_is_never_read_as_markup(bench: &mut Bench) -> Result<()> {
    bench.view.send(name(""));
    bench.events_until_beat()?;
    let nothing = bench.screenshot()?;
    bench.view.send(name("<i></i>"));
    bench.events_until_beat()?;
    ensure!(
        bench.screenshot()? != nothing,
        "the name was read as markup"
    );
    bench.view.send(ViewOrder::HidePlate);
    Ok(())
}
