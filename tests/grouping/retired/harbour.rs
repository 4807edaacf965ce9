// SPDX-License-Identifier: Apache-2.0
use std::collections::{BTreeMap, HashMap};
use std::sync::mpsc;

#[derive(Debug)]
struct Ship {
    id: u32,
    cargo: Vec<u32>,
    berth: Option<u32>,
}

#[derive(Debug)]
enum Fault {
    Full(#[allow(dead_code)] u32),
}

fn check(ship: &Ship, good: bool) {
    if !good {
        panic!("ship {} cannot do that", ship.id);
    }
}

fn dock(ship: &Ship) -> u32 {
    check(ship, ship.berth.is_some());
    ship.id
}

fn leave(ship: &mut Ship) -> u32 {
    ship.cargo.clear();
    check(ship, !ship.cargo.is_empty());
    ship.id + 1
}

fn heaviest(ship: &Ship) -> u32 {
    let key = |n: usize| ship.cargo[n + ship.id as usize];
    key(1)
}

fn berth(ship: &Ship) -> u32 {
    ship.berth.expect("a berth") + 1
}

fn unload(ship: &Ship) -> Result<u32, Fault> {
    Err(Fault::Full(ship.id))
}

fn unloaded(ship: &Ship) -> u32 {
    unload(ship).unwrap()
}

fn shared(ship: &Ship) -> u32 {
    ship.id / ship.cargo.iter().filter(|c| **c > 100).count() as u32
}

fn manifest(ship: &Ship) -> u32 {
    let rows: HashMap<u32, &str> = HashMap::new();
    rows[&ship.id].len() as u32
}

fn listed(ship: &Ship) -> u32 {
    let rows: BTreeMap<u32, Vec<u32>> = [(ship.id, vec![1, 2])].into();
    rows.values().flat_map(|v| v.chunks(2)).map(|c| c[2]).sum()
}

struct Crane<'a>(&'a Ship);

impl Drop for Crane<'_> {
    fn drop(&mut self) {
        assert_eq!(self.0.cargo.len(), 9, "crane of {} is loaded", self.0.id);
    }
}

fn craned(ship: &Ship) -> u32 {
    let crane = Crane(ship);
    crane.0.id
}

fn received(ship: &Ship) -> u32 {
    let (send, receive) = mpsc::channel::<u32>();
    drop(send);
    receive.recv().unwrap() + ship.id
}

fn sunk(ship: &Ship) -> u32 {
    let at = (ship.cargo.len() * 8) as *const u32;
    unsafe { at.read_volatile() }
}

fn name<'a>(text: &'a str, ship: &Ship) -> &'a str {
    &text[1..2 + ship.cargo.len() - 2]
}

fn named(ship: &Ship) -> u32 {
    name("\u{e4}\u{f6}\u{fc}", ship).len() as u32
}

fn main() {
    let mut ship = Ship { id: std::process::id(), cargo: vec![3, 4], berth: None };
    let way = std::env::args().nth(1).unwrap_or_default();
    let n = match way.as_str() {
        "dock" => dock(&ship),
        "leave" => leave(&mut ship),
        "heaviest" => heaviest(&ship),
        "berth" => berth(&ship),
        "unloaded" => unloaded(&ship),
        "shared" => shared(&ship),
        "manifest" => manifest(&ship),
        "listed" => listed(&ship),
        "craned" => craned(&ship),
        "received" => received(&ship),
        "sunk" => sunk(&ship),
        "named" => named(&ship),
        _ => 0,
    };
    std::process::exit((n & 127) as i32)
}
