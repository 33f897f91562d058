//! The versions of the settings over the API: push records, checks, and who pushed.

use std::time::Duration;

use everlit::{
    portal::Caller,
    store::{self, How, Outcome, user_name},
};

use super::{Device, GOOD, refused};

const BETTER: &str = "[player]\nname = \"hall\"\n";
const BAD: &str = "[player]\nnmae = \"hall\"\n";

#[tokio::test]
async fn a_push_leaves_a_record_of_who_it_was() {
    let device = Device::start().await;
    let pushed = device.client.push(BETTER.to_owned(), None).await.unwrap();
    let version = device.client.version(pushed.version, 0).await.unwrap();
    let me = user_name(rustix::process::geteuid().as_raw());
    assert_eq!((version.who, version.how), (me, How::Socket));
    assert_eq!(version.revision, store::revision(BETTER));
    assert_eq!(version.outcome, Outcome::Pending);
    let versions = device.client.versions().await.unwrap();
    let came = versions.iter().map(|version| version.how);
    // The text that was there before had come past us.
    assert_eq!(came.collect::<Vec<_>>(), [How::Socket, How::File]);
    let text = device.client.version_text(1).await.unwrap();
    assert_eq!(text, GOOD);
}

#[tokio::test]
async fn a_push_says_where_its_record_is() {
    let device = Device::start().await;
    let answer = device.send("PUT", "settings", &[], BETTER).await;
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    assert!(
        answer.contains("location: /api/v1/settings/versions/2\r\n"),
        "{answer}"
    );
    let record = device.raw("GET /api/v1/settings/versions/2").await;
    for part in ["\"outcome\":\"pending\"", "\"how\":\"socket\"", "\"id\":2"] {
        assert!(record.contains(part), "{record}");
    }
}

#[tokio::test]
async fn a_long_question_is_answered_as_soon_as_there_is_an_outcome() {
    let device = Device::start().await;
    let pushed = device.client.push(BETTER.to_owned(), None).await.unwrap();
    let history = device.history.clone();
    let settle = async {
        // By then the question has arrived and waits; were it late, it would be answered all the same.
        tokio::time::sleep(Duration::from_millis(50)).await;
        history.settle(&pushed.revision);
    };
    let started = everlit::clock::now();
    let (version, ()) = tokio::join!(device.client.version(pushed.version, 8), settle);
    assert_eq!(version.unwrap().outcome, Outcome::Confirmed);
    assert!(everlit::clock::now() - started < Duration::from_secs(6));
}

#[tokio::test]
async fn a_restored_version_is_a_new_one() {
    let device = Device::start().await;
    device.client.push(BETTER.to_owned(), None).await.unwrap();
    let restored = device.client.restore(1).await.unwrap();
    assert_eq!((restored.version, device.file().as_str()), (3, GOOD));
    let version = device.client.version(3, 0).await.unwrap();
    assert_eq!(version.how, How::Restore);
    let stale = [("if-match", "\"000000000000\"")];
    let answer = device
        .send("POST", "settings/versions/2/restore", &stale, "")
        .await;
    assert!(answer.starts_with("HTTP/1.1 412"), "{answer}");
    assert_eq!(refused(device.client.restore(99).await).status, 404);
    assert_eq!(refused(device.client.version(99, 0).await).status, 404);
    let odd = device.raw("GET /api/v1/settings/versions/x/text").await;
    assert!(odd.starts_with("HTTP/1.1 404"), "{odd}");
}

#[tokio::test]
async fn a_check_tells_everything_and_writes_nothing() {
    let device = Device::start().await;
    let noted = "[display]\nrotate = 90\n";
    let good = device.send("POST", "settings/check", &[], noted).await;
    assert!(good.starts_with("HTTP/1.1 200"), "{good}");
    assert!(good.contains("\"problems\":[]"), "{good}");
    assert!(good.contains("display.rotate: has no effect yet"), "{good}");
    let bad = device.send("POST", "settings/check", &[], BAD).await;
    assert!(
        bad.starts_with("HTTP/1.1 422") && bad.contains("nmae"),
        "{bad}"
    );
    assert_eq!(device.file(), GOOD);
    assert_eq!(device.client.versions().await.unwrap(), []);
}

#[tokio::test]
async fn first_settings_can_be_pushed_only_where_there_are_none() {
    let device = Device::start().await;
    let none = [("if-none-match", "*")];
    let answer = device.send("PUT", "settings", &none, BETTER).await;
    assert!(answer.starts_with("HTTP/1.1 412"), "{answer}");
    std::fs::remove_file(device.settings_path()).unwrap();
    let answer = device.send("PUT", "settings", &none, BETTER).await;
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    assert_eq!(device.file(), BETTER);
}

#[tokio::test]
async fn a_carrier_that_does_not_say_who_asks_can_change_nothing() {
    let device = Device::start().await;
    let control = device.control.clone();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api/v1/settings", listener.local_addr().unwrap());
    let serve = |router| async { axum::serve(listener, router).await };
    let ask = async {
        let client = everlit::net::client(&everlit::settings::Network::default()).unwrap();
        let pushed = client.put(url).body(BETTER).send().await.unwrap();
        assert_eq!(pushed.status().as_u16(), 500);
    };
    tokio::select! {
        _ = serve(everlit::portal::router(control)) => panic!("it ended"),
        () = ask => {}
    }
    assert_eq!(device.file(), GOOD);
    // This is what a carrier has to say.
    let _ = Caller {
        who: "ann".to_owned(),
        how: How::Api,
    };
}
