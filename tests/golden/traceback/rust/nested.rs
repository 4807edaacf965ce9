// SPDX-License-Identifier: Apache-2.0
mod shop {
    pub struct Order;
    impl Order {
        pub fn pay(&self) {
            let f = |x: Option<u32>| x.expect("no card");
            f(None);
        }
    }
}

fn main() {
    shop::Order.pay();
}
