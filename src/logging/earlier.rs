//! What the unit said before this start, from the journal.

use std::{fs, process::Stdio, time::Duration};

use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::{process::Command, time::timeout};

use super::is_connected_to_journal;
use crate::{
    clock,
    recent::{Level, LogLine, Recent},
};

const MOST_LINES: &str = "500";
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Adds the last lines from before `start`. Without a journal, or without the right to read it,
/// there are none: that is no trouble.
pub async fn add_earlier_lines(recent: Recent) {
    let start = clock::wall();
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let Some(unit) = unit(&own).filter(|_| is_connected_to_journal()) else {
        return;
    };
    let asked = Command::new("journalctl")
        .args(["--unit", unit, "--lines", MOST_LINES])
        // The journal knows whole seconds here; the lines of this second are left out below.
        .arg(format!("--until=@{}", start.as_second() + 1))
        .args(["--output", "json", "--quiet", "--no-pager"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let Ok(Ok(answer)) = timeout(TIME_LIMIT, asked).await else {
        return;
    };
    let pid = std::process::id().to_string();
    let lines = lines(&String::from_utf8_lossy(&answer.stdout), &pid);
    recent.add_earlier(lines.into_iter().filter(|line| line.at <= start));
}

/// The service in the text of `/proc/self/cgroup`.
fn unit(own: &str) -> Option<&str> {
    let path = own.lines().find_map(|line| line.strip_prefix("0::/"))?;
    path.rsplit('/').find(|part| part.ends_with(".service"))
}

/// Lines of the journal, one JSON object each, without those of our own process.
fn lines(json: &str, own_pid: &str) -> Vec<LogLine> {
    let entries = json
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    entries
        .filter(|entry: &Map<_, _>| entry.get("_PID").and_then(Value::as_str) != Some(own_pid))
        .filter_map(|entry| line(&entry))
        .collect()
}

fn line(entry: &Map<String, Value>) -> Option<LogLine> {
    let micros = text(entry.get("__REALTIME_TIMESTAMP")?)?.parse().ok()?;
    let target = entry.get("TARGET").and_then(text);
    Some(LogLine {
        at: Timestamp::from_microsecond(micros).ok()?,
        level: level(
            entry.get("PRIORITY").and_then(text).as_deref(),
            target.is_some(),
        ),
        target,
        text: text(entry.get("MESSAGE")?)?,
    })
}

/// The journal gives what is no clean text as an array of bytes, and too long values as null.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(bytes) => {
            let byte = |value: &Value| value.as_u64().and_then(|byte| u8::try_from(byte).ok());
            let bytes: Option<Vec<_>> = bytes.iter().map(byte).collect();
            Some(String::from_utf8_lossy(&bytes?).into_owned())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// Our own lines say info as notice and debug as info, others mean what they say.
fn level(priority: Option<&str>, is_own: bool) -> Level {
    match (priority, is_own) {
        (Some("0" | "1" | "2" | "3"), _) => Level::Error,
        (Some("4"), _) => Level::Warn,
        (Some("6"), true) | (Some("7"), _) => Level::Debug,
        _ => Level::Info,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANNED: &str = concat!(
        r#"{"__REALTIME_TIMESTAMP":"1777636800000001","MESSAGE":"Started everlit.service.","PRIORITY":"6","_PID":"1"}"#,
        "\n",
        r#"{"__REALTIME_TIMESTAMP":"1777636801000000","MESSAGE":"recovered took_s=1.5 cause=\"no route\"","F_TOOK_S":"1.5","F_CAUSE":"no route","PRIORITY":"5","TARGET":"everlit::made_up","CODE_LINE":"7","_PID":"41"}"#,
        "\n",
        r#"{"__REALTIME_TIMESTAMP":"1777636802000000","MESSAGE":[195,164,255,10],"PRIORITY":"4","_PID":"41"}"#,
        "\n",
        r#"{"__REALTIME_TIMESTAMP":"1777636803000000","MESSAGE":"d","PRIORITY":"6","TARGET":"everlit","_PID":"41"}"#,
        "\n",
        r#"{"__REALTIME_TIMESTAMP":"1777636804000000","MESSAGE":"own","PRIORITY":"5","_PID":"42"}"#,
        "\n",
        r#"{"__REALTIME_TIMESTAMP":"1777636805000000","MESSAGE":null,"PRIORITY":"5"}"#,
        "\n",
        r#"{"MESSAGE":"no time"}"#,
        "\nno JSON\n",
        r#"{"__REALTIME_TIMESTAMP":"1777636806000000","MESSAGE":[300],"PRIORITY":"5"}"#,
        "\n",
        r#"{"__REALTIME_TIMESTAMP":"1777636807000000","MESSAGE":"panicked","PRIORITY":"3"}"#,
        "\n{\"__REALTIME_TIM",
    );

    #[test]
    fn the_journal_is_read_as_far_as_it_can_be() {
        let found = lines(CANNED, "42");
        let told: Vec<_> = found
            .iter()
            .map(|line| (line.level, line.text.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (Level::Info, "Started everlit.service."),
                (Level::Info, "recovered took_s=1.5 cause=\"no route\""),
                (Level::Warn, "ä\u{fffd}\n"),
                (Level::Debug, "d"),
                (Level::Error, "panicked"),
            ]
        );
        assert_eq!(found[0].at.to_string(), "2026-05-01T12:00:00.000001Z");
        assert_eq!(found[1].target.as_deref(), Some("everlit::made_up"));
        assert_eq!(found[0].target, None);
    }

    #[test]
    fn the_unit_is_the_innermost_service_of_the_cgroup() {
        let system = "0::/system.slice/everlit.service\n";
        assert_eq!(unit(system), Some("everlit.service"));
        let inner = "0::/user.slice/user@1000.service/app.slice/wall@2.service/inner\n";
        assert_eq!(unit(inner), Some("wall@2.service"));
        assert_eq!(unit("0::/user.slice/session-1.scope\n"), None);
        assert_eq!(unit("4:memory:/everlit.service\n"), None);
    }
}
