// SPDX-License-Identifier: Apache-2.0
fn main() {
    let e: Result<(), String> = Err("two\nlines".into());
    if let Err(e) = e {
        panic!("{}", e);
    }
}
