//! Follows a path step by step, through symbolic links, also where nothing exists yet.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    path::{Component, Path, PathBuf},
};

/// As many as the kernel follows.
const LINK_LIMIT: usize = 40;

/// What decides where a path leads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Trace {
    /// Every directory entry on the way: a change of any of them may change the file.
    pub(super) entries: BTreeSet<PathBuf>,
    /// Where the path ends; perhaps not there yet.
    pub(super) target: PathBuf,
}

/// Follows `path` from the root; in a circle of links it stops at one of them.
pub(super) fn trace(path: &Path) -> Trace {
    let mut found = Trace {
        entries: BTreeSet::new(),
        target: PathBuf::from("/"),
    };
    let absolute = std::path::absolute(path);
    let mut ahead = steps(absolute.as_deref().unwrap_or(path));
    let mut links = 0;
    while let Some(step) = ahead.pop() {
        if step == ".." {
            found.target.pop();
            continue;
        }
        let entry = found.target.join(step);
        found.entries.insert(entry.clone());
        // An entry that cannot be read as a link is none, or does not exist: it stands for itself.
        let Ok(destination) = fs::read_link(&entry) else {
            found.target = entry;
            continue;
        };
        links += 1;
        if links > LINK_LIMIT {
            found.target = entry;
            break;
        }
        if destination.is_absolute() {
            found.target = PathBuf::from("/");
        }
        ahead.extend(steps(&destination));
    }
    found
}

/// The path's names, last one first.
fn steps(path: &Path) -> Vec<OsString> {
    path.components()
        .rev()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some("..".into()),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
        })
        .collect()
}
