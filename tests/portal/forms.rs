//! The settings form: what is typed, what is shown again, and what is saved.

use std::os::unix::fs::PermissionsExt as _;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use everlit::store;
use url::form_urlencoded::Serializer;

use super::*;

const ID: &str = "7f1d3c5a-0b2e-4c6d-8e9f-a1b2c3d4e5f6";

/// A technician on the settings page.
struct Page {
    device: Device,
    browser: Browser,
}

impl Page {
    async fn open() -> Self {
        let device = Device::claimed().await;
        let browser = device.sign_in().await;
        Self { device, browser }
    }

    async fn send(&self, place: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let mut form = Serializer::new(String::new());
        form.append_pair("csrf", &self.browser.form_word);
        if fields.iter().all(|(name, _)| *name != "base") {
            form.append_pair("base", &store::revision(&self.device.file()));
        }
        form.extend_pairs(fields);
        let request = self.device.post(place, Some(&self.browser.cookie));
        let answer = request.body(form.finish()).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Reviews the fields and saves what comes of them.
    async fn save(&self, fields: &[(&str, &str)]) {
        let (status, review) = self.send("/settings/review", fields).await;
        assert_eq!(status, 200, "{review}");
        let draft = between(&review, "name=\"draft\" value=\"", "\"").to_owned();
        let (status, page) = self.send("/settings/save", &[("draft", &draft)]).await;
        assert_eq!(status, 303, "{page}");
    }
}

#[tokio::test]
async fn a_change_is_shown_before_it_is_saved_and_comments_stay() {
    let page = Page::open().await;
    let text = "# ours\n[player]\nname = \"lobby\" # left\n";
    fs::write(page.device.settings_path(), text).unwrap();
    let fields = [("token.refresh_every", "7 min")];
    let (status, review) = page.send("/settings/review", &fields).await;
    assert_eq!(status, 200);
    assert!(
        review.contains("+ refresh_every = &#34;7 min&#34;"),
        "{review}"
    );
    assert_eq!(page.device.file(), text, "nothing is saved yet");
    page.save(&fields).await;
    let saved = page.device.file();
    assert!(saved.starts_with("# ours\n"), "{saved}");
    assert!(saved.contains("name = \"lobby\" # left"), "{saved}");
    assert!(saved.contains("refresh_every = \"7 min\""), "{saved}");
}

#[tokio::test]
async fn a_mistake_is_named_beside_its_field_and_nothing_is_saved() {
    let page = Page::open().await;
    let fields = [("token.refresh_every", "1 parsec"), ("display.zoom", "9")];
    let (status, form) = page.send("/settings/review", &fields).await;
    assert_eq!(status, 422);
    let beside = between(&form, "id=\"token-refresh_every-problem\">", "</div>");
    assert!(beside.contains("is no duration"), "{beside}");
    let beside = between(&form, "id=\"display-zoom-problem\">", "</div>");
    assert!(beside.contains("is out of range"), "{beside}");
    assert!(
        form.contains("value=\"1 parsec\""),
        "what was typed is still there"
    );
    assert_eq!(page.device.file(), GOOD);
}

#[tokio::test]
async fn a_secret_goes_into_a_file_of_its_own_and_is_never_shown_again() {
    let page = Page::open().await;
    page.save(&[
        ("source", "powerbi"),
        ("powerbi.tenant_id", ID),
        ("powerbi.client_id", ID),
        (
            "new:powerbi.client_secret",
            "h8~sEcReT-vAlUe.1234567890abcdefghij",
        ),
    ])
    .await;
    let settings = Settings::parse(&page.device.file(), Path::new("s.toml")).unwrap();
    let files = settings.secret_files();
    let (key, path) = files[0];
    assert_eq!(key, "powerbi.client_secret");
    assert_eq!(
        fs::read_to_string(path).unwrap(),
        "h8~sEcReT-vAlUe.1234567890abcdefghij"
    );
    let mode = fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let form = page
        .device
        .get("/settings", Some(&page.browser.cookie))
        .send()
        .await
        .unwrap();
    assert!(!form.text().await.unwrap().contains("sEcReT"));
    assert!(!page.device.file().contains("sEcReT"));
}

#[tokio::test]
async fn a_secret_of_the_systems_cannot_be_named() {
    let page = Page::open().await;
    let fields = [
        ("source", "powerbi"),
        ("powerbi.tenant_id", ID),
        ("powerbi.client_id", ID),
        ("powerbi.client_secret", "/etc/shadow"),
    ];
    let (_, review) = page.send("/settings/review", &fields).await;
    let draft = between(&review, "name=\"draft\" value=\"", "\"").to_owned();
    let (status, refusal) = page.send("/settings/save", &[("draft", &draft)]).await;
    assert_eq!(status, 422);
    assert!(refusal.contains("powerbi.client_secret"), "{refusal}");
    assert_eq!(page.device.file(), GOOD);
}

#[tokio::test]
async fn entries_come_go_and_change_places_before_anything_is_saved() {
    let page = Page::open().await;
    let (status, form) = page.send("/settings/review", &[("add", "page")]).await;
    assert_eq!(status, 200);
    assert!(form.contains("name=\"playlist[0].url\""), "{form}");
    let draft = between(&form, "name=\"draft\" value=\"", "\"").to_owned();
    let fields = [
        ("draft", draft.as_str()),
        ("playlist[0].url", "https://a.example/"),
        ("add", "page"),
    ];
    let (_, form) = page.send("/settings/review", &fields).await;
    let draft = between(&form, "name=\"draft\" value=\"", "\"").to_owned();
    let fields = [
        ("draft", draft.as_str()),
        ("playlist[0].url", "https://a.example/"),
        ("playlist[1].url", "https://b.example/"),
        ("playlist[1].up", "1"),
    ];
    let (_, form) = page.send("/settings/review", &fields).await;
    assert_eq!(page.device.file(), GOOD);
    let draft = between(&form, "name=\"draft\" value=\"", "\"").to_owned();
    page.save(&[("draft", &draft)]).await;
    let saved = page.device.file();
    let (b, a) = (
        saved.find("b.example").unwrap(),
        saved.find("a.example").unwrap(),
    );
    assert!(b < a, "{saved}");
}

#[tokio::test]
async fn a_page_from_before_somebody_elses_change_saves_nothing() {
    let page = Page::open().await;
    let base = store::revision(GOOD);
    fs::write(page.device.settings_path(), "[player]\nname = 'hall'\n").unwrap();
    let fields = [("base", base.as_str()), ("player.name", "mine")];
    let (status, refusal) = page.send("/settings/review", &fields).await;
    assert_eq!(status, 409);
    assert!(refusal.contains("somebody else"), "{refusal}");
    let draft = BASE64_STANDARD.encode("[player]\nname = 'mine'\n");
    let fields = [("base", base.as_str()), ("draft", draft.as_str())];
    let (status, _) = page.send("/settings/save", &fields).await;
    assert_eq!(status, 409);
    assert_eq!(page.device.file(), "[player]\nname = 'hall'\n");
}

#[tokio::test]
async fn a_file_that_is_no_toml_is_mended_as_text() {
    let page = Page::open().await;
    fs::write(page.device.settings_path(), "[player\nname = 1").unwrap();
    let form = page
        .device
        .get("/settings", Some(&page.browser.cookie))
        .send()
        .await
        .unwrap();
    let form = form.text().await.unwrap();
    assert!(form.contains("<textarea id=\"text\""), "{form}");
    let (status, again) = page
        .send("/settings/review", &[("text", "[tokne]\r\n")])
        .await;
    assert_eq!(status, 422);
    assert!(again.contains("is no known key"), "{again}");
    page.save(&[("text", "[player]\r\nname = 'hall'\r\n")])
        .await;
    assert_eq!(page.device.file(), "[player]\nname = 'hall'\n");
}

#[tokio::test]
async fn an_earlier_version_comes_back_and_says_who_did_what() {
    let page = Page::open().await;
    page.save(&[("player.name", "hall")]).await;
    let list = page
        .device
        .get("/versions", Some(&page.browser.cookie))
        .send()
        .await
        .unwrap();
    let list = list.text().await.unwrap();
    assert!(
        list.contains("admin") && list.contains("in the portal"),
        "{list}"
    );
    let (status, _) = page.send("/versions/1/restore", &[]).await;
    assert_eq!(status, 303);
    assert_eq!(page.device.file(), GOOD);
    let (status, _) = page.send("/versions/99/restore", &[]).await;
    assert_eq!(status, 404);
}
