//! The archive for a report of trouble: all is in it, and no secret.

use std::{collections::BTreeMap, io::Read};

use everlit::{
    clock,
    recent::{Level, LogLine},
    store,
};
use flate2::read::GzDecoder;

use super::*;

const SECRET: &str = "Xq8~Q2vN7bT4kR9mW1zL6pD3sF5gH0jK";

#[tokio::test]
async fn everything_that_a_report_of_trouble_needs_is_in_the_archive() {
    let device = Device::start().await;
    device.log.add(line("recovered took_s=1.5"));
    let (head, files) = device.diagnostics().await;
    assert!(
        head.contains("content-type: application/gzip\r\n"),
        "{head}"
    );
    let name = "content-disposition: attachment; filename=\"everlit-lobby.tar.gz\"\r\n";
    assert!(head.contains(name), "{head}");
    let names: Vec<_> = files.keys().map(String::as_str).collect();
    let folder = |file: &&str| format!("everlit-lobby/{file}");
    let wanted = [
        "log.txt",
        "screenshot.png",
        "settings.toml",
        "status.json",
        "system.txt",
        "versions.json",
    ];
    assert_eq!(names, wanted.iter().map(folder).collect::<Vec<_>>());
    assert_eq!(files["everlit-lobby/screenshot.png"], b"\x89PNG");
    assert_eq!(device.text(&files, "settings.toml"), GOOD);
    assert!(
        device
            .text(&files, "log.txt")
            .contains("INFO recovered took_s=1.5\n")
    );
    assert_eq!(device.text(&files, "system.txt"), "host: tv\n");
    assert_eq!(device.text(&files, "versions.json"), "[]");
    let status: serde_json::Value =
        serde_json::from_str(&device.text(&files, "status.json")).unwrap();
    assert_eq!(status["phase"], "showing");
    assert_eq!(status["settings"]["revision"], store::revision(GOOD));
}

#[tokio::test]
async fn no_file_of_the_archive_holds_a_secret() {
    let device = Device::start().await;
    let planted = format!(
        "# {SECRET}\n[powerbi]\nclient_secret = \"{SECRET}\" # {SECRET}\n\
         [network]\nproxy = \"http://bob:hunter2@proxy.example:3128\"\n\
         [[playlist]]\nurl = \"https://x.example/?key=hunter2&{SECRET}\"\n\
         [{SECRET_KEY}]\nnote = \"-----BEGIN PRIVATE KEY-----\\nhunter2\"\n"
    );
    let no_toml = format!("[powerbi\nclient_secret = \"{SECRET}\nurl = hunter2\n");
    for text in [planted, no_toml] {
        fs::write(device.settings_path(), &text).unwrap();
        let problems = Settings::parse(&text, &device.settings_path());
        let problems = problems.unwrap_err().0;
        device
            .log
            .add(line(&format!("settings rejected: {}", problems[0])));
        device.log.add(line(&format!(
            "asked https://bob:hunter2@x.example/?sig={SECRET}"
        )));
        device.status.send_modify(|snapshot| {
            snapshot.status.settings.problems = problems;
            snapshot.status.token.last_error = Some(format!("answered {SECRET}"));
        });
        let (_, files) = device.diagnostics().await;
        assert_eq!(files.len(), 6);
        for (name, bytes) in files {
            let text = String::from_utf8_lossy(&bytes);
            for secret in [SECRET, SECRET_KEY, "hunter2"] {
                assert!(!text.contains(secret), "{secret} in {name}: {text}");
            }
        }
    }
}

#[tokio::test]
async fn a_missing_settings_file_leaves_the_rest() {
    let device = Device::start().await;
    fs::remove_file(device.settings_path()).unwrap();
    let (head, files) = device.diagnostics().await;
    // Without settings it goes by the host's name, as far as a file may be called so.
    assert!(
        head.contains("filename=\"everlit-tv-2-floor.tar.gz\""),
        "{head}"
    );
    let settings = String::from_utf8_lossy(&files["everlit-tv-2-floor/settings.toml"]);
    assert!(settings.contains("does not exist"), "{settings}");
}

/// A key that looks like a secret and that TOML takes without quotes.
const SECRET_KEY: &str = "aB3cD4eF5gH6iJ7kL8mN9oP0";

fn line(text: &str) -> LogLine {
    LogLine {
        at: clock::wall(),
        level: Level::Info,
        target: None,
        text: text.to_owned(),
    }
}

type Files = BTreeMap<String, Vec<u8>>;

impl Device {
    /// The head of the answer, and the files in it.
    async fn diagnostics(&self) -> (String, Files) {
        let answer = self.raw_bytes("GET /api/v1/diagnostics.tar.gz").await;
        let end = answer
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap();
        let (head, body) = answer.split_at(end + 4);
        let head = String::from_utf8(head.to_vec()).unwrap();
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        let mut archive = tar::Archive::new(GzDecoder::new(body));
        let mut files = Files::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            let path = entry.path().unwrap().display().to_string();
            assert!(files.insert(path, bytes).is_none());
        }
        (head, files)
    }

    fn text(&self, files: &Files, name: &str) -> String {
        String::from_utf8(files[&format!("everlit-lobby/{name}")].clone()).unwrap()
    }
}
