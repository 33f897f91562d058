//! Texts that are copied into the settings file in place, as `scp` does, while somebody saves.

use std::{
    fs::File,
    io::Write as _,
    sync::mpsc::{self, TryRecvError},
    thread,
    time::Duration,
};

use everlit::store::ReplaceFailure;

use super::{pushing::Device, settings};

#[tokio::test]
async fn a_text_that_is_still_being_copied_into_the_file_is_waited_for() {
    let device = Device::new();
    device.push("lobby").await;
    let path = device.path();
    thread::sleep(Duration::from_millis(30));
    let mut file = File::create(path).unwrap();
    let copying = thread::spawn(move || {
        for part in settings("hall").split_inclusive(|_| true) {
            file.write_all(part.as_bytes()).unwrap();
            thread::sleep(Duration::from_millis(5));
        }
    });
    device.push("stairs").await;
    copying.join().unwrap();
    let texts = device.everything_known();
    assert!(texts.contains(&settings("hall")), "{texts:?}");
    assert_eq!(device.text(), settings("stairs"));
    assert_eq!(device.history().versions().len(), 3, "no half text");
}

#[tokio::test]
async fn a_copy_without_an_end_is_not_replaced() {
    let device = Device::new();
    device.push("lobby").await;
    thread::sleep(Duration::from_millis(30));
    let (stop, stopped) = mpsc::channel::<()>();
    let mut file = File::create(device.path()).unwrap();
    let copying = thread::spawn(move || {
        while stopped.try_recv() == Err(TryRecvError::Empty) {
            file.write_all(b"#").unwrap();
            thread::sleep(Duration::from_millis(10));
        }
    });
    let refused = device.try_push("hall").await;
    drop(stop);
    copying.join().unwrap();
    assert!(
        matches!(refused, Err(ReplaceFailure::Changed)),
        "{refused:?}"
    );
    assert!(
        device.text().starts_with('#'),
        "the copy goes on where it was"
    );
}
