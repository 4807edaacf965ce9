// SPDX-License-Identifier: Apache-2.0
// Rust with traits, closures and generics; ends by a panic that aborts, or with an argument by a bad read.
use std::collections::BTreeMap;

trait Shape {
    fn area(&self, scale: usize) -> i64;
}

struct Square {
    sides: Vec<i64>,
}

impl Shape for Square {
    #[inline(never)]
    fn area(&self, scale: usize) -> i64 {
        if std::env::args().count() > 1 {
            return unsafe { std::ptr::read_volatile(scale as *const i64) };
        }
        self.sides[scale]
    }
}

#[inline(never)]
fn total<F: Fn(&dyn Shape) -> i64>(shapes: &BTreeMap<u32, Box<dyn Shape>>, f: F) -> i64 {
    shapes.values().map(|s| f(s.as_ref())).sum()
}

fn main() {
    let mut shapes: BTreeMap<u32, Box<dyn Shape>> = BTreeMap::new();
    shapes.insert(1, Box::new(Square { sides: vec![1, 2] }));
    println!("{}", total(&shapes, |s| s.area(7)));
}
