//! The control socket comes back, whatever happens to its path.

use std::{
    fs,
    os::unix::{fs::MetadataExt, net::UnixListener},
};

use everlit::portal::keep_listening;
use tokio::time::sleep;

use super::*;
use crate::lines::Lines;

/// Longer than the pause between two tries, and much shorter than the one between two looks at the path.
const NOTICED: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_place_that_is_taken_is_used_once_it_is_free() {
    let (place, lines) = (Place::new(), Lines::listen());
    let other = UnixListener::bind(&place.socket).unwrap();
    let mut listening = place.listening();
    until(
        || {
            lines
                .of("DEBUG")
                .iter()
                .any(|line| line.contains("no control socket"))
        },
        &mut listening,
    )
    .await;
    assert_eq!(lines.of("WARN").len(), 1, "{:?}", lines.of("WARN"));
    assert!(
        lines.of("WARN")[0].contains("another process") && lines.of("WARN")[0].contains("remedy")
    );
    // Its end leaves the file behind.
    drop(other);
    until(|| answers(&place), &mut listening).await;
    assert_eq!(lines.of("WARN").len(), 1);
    assert_recovered(&lines);
}

#[tokio::test]
async fn a_file_or_a_folder_in_the_way_is_never_deleted() {
    let (place, lines) = (Place::new(), Lines::listen());
    fs::create_dir(&place.socket).unwrap();
    fs::write(place.socket.join("precious"), "yes").unwrap();
    let mut listening = place.listening();
    until(|| !lines.of("DEBUG").is_empty(), &mut listening).await;
    assert!(place.socket.join("precious").exists());
    fs::rename(&place.socket, place.dir.path().join("moved")).unwrap();
    until(|| answers(&place), &mut listening).await;
    assert_eq!(lines.of("WARN").len(), 1);
    assert_recovered(&lines);
}

#[tokio::test]
async fn a_deleted_socket_is_bound_again() {
    let (place, lines) = (Place::new(), Lines::listen());
    let mut listening = place.listening();
    until(|| answers(&place), &mut listening).await;
    fs::remove_file(&place.socket).unwrap();
    until(|| answers(&place), &mut listening).await;
    assert_eq!(lines.of("WARN").len(), 1);
    assert!(lines.of("WARN")[0].contains("deleted"));
    assert_recovered(&lines);
}

#[tokio::test]
async fn a_socket_whose_folder_was_moved_is_bound_again() {
    let (mut place, lines) = (Place::new(), Lines::listen());
    let (folder, moved) = (place.dir.path().join("a"), place.dir.path().join("b"));
    place.socket = folder.join("in/control.sock");
    let mut listening = place.listening();
    until(|| answers(&place), &mut listening).await;
    fs::rename(&folder, &moved).unwrap();
    until(|| answers(&place), &mut listening).await;
    assert_eq!(lines.of("WARN").len(), 1);
    assert!(moved.join("in/control.sock").exists());
    assert_recovered(&lines);
}

#[tokio::test]
async fn a_socket_that_took_our_place_is_left_alone_and_noticed() {
    let (place, lines) = (Place::new(), Lines::listen());
    let mut listening = place.listening();
    until(|| answers(&place), &mut listening).await;
    fs::remove_file(&place.socket).unwrap();
    // Many file systems give it the number that ours had.
    let other = UnixListener::bind(&place.socket).unwrap();
    let inode = fs::metadata(&place.socket).unwrap().ino();
    until(
        || {
            lines
                .of("WARN")
                .iter()
                .any(|line| line.contains("something else"))
        },
        &mut listening,
    )
    .await;
    until(
        || {
            lines
                .of("DEBUG")
                .iter()
                .any(|line| line.contains("another process"))
        },
        &mut listening,
    )
    .await;
    assert_eq!(fs::metadata(&place.socket).unwrap().ino(), inode);
    drop(other);
    until(|| answers(&place), &mut listening).await;
    assert_eq!(lines.of("WARN").len(), 1);
    assert_recovered(&lines);
}

#[tokio::test]
async fn the_end_of_a_socket_leaves_the_file_of_another() {
    let place = Place::new();
    let socket = ControlSocket::bind(&place.socket).await.unwrap();
    fs::remove_file(&place.socket).unwrap();
    let _other = UnixListener::bind(&place.socket).unwrap();
    drop(socket);
    assert!(answers(&place));
}

struct Place {
    dir: TempDir,
    socket: PathBuf,
}

impl Place {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let socket = dir.path().join("control.sock");
        Self { dir, socket }
    }

    fn listening(&self) -> Listening {
        let socket = self.socket.clone();
        Box::pin(async move { keep_listening(&socket, axum::Router::new()).await })
    }
}

type Listening = std::pin::Pin<Box<dyn Future<Output = std::convert::Infallible>>>;

/// Lets the socket listen until it is as wanted.
async fn until(wanted: impl Fn() -> bool, listening: &mut Listening) {
    let wait = async {
        while !wanted() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        waited = timeout(NOTICED, wait) => waited.expect("it to happen in time"),
        never = listening => match never {},
    }
}

fn answers(place: &Place) -> bool {
    std::os::unix::net::UnixStream::connect(&place.socket).is_ok()
}

fn assert_recovered(lines: &Lines) {
    let recovered: Vec<_> = lines
        .of("INFO")
        .into_iter()
        .filter(|line| line.contains("recovered"))
        .collect();
    assert_eq!(recovered.len(), 1, "{recovered:?}");
    assert!(recovered[0].contains("took_s="), "{recovered:?}");
    assert_eq!(lines.of("ERROR"), Vec::<String>::new());
}
