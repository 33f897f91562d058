//! The machine and its operating system in words, for a report of trouble.

use std::{fmt::Write as _, fs, path::Path};

use rustix::{fs::statvfs, system::uname};

const MB: u64 = 1024 * 1024;

/// What else is to be told, by its name.
pub type Fact<'a> = (&'a str, String);

/// Some lines of `name: value`; what cannot be read is left out. Reads files: not for the loop.
#[must_use]
pub fn describe(state: &Path, more: &[Fact<'_>]) -> String {
    let kernel = uname();
    let word = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let mut facts = vec![
        ("host", word(kernel.nodename())),
        (
            "kernel",
            format!("{} {}", word(kernel.sysname()), word(kernel.release())),
        ),
        ("machine", word(kernel.machine())),
        ("system", os_name(&read("/etc/os-release"))),
        ("up", up_words(&read("/proc/uptime"))),
        ("load", first_words(&read("/proc/loadavg"), 3)),
        ("memory", memory_words(&read("/proc/meminfo"))),
        ("disk", disk_words(state)),
    ];
    facts.extend(more.iter().cloned());
    let mut lines = String::new();
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        // A `String` takes everything.
        let _ = writeln!(lines, "{name}: {value}");
    }
    lines
}

/// The host's name, for people.
#[must_use]
pub fn host() -> String {
    uname().nodename().to_string_lossy().into_owned()
}

fn os_name(release: &str) -> String {
    let named = release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    named.unwrap_or_default().trim_matches('"').to_owned()
}

fn up_words(uptime: &str) -> String {
    let seconds = uptime
        .split('.')
        .next()
        .and_then(|text| text.parse::<u64>().ok());
    seconds.map_or_else(String::new, |seconds| {
        format!(
            "{} d {} h {} min",
            seconds / 86_400,
            seconds / 3_600 % 24,
            seconds / 60 % 60
        )
    })
}

fn first_words(text: &str, count: usize) -> String {
    text.split_whitespace()
        .take(count)
        .collect::<Vec<_>>()
        .join(" ")
}

fn memory_words(table: &str) -> String {
    let wanted = ["MemTotal", "MemAvailable", "SwapTotal", "SwapFree"];
    let rows = table.lines().filter_map(|line| line.split_once(':'));
    let rows = rows.filter(|(name, _)| wanted.contains(name));
    let words = rows.map(|(name, value)| format!("{name} {}", value.trim()));
    words.collect::<Vec<_>>().join(", ")
}

fn disk_words(folder: &Path) -> String {
    let Ok(disk) = statvfs(folder) else {
        return String::new();
    };
    let mb = |blocks: u64| blocks.saturating_mul(disk.f_frsize) / MB;
    let (free, all) = (mb(disk.f_bavail), mb(disk.f_blocks));
    format!("{free} MB free of {all} MB at {}", folder.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_of_the_kernel_become_words() {
        let release = "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\n";
        assert_eq!(os_name(release), "Debian GNU/Linux 13 (trixie)");
        assert_eq!(up_words("93784.52 100.00\n"), "1 d 2 h 3 min");
        assert_eq!(
            first_words("0.10 0.20 0.30 1/200 4711\n", 3),
            "0.10 0.20 0.30"
        );
        let table = "MemTotal:  1000 kB\nMemFree:  1 kB\nMemAvailable:  900 kB\n";
        assert_eq!(memory_words(table), "MemTotal 1000 kB, MemAvailable 900 kB");
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        let folder = tempfile::TempDir::new().unwrap();
        let more = [("everlit", "1.2.3".to_owned()), ("webkit", String::new())];
        let text = describe(folder.path(), &more);
        assert!(
            text.contains("everlit: 1.2.3\n") && text.contains("MB free of"),
            "{text}"
        );
        assert!(!text.contains("webkit"), "{text}");
        let text = describe(&folder.path().join("gone"), &[]);
        assert!(!text.contains("disk"), "{text}");
    }
}
