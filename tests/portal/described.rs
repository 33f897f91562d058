//! What the API's description says of keys is what the gate wants.

use serde_json::Value;

use super::*;

#[tokio::test]
async fn each_operation_wants_the_scope_that_its_description_says() {
    let device = Device::claimed().await;
    for scope in [Scope::Read, Scope::Operate, Scope::Configure] {
        let token = device.token(scope).await;
        for operation in device.operations(&token).await {
            let request = operation.request(&device).bearer_auth(&token);
            let status = device.status(request).await;
            let is_refused = operation.scope().is_some_and(|needs| scope < needs);
            assert_eq!(status == 403, is_refused, "{scope} {operation:?}: {status}");
            operation.promises(status);
        }
    }
}

#[tokio::test]
async fn nobody_gets_anywhere_without_a_key_but_where_it_is_said() {
    let device = Device::claimed().await;
    let token = device.token(Scope::Read).await;
    let mut open = Vec::new();
    for operation in device.operations(&token).await {
        let status = device.status(operation.request(&device)).await;
        assert_eq!(status == 401, operation.scope().is_some(), "{operation:?}");
        operation.promises(status);
        if status != 401 {
            open.push(operation.place.clone());
        }
        let request = operation.request(&device).bearer_auth(&token);
        let status = device.status(request.header(header::HOST, "evil.example"));
        assert_eq!(status.await, 421, "{operation:?}");
        operation.promises(421);
    }
    assert_eq!(open, ["/healthz"]);
}

#[tokio::test]
async fn the_admin_does_everything_and_changes_nothing_without_the_word() {
    let device = Device::claimed().await;
    let browser = device.sign_in().await;
    let token = device.token(Scope::Read).await;
    for operation in device.operations(&token).await {
        let cookie = || {
            let request = operation.request(&device);
            request.header(header::COOKIE, &browser.cookie)
        };
        let needs_word = operation.needs("session_word").is_some();
        let status = device.status(cookie()).await;
        assert_eq!(status == 403, needs_word, "{operation:?}: {status}");
        let status = cookie().header("x-csrf-token", &browser.form_word);
        let status = device.status(status).await;
        assert!(![401, 403].contains(&status), "{operation:?}: {status}");
        operation.promises(status);
    }
}

#[derive(Debug)]
struct Operation {
    method: Method,
    place: String,
    described: Value,
}

impl Operation {
    fn request(&self, device: &Device) -> RequestBuilder {
        let request = device.request(self.method.clone(), &self.place);
        request.body(GOOD)
    }

    /// What it wants of a key of that kind; `None`: no such key is of any use.
    fn needs(&self, kind: &str) -> Option<&Value> {
        let keys = self.described["security"].as_array()?;
        keys.iter().find_map(|key| key.get(kind))
    }

    fn scope(&self) -> Option<Scope> {
        let scopes = self.needs("token")?.as_array()?;
        let [scope] = &scopes[..] else {
            panic!("one scope holds the others: {self:?}")
        };
        serde_json::from_value(scope.clone()).ok()
    }

    fn promises(&self, status: u16) {
        let described = &self.described["responses"][status.to_string()];
        assert!(described.is_object(), "{self:?} promises no {status}");
    }
}

impl Device {
    async fn operations(&self, token: &str) -> Vec<Operation> {
        let request = self.get("/api/v1/openapi.json", None).bearer_auth(token);
        let description = request.send().await.unwrap().text().await.unwrap();
        let description: Value = serde_json::from_str(&description).unwrap();
        let mut operations = Vec::new();
        for (path, item) in description["paths"].as_object().unwrap() {
            // Nothing is there by these names: what matters is how far a request gets.
            let place = path.replace("{id}", "99").replace("{action}", "explode");
            for (method, described) in item.as_object().unwrap() {
                operations.push(Operation {
                    method: method.to_uppercase().parse().unwrap(),
                    place: place.clone(),
                    described: described.clone(),
                });
            }
        }
        assert!(operations.len() > 10);
        let is_local = |operation: &Operation| operation.place.starts_with("/api/v1/tokens");
        assert!(!operations.iter().any(is_local), "only the socket has keys");
        operations
    }
}
