//! How much memory there is for the web process: the machine's, or what its cgroup may use.

use std::{fs, path::Path};

use rustix::system::sysinfo;

const MB: u64 = 1024 * 1024;

/// Less would not hold a report, more is never needed.
const LEAST_MB: u64 = 200;
const MOST_MB: u64 = 1024;

/// A third of the memory that this daemon may use, between 200 MB and 1 GB.
#[must_use]
pub fn web_limit_mb() -> u32 {
    let machine = sysinfo();
    let total = machine.totalram.saturating_mul(u64::from(machine.mem_unit));
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let usable =
        cgroup_limit(&own, Path::new("/sys/fs/cgroup")).map_or(total, |max| max.min(total));
    third_mb(usable)
}

fn third_mb(usable: u64) -> u32 {
    let third = (usable / 3 / MB).clamp(LEAST_MB, MOST_MB);
    u32::try_from(third).unwrap_or(u32::MAX)
}

/// The smallest `memory.max` from our own cgroup (v2) up to the root of the hierarchy, in bytes.
///
/// `own` is the text of `/proc/self/cgroup`; its line for v2 is `0::/path`.
fn cgroup_limit(own: &str, root: &Path) -> Option<u64> {
    let path = own.lines().find_map(|line| line.strip_prefix("0::/"))?;
    root.join(path)
        .ancestors()
        .take_while(|group| group.starts_with(root))
        .filter_map(|group| fs::read_to_string(group.join("memory.max")).ok())
        // Without a limit it says `max`.
        .filter_map(|max| max.trim().parse().ok())
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hierarchy in a folder, by path and `memory.max`.
    fn tree(groups: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::TempDir::new().unwrap();
        for (group, max) in groups {
            let folder = root.path().join(group);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("memory.max"), format!("{max}\n")).unwrap();
        }
        root
    }

    #[test]
    fn the_smallest_limit_on_the_way_up_counts() {
        let root = tree(&[
            ("system.slice", "900000000"),
            ("system.slice/everlit.service", "max"),
            ("system.slice/everlit.service/inner", "1000000000"),
            ("user.slice", "100"),
        ]);
        let limit = |own| cgroup_limit(own, root.path());
        let inner = "0::/system.slice/everlit.service/inner\n";
        assert_eq!(limit(inner), Some(900_000_000));
        assert_eq!(limit("0::/user.slice\n"), Some(100));
        // A group that has gone since still has its ancestors.
        assert_eq!(limit("0::/system.slice/gone/deeper\n"), Some(900_000_000));
    }

    #[test]
    fn a_container_has_its_limit_at_the_root() {
        let root = tree(&[("", "700000000")]);
        assert_eq!(cgroup_limit("0::/\n", root.path()), Some(700_000_000));
        assert_eq!(
            cgroup_limit("0::/../../elsewhere\n", root.path()),
            Some(700_000_000)
        );
    }

    #[test]
    fn without_a_limit_or_without_cgroups_v2_the_machine_counts() {
        let root = tree(&[("free", "max")]);
        let v1 = "5:devices:/\n4:memory:/free\n";
        for own in ["0::/free\n", "0::/unknown\n", v1, ""] {
            assert_eq!(cgroup_limit(own, root.path()), None, "{own:?}");
        }
    }

    #[test]
    fn a_third_within_bounds_is_for_the_web_process() {
        assert_eq!(third_mb(0), 200);
        assert_eq!(third_mb(900 * MB), 300);
        assert_eq!(third_mb(64_000 * MB), 1024);
        assert!((200..=1024).contains(&web_limit_mb()));
    }
}
