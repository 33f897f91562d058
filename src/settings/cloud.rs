//! Microsoft's clouds and their addresses.

use url::Url;

use super::Endpoints;

/// One cloud's addresses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cloud {
    authority: &'static str,
    scope: &'static str,
    api: &'static str,
    embed_hosts: &'static [&'static str],
}

pub(super) const PUBLIC: Cloud = Cloud {
    authority: "https://login.microsoftonline.com",
    scope: "https://analysis.windows.net/powerbi/api/.default",
    api: "https://api.powerbi.com",
    embed_hosts: &[
        "*.powerbi.com",
        "*.fabric.microsoft.com",
        "*.analysis.windows.net",
    ],
};

/// The clouds by the names that the settings file uses.
pub(super) const CLOUDS: [(&str, Cloud); 5] = [
    ("public", PUBLIC),
    (
        "us-gov-gcc",
        Cloud {
            authority: "https://login.microsoftonline.com",
            scope: "https://analysis.usgovcloudapi.net/powerbi/api/.default",
            api: "https://api.powerbigov.us",
            embed_hosts: &["app.powerbigov.us", "*.analysis.usgovcloudapi.net"],
        },
    ),
    (
        "us-gov-gcc-high",
        Cloud {
            authority: "https://login.microsoftonline.us",
            scope: "https://high.analysis.usgovcloudapi.net/powerbi/api/.default",
            api: "https://api.high.powerbigov.us",
            embed_hosts: &[
                "app.high.powerbigov.us",
                "*.high.analysis.usgovcloudapi.net",
            ],
        },
    ),
    (
        "us-gov-dod",
        Cloud {
            authority: "https://login.microsoftonline.us",
            scope: "https://mil.analysis.usgovcloudapi.net/powerbi/api/.default",
            api: "https://api.mil.powerbigov.us",
            embed_hosts: &["app.mil.powerbigov.us", "*.mil.analysis.usgovcloudapi.net"],
        },
    ),
    (
        "china",
        Cloud {
            authority: "https://login.chinacloudapi.cn",
            scope: "https://analysis.chinacloudapi.cn/powerbi/api/.default",
            api: "https://api.powerbi.cn",
            embed_hosts: &["app.powerbi.cn", "*.analysis.chinacloudapi.cn"],
        },
    ),
];

impl Cloud {
    pub(super) fn endpoints(self) -> Endpoints {
        Endpoints {
            authority: address(self.authority),
            scope: self.scope.to_owned(),
            api: address(self.api),
            embed_hosts: self.embed_hosts(),
        }
    }

    pub(super) fn embed_hosts(self) -> Vec<String> {
        self.embed_hosts
            .iter()
            .map(|&host| host.to_owned())
            .collect()
    }
}

fn address(text: &str) -> Url {
    Url::parse(text).expect("the table above holds valid addresses")
}
