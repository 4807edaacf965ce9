// SPDX-License-Identifier: Apache-2.0
struct Guard;
impl Drop for Guard {
    fn drop(&mut self) {
        panic!("while dropping");
    }
}

fn main() {
    let _g = Guard;
    panic!("first");
}
