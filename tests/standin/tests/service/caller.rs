//! A plain client of the stand-in: trusts its certificate and goes through its proxy.

use std::time::Duration;

use everlit_standin::*;
use reqwest::{Client, Response};
use serde_json::{Value, json};

pub(crate) struct Caller {
    _dir: tempfile::TempDir,
    pub(crate) standin: Standin,
    pub(crate) client: Client,
}

impl Caller {
    pub(crate) fn new(change: impl FnOnce(&mut Faults)) -> Self {
        // Another test of this process may have been first; both install the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = tempfile::tempdir().unwrap();
        let mut options = Options::new(dir.path());
        change(&mut options.faults);
        let standin = Standin::start(options).unwrap();
        let pem = std::fs::read(standin.certificate_path()).unwrap();
        let client = Client::builder()
            .proxy(reqwest::Proxy::all(standin.proxy_url()).unwrap())
            .tls_certs_only([reqwest::Certificate::from_pem(&pem).unwrap()])
            .timeout(Duration::from_secs(5))
            .build()
            .unwrap();
        Self {
            _dir: dir,
            standin,
            client,
        }
    }

    pub(crate) async fn entra(&self, secret: &str) -> Response {
        self.entra_form(&[
            ("grant_type", "client_credentials"),
            ("client_id", CLIENT_ID),
            ("scope", "https://analysis.windows.net/powerbi/api/.default"),
            ("client_secret", secret),
        ])
        .await
    }

    pub(crate) async fn entra_form(&self, form: &[(&str, &str)]) -> Response {
        let url = format!("https://{ENTRA_HOST}/{TENANT_ID}/oauth2/v2.0/token");
        self.client.post(url).form(form).send().await.unwrap()
    }

    pub(crate) async fn entra_token(&self) -> String {
        let answer = json_of(self.entra(self.standin.client_secret()).await).await;
        answer["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn report(&self, workspace: &str, report: &str) -> Response {
        let url = format!("https://{API_HOST}/v1.0/myorg/groups/{workspace}/reports/{report}");
        let token = self.entra_token().await;
        self.client
            .get(url)
            .bearer_auth(token)
            .send()
            .await
            .unwrap()
    }

    pub(crate) async fn generate(&self, entra_token: &str, body: &Value) -> Response {
        let url = format!("https://{API_HOST}/v1.0/myorg/GenerateToken");
        let request = self.client.post(url).bearer_auth(entra_token).json(body);
        request.send().await.unwrap()
    }

    pub(crate) async fn embed_token(&self) -> Value {
        let body = token_request(&self.dataset().await);
        json_of(self.generate(&self.entra_token().await, &body).await).await
    }

    pub(crate) async fn dataset(&self) -> String {
        let report = json_of(self.report(WORKSPACE_ID, REPORT_ID).await).await;
        report["datasetId"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn data(&self, embed_token: &Value) -> Response {
        let token = embed_token["token"].as_str().unwrap();
        let request = self
            .client
            .post(format!("https://{DATA_HOST}/explore/querydata"))
            .header("authorization", format!("EmbedToken {token}"))
            .json(&json!({"visual": "ordersToday", "count": 3}));
        request.send().await.unwrap()
    }
}

pub(crate) fn token_request(dataset: &str) -> Value {
    json!({"datasets": [{"id": dataset}], "reports": [{"id": REPORT_ID, "allowEdit": false}]})
}

pub(crate) async fn json_of(response: Response) -> Value {
    response.json().await.unwrap()
}

pub(crate) fn error_info(response: &Response) -> &str {
    response.headers()["x-powerbi-error-info"].to_str().unwrap()
}
