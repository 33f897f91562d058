//! The settings over the API.

use std::fs;

use everlit::store;
use tokio::task::JoinSet;

use super::{Device, GOOD, refused};

const BETTER: &str = "[player]\nname = \"hall\"\n";
const BAD: &str = "[player]\nnmae = \"hall\"\n\n[tokne]\n";

#[tokio::test]
async fn settings_are_read_and_written_with_their_revision() {
    let device = Device::start().await;
    let read = device.client.settings().await.unwrap();
    assert_eq!(
        (read.text.as_str(), read.revision.as_str()),
        (GOOD, &*store::revision(GOOD))
    );
    let revision = device.push(BETTER, Some(&read.revision)).await.unwrap();
    assert_eq!(revision, store::revision(BETTER));
    assert_eq!(device.file(), BETTER);
    assert_eq!(device.client.settings().await.unwrap().revision, revision);
}

#[tokio::test]
async fn settings_are_written_where_there_were_none() {
    let device = Device::start().await;
    fs::remove_file(device.settings_path()).unwrap();
    assert_eq!(refused(device.client.settings().await).status, 404);
    device.push(GOOD, None).await.unwrap();
    assert_eq!(device.file(), GOOD);
}

#[tokio::test]
async fn bad_settings_leave_the_file_alone_and_every_problem_is_listed() {
    let device = Device::start().await;
    let refusal = refused(device.push(BAD, None).await);
    assert_eq!(refusal.status, 422);
    let lines: Vec<_> = refusal
        .problems
        .iter()
        .map(|problem| problem.line)
        .collect();
    assert_eq!(lines, [2, 4]);
    assert!(refusal.to_string().contains("nmae"), "{refusal}");
    assert_eq!(device.file(), GOOD);
}

#[tokio::test]
async fn settings_that_changed_in_the_meantime_are_not_overwritten() {
    let device = Device::start().await;
    let known = device.client.settings().await.unwrap().revision;
    fs::write(device.settings_path(), BETTER).unwrap();
    let refusal = refused(device.push(GOOD, Some(&known)).await);
    assert_eq!(refusal.status, 412);
    assert_eq!(device.file(), BETTER);
}

#[tokio::test]
async fn of_many_pushes_from_the_same_revision_one_wins() {
    let device = Device::start().await;
    let mut pushes = JoinSet::new();
    for number in 0..16 {
        let client = device.client.clone();
        pushes.spawn(async move {
            let text = format!("[player]\nname = \"{number}\"\n");
            client
                .push_settings(text, Some(&store::revision(GOOD)))
                .await
        });
    }
    let pushed = pushes.join_all().await;
    assert_eq!(pushed.iter().filter(|result| result.is_ok()).count(), 1);
}

#[tokio::test]
async fn settings_that_are_too_large_are_refused() {
    let device = Device::start().await;
    let large = "#".repeat(store::SIZE_LIMIT + 1);
    assert_eq!(refused(device.push(&large, None).await).status, 413);
    assert_eq!(device.file(), GOOD);
}
