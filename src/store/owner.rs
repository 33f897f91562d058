//! The name of a user, for people.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

/// The user's name after `/etc/passwd`, or `uid 1000`.
#[must_use]
pub fn user_name(uid: u32) -> String {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    name_in(&users, uid).unwrap_or_else(|| format!("uid {uid}"))
}

/// The name of a file's owner.
pub(super) fn owner_of(path: &Path) -> String {
    fs::metadata(path).map_or_else(|_| "unknown".to_owned(), |file| user_name(file.uid()))
}

fn name_in(users: &str, uid: u32) -> Option<String> {
    let uid = uid.to_string();
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_the_name_of_the_line_with_its_number() {
        let users = "root:x:0:0:root:/root:/bin/sh\nbroken\nann:x:1000:0::/home/ann:/bin/sh\n";
        assert_eq!(name_in(users, 1000).as_deref(), Some("ann"));
        assert_eq!(name_in(users, 10), None);
        assert_eq!(user_name(4_294_000_000), "uid 4294000000");
    }
}
