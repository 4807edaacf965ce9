// SPDX-License-Identifier: Apache-2.0
fn load(path: &str) -> String {
    std::fs::read_to_string(path).unwrap()
}

fn main() {
    load("/nonexistent/config.toml");
}
