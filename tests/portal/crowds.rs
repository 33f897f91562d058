//! Many at once: those who say nothing, and those who ask all the time.

use std::io::{Read as _, Write as _};

use super::*;

#[tokio::test]
async fn two_hundred_slow_connections_keep_nobody_out() {
    let device = Device::claimed().await;
    let address = device.address;
    let slow = tokio::task::spawn_blocking(move || {
        let connect = |number: usize| {
            let mut wire = std::net::TcpStream::connect(address).unwrap();
            // Some say nothing at all, some a little.
            let words = [
                "",
                "GET / HTTP/1.1\r\n",
                "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\npass",
            ];
            wire.write_all(words[number % 3].as_bytes()).unwrap();
            wire
        };
        (0..200).map(connect).collect::<Vec<_>>()
    });
    let mut slow = slow.await.unwrap();
    for _ in 0..20 {
        let request = device
            .client
            .get(device.url("/healthz"))
            .header(header::CONNECTION, "close");
        let answer = timeout(Duration::from_secs(3), request.send()).await;
        assert_eq!(answer.unwrap().unwrap().status(), 200);
    }
    // Each of them is shown the door in the end.
    let closed = tokio::task::spawn_blocking(move || {
        let is_closed = |wire: &mut std::net::TcpStream| {
            wire.set_read_timeout(Some(PATIENCE)).unwrap();
            let mut rest = Vec::new();
            match wire.read_to_end(&mut rest) {
                Ok(_) => true,
                Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
            }
        };
        slow.iter_mut()
            .filter_map(|wire| is_closed(wire).then_some(()))
            .count()
    });
    assert_eq!(closed.await.unwrap(), 200);
}
