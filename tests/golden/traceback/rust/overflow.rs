// SPDX-License-Identifier: Apache-2.0
fn down(n: u64) -> u64 {
    let a = [n; 100];
    down(n + 1) + std::hint::black_box(a)[3]
}

fn main() {
    println!("{}", down(0));
}
