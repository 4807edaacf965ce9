// SPDX-License-Identifier: Apache-2.0
#[derive(Debug)]
#[allow(dead_code)]
struct ConfigError {
    key: String,
}

fn main() -> Result<(), ConfigError> {
    Err(ConfigError { key: "port".into() })
}
