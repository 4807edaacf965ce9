// SPDX-License-Identifier: Apache-2.0
fn main() {
    let sum = std::env::args().count();
    assert_eq!(sum, 2, "sum is wrong");
}
