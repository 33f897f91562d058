//! Whatever the wall shows, it does not reach the device's own portal.

use std::{
    fs, net::TcpListener, os::unix::fs::PermissionsExt as _, path::PathBuf, thread::sleep,
    time::Duration,
};

use anyhow::{Result, ensure};
use everlit::{links, player::Phase};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::Method;
use tokio::runtime::Builder;

use crate::{alone, intruder::Intruder, program, rig::Wall, visitor::Visitor};

const WAYS: [&str; 7] = [
    "fetch", "beacon", "image", "script", "socket", "frame", "form",
];
/// Longer than a request within this machine takes.
const SHORTLY: Duration = Duration::from_millis(300);
const KEPT: &str = "kept what the screen shows away from the portal";
/// A file of the portal that everybody may have.
const OPEN: &str = "assets/icon.svg";

#[test]
fn a_page_never_reaches_a_portal_on_loopback() -> Result<()> {
    let _alone = alone();
    let wall = Wall::new(program())?;
    let addresses = ["127.0.0.1", "localhost", "0.0.0.0"].map(str::to_owned);
    secluded(
        wall,
        "[portal]\nlisten = \"127.0.0.1:0\"\n",
        "http",
        &addresses,
    )
}

#[test]
fn a_page_never_reaches_a_portal_that_is_open_to_the_network() -> Result<()> {
    let _alone = alone();
    let wall = Wall::new(program())?;
    let addresses = own_addresses();
    let (certificate, key) = identity(&wall, &addresses)?;
    let listen = if has_ipv6() { "[::]:0" } else { "0.0.0.0:0" };
    // The view trusts the certificate: nothing but the door keeps it out.
    let settings = format!(
        "[portal]\nlisten = {listen:?}\ncertificate = {certificate:?}\nkey = {key:?}\n\
         [network]\ntrusted_certificates = [{certificate:?}]\n"
    );
    secluded(wall, &settings, "https", &addresses)
}

/// Tries every way to every address, and the same ways to a server that is open to all.
fn secluded(mut wall: Wall, settings: &str, scheme: &str, addresses: &[String]) -> Result<()> {
    let intruder = Intruder::open(has_ipv6())?;
    let page = format!("http://127.0.0.1:{}/", intruder.port);
    wall.write_text(&format!("[[playlist]]\nurl = \"{page}\"\n{settings}"))?;
    wall.start()?;
    wall.until_phase(Phase::Showing)?;
    let visitor = Visitor::of(&wall, None)?;
    let port = visitor.port()?;
    others_are_let_in(&visitor, scheme, addresses)?;
    ensure!(!wall.log()?.contains(KEPT), "nobody has tried yet");

    let attempts = WAYS
        .into_iter()
        .flat_map(|way| addresses.iter().map(move |address| (way, address)));
    for (way, address) in attempts {
        if !goes_there(&wall, &intruder, way, address)? {
            println!("the view itself keeps {way} from {address}");
            continue;
        }
        let before = times_kept(&wall)?;
        let url = format!("{scheme}://{address}:{port}/{OPEN}");
        let outcome = intruder.attempt(way, &url)?;
        ensure!(outcome != "answered", "{way} to {url} was answered");
        wall.until(&format!("{way} to {url} to be kept away"), |wall| {
            Ok((times_kept(wall)? > before).then_some(()))
        })?;
    }
    let before = times_kept(&wall)?;
    intruder.attempt("go", &format!("{scheme}://127.0.0.1:{port}/{OPEN}"))?;
    wall.until("a page that goes to the portal to be kept away", |wall| {
        Ok((times_kept(wall)? > before).then_some(()))
    })?;
    others_are_let_in(&visitor, scheme, addresses)?;
    println!(
        "{scheme}: {} connections of the view kept away",
        times_kept(&wall)?
    );
    Ok(())
}

/// Whether this way leads to an open server at this address at all. WebKit itself lets nothing go
/// to 0.0.0.0, at least as a part of a page.
fn goes_there(wall: &Wall, intruder: &Intruder, way: &str, address: &str) -> Result<bool> {
    let path = format!("/{way}/{address}");
    let url = format!("http://{address}:{}{path}", intruder.port);
    let outcome = intruder.attempt(way, &url)?;
    if address == "0.0.0.0" && outcome != "answered" {
        sleep(SHORTLY);
        return Ok(intruder.was_visited(&path));
    }
    wall.until(&format!("{way} to {url}"), |_| {
        Ok(intruder.was_visited(&path).then_some(true))
    })
}

/// Everybody else gets what is open.
fn others_are_let_in(visitor: &Visitor, scheme: &str, addresses: &[String]) -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let port = visitor.port()?;
    // Nobody calls a portal 0.0.0.0; it only leads there.
    for address in addresses.iter().filter(|address| *address != "0.0.0.0") {
        let visitor = visitor.by(&format!("{scheme}://{address}:{port}/"));
        let icon = runtime.block_on(visitor.request(Method::GET, OPEN).send())?;
        ensure!(icon.status().is_success(), "{address}: {}", icon.status());
    }
    Ok(())
}

fn times_kept(wall: &Wall) -> Result<usize> {
    Ok(wall.log()?.matches(KEPT).count())
}

/// Every way to say this machine.
fn own_addresses() -> Vec<String> {
    let mut addresses = ["127.0.0.1", "localhost", "0.0.0.0"]
        .map(str::to_owned)
        .to_vec();
    if has_ipv6() {
        addresses.push("[::1]".to_owned());
    }
    // A machine without a network has no address of its own.
    addresses.extend(links::first_address().map(|address| address.to_string()));
    addresses
}

fn has_ipv6() -> bool {
    TcpListener::bind("[::1]:0").is_ok()
}

/// A certificate for these addresses, and its key.
fn identity(wall: &Wall, addresses: &[String]) -> Result<(PathBuf, PathBuf)> {
    let names: Vec<_> = addresses
        .iter()
        .map(|address| address.trim_matches(['[', ']']).to_owned())
        .collect();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names)?;
    let (certificate, key) = (wall.path("portal.crt"), wall.path("portal.key"));
    fs::write(&certificate, cert.pem())?;
    fs::write(&key, signing_key.serialize_pem())?;
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600))?;
    Ok((certificate, key))
}
