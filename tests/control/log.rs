//! The log over the API.

use everlit::{
    clock,
    recent::{Level, LogLine},
};

use super::*;

#[tokio::test]
async fn the_newest_lines_come_last_and_as_many_as_asked_for() {
    let device = Device::start().await;
    for number in 0..300 {
        device.say(Level::Info, &number.to_string());
    }
    device.say(Level::Debug, "detail");
    device.say(Level::Warn, "oh");
    let lines = device.log("").await;
    assert_eq!(lines.len(), 200);
    assert_eq!(lines[199].text, "oh");
    assert_eq!(lines[198].text, "299");
    assert_eq!(texts(&device.log("?level=warn").await), ["oh"]);
    assert_eq!(
        texts(&device.log("?level=debug&lines=2").await),
        ["detail", "oh"]
    );
    assert_eq!(device.log("?lines=9999").await.len(), 301);
}

#[tokio::test]
async fn an_odd_question_is_refused() {
    let device = Device::start().await;
    for query in ["?level=loud", "?lines=many", "?lines=-1"] {
        let answer = device.raw(&format!("GET /api/v1/log{query}")).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        assert!(answer.contains("application/problem+json"), "{answer}");
    }
}

impl Device {
    fn say(&self, level: Level, text: &str) {
        self.log.add(LogLine {
            at: clock::wall(),
            level,
            target: None,
            text: text.to_owned(),
        });
    }

    async fn log(&self, query: &str) -> Vec<LogLine> {
        let answer = self.raw(&format!("GET /api/v1/log{query}")).await;
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }
}

fn texts(lines: &[LogLine]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}
