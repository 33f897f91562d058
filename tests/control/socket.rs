//! Who may take the socket's place, and a client that finds nobody.

use std::{
    fs,
    os::unix::{fs::PermissionsExt, net::UnixListener},
};

use everlit::{
    player::Ask,
    portal::{
        BindFailure, ControlSocket,
        client::{Client, ClientFailure},
    },
};
use tempfile::TempDir;
use tokio::net::UnixStream;

#[tokio::test]
async fn a_client_without_a_daemon_says_so() {
    let dir = TempDir::new().unwrap();
    let socket = dir.path().join("control.sock");
    let client = Client::new(&socket).unwrap();
    let failure = client.status().await.unwrap_err();
    assert!(
        matches!(failure, ClientFailure::Unreachable { .. }),
        "{failure}"
    );
    drop(UnixListener::bind(&socket).unwrap());
    let failure = client.ask(Ask::Reload).await.unwrap_err();
    assert!(
        matches!(failure, ClientFailure::Unreachable { .. }),
        "{failure}"
    );
}

#[tokio::test]
async fn the_socket_is_for_owner_and_group() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("run/everlit/control.sock");
    let _socket = ControlSocket::bind(&path).await.unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
}

#[tokio::test]
async fn a_socket_left_behind_is_taken_over() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("control.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let socket = ControlSocket::bind(&path).await.unwrap();
    UnixStream::connect(&path).await.unwrap();
    drop(socket);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_socket_in_use_is_left_alone() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("control.sock");
    let first = ControlSocket::bind(&path).await.unwrap();
    let second = ControlSocket::bind(&path).await;
    assert!(matches!(second, Err(BindFailure::Occupied(_))));
    drop(second);
    UnixStream::connect(&path).await.unwrap();
    drop(first);
}

#[tokio::test]
async fn a_file_that_is_no_socket_is_not_replaced() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("control.sock");
    fs::write(&path, "precious").unwrap();
    let failure = ControlSocket::bind(&path).await.unwrap_err();
    assert!(matches!(failure, BindFailure::NotASocket(_)));
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}
