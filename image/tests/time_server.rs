//! The time service that the device asks: simple network time (RFC 5905) on loopback.

use std::{net::UdpSocket, thread};

use anyhow::{Context as _, Result};
use everlit::clock;
use jiff::Timestamp;

const ADDRESS: &str = "127.0.0.1:123";
const LENGTH: usize = 48;
/// From 1900 to 1970, in seconds.
const BEFORE_1970: i64 = 2_208_988_800;
/// The client's protocol version stays, the mode becomes "server".
const VERSION: u8 = 0b0011_1000;
const SERVER: u8 = 4;
const PRIMARY: u8 = 1;
/// 2⁻²⁰ s.
const PRECISION: u8 = 0xEC;

/// It runs as long as the program.
pub(crate) fn start() -> Result<()> {
    let socket = UdpSocket::bind(ADDRESS).with_context(|| format!("cannot listen on {ADDRESS}"))?;
    thread::Builder::new()
        .name("time server".to_owned())
        .spawn(move || serve(&socket))?;
    Ok(())
}

fn serve(socket: &UdpSocket) {
    let mut request = [0; LENGTH];
    loop {
        let Ok((LENGTH, client)) = socket.recv_from(&mut request) else {
            continue;
        };
        // Whoever does not get it asks again.
        let _ = socket.send_to(&answer(&request, clock::wall()), client);
    }
}

fn answer(request: &[u8; LENGTH], now: Timestamp) -> [u8; LENGTH] {
    let now = stamp(now);
    let mut answer = [0; LENGTH];
    answer[0] = (request[0] & VERSION) | SERVER;
    answer[1] = PRIMARY;
    answer[2] = request[2];
    answer[3] = PRECISION;
    answer[12..16].copy_from_slice(b"LOCL");
    answer[16..24].copy_from_slice(&now);
    // What the client sent as its own time comes back to it.
    answer[24..32].copy_from_slice(&request[40..48]);
    answer[32..40].copy_from_slice(&now);
    answer[40..48].copy_from_slice(&now);
    answer
}

/// Seconds since 1900, and their fraction in 2⁻³² s.
fn stamp(at: Timestamp) -> [u8; 8] {
    let seconds = u64::try_from(at.as_second() + BEFORE_1970).unwrap_or(0);
    let nanoseconds = u64::try_from(at.subsec_nanosecond()).unwrap_or(0);
    ((seconds << 32) | ((nanoseconds << 32) / 1_000_000_000)).to_be_bytes()
}
