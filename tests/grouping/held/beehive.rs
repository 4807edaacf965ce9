// SPDX-License-Identifier: Apache-2.0
// beehive WAY: keeps hives; a defect for each way.
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::num::ParseIntError;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::thread;

#[derive(Debug)]
enum HiveError {
    Weight(ParseIntError),
    Stolen { hive: u32, by: u32 },
}

impl fmt::Display for HiveError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            HiveError::Weight(error) => write!(f, "weight: {}", error),
            HiveError::Stolen { hive, by } => write!(f, "hive {} was taken by {}", hive, by),
        }
    }
}

impl std::error::Error for HiveError {}

impl From<ParseIntError> for HiveError {
    fn from(error: ParseIntError) -> Self {
        HiveError::Weight(error)
    }
}

struct Frame {
    honey: u32,
    brood: Vec<u8>,
}

struct Hive {
    number: u32,
    frames: Vec<Frame>,
    queen: Option<String>,
    sister: RefCell<Option<Rc<Hive>>>,
}

impl Hive {
    fn new(number: u32) -> Self {
        let frames = (0..3 + number % 5).map(|n| Frame { honey: n * 100, brood: vec![1; 8] }).collect();
        Hive { number, frames, queen: None, sister: RefCell::new(None) }
    }

    fn honey(&self, frame: usize) -> u32 {
        self.frames[frame].honey
    }

    fn queen_name(&self) -> &str {
        self.queen.as_ref().unwrap()
    }

    fn relatives(&self, seen: &mut Vec<u32>) -> u64 {
        let here = [self.number as u64; 8];
        seen.push(self.number);
        let more = match &*self.sister.borrow() {
            Some(sister) => sister.relatives(seen),
            None => 0,
        };
        more + here.iter().sum::<u64>()
    }
}

fn harvested(hive: &Hive) -> u32 {
    (0..=hive.frames.len()).map(|n| hive.honey(n)).sum()
}

fn crowned(hive: &Hive) -> u32 {
    let greeting = format!("long live {}", hive.queen_name());
    greeting.len() as u32
}

fn parse_weight(text: &str) -> Result<u32, HiveError> {
    let number: u32 = text.trim_end_matches("kg").parse()?;
    Ok(number)
}

fn weighed(hive: &Hive) -> u32 {
    let texts = [format!("{}kg", hive.number), format!("{}.5kg", hive.number)];
    texts.iter().map(|text| parse_weight(text).expect("a scale that tells weights")).sum()
}

fn guard(hive: &Hive) -> Result<u32, HiveError> {
    if hive.queen.is_none() {
        return Err(HiveError::Stolen { hive: hive.number, by: hive.number / 3 });
    }
    Ok(hive.number)
}

fn guarded(hive: &Hive) -> u32 {
    guard(hive).unwrap() + 1
}

struct Swarm {
    members: RefCell<Vec<u32>>,
}

impl Swarm {
    fn each(&self, visit: impl Fn(u32)) {
        for member in self.members.borrow().iter() {
            visit(*member);
        }
    }

    fn leave(&self, member: u32) {
        self.members.borrow_mut().retain(|m| *m != member);
    }
}

fn swarmed(hive: &Hive) -> u32 {
    let swarm = Swarm { members: RefCell::new(vec![hive.number, hive.number + 1]) };
    swarm.each(|member| swarm.leave(member));
    hive.number
}

fn per_frame(total: u32, frames: u32) -> u32 {
    total / frames
}

fn shared_out(hive: &Hive) -> u32 {
    let healthy = hive.frames.iter().filter(|f| f.brood.len() > 20).count() as u32;
    per_frame(hive.number, healthy) + 1
}

fn label(text: &str, width: usize) -> &str {
    &text[..width]
}

fn labelled(hive: &Hive) -> u32 {
    let name = format!("{}é-Akazie", "x".repeat(hive.number as usize % 6));
    (0..name.len()).map(|n| label(&name, n).len() as u32).sum()
}

fn price(prices: &HashMap<String, u32>, kind: &str) -> u32 {
    prices[kind]
}

fn sold(hive: &Hive) -> u32 {
    let prices: HashMap<String, u32> = [("acacia".to_string(), 12), ("lime".to_string(), hive.number)].into();
    ["acacia", "lime", "fir"].iter().map(|kind| price(&prices, kind)).sum()
}

fn inspect(brood: &[u8], number: u32) -> u32 {
    assert_eq!(brood.len() as u32, number, "cells of hive {}", number);
    brood.len() as u32
}

fn inspected(hive: &Hive) -> u32 {
    thread::scope(|scope| {
        let scouts: Vec<_> = hive.frames.iter().map(|f| f.brood.clone()).take(1).collect();
        let number = hive.number;
        let scout = scope.spawn(move || scouts.iter().map(|brood| inspect(brood, number)).sum::<u32>());
        scout.join().unwrap()
    })
}

fn smoke(log: &Arc<Mutex<Vec<u32>>>, number: u32) {
    let mut lines = log.lock().unwrap();
    lines.push(number);
    let last = lines.drain(..).nth(number as usize);
    lines.push(last.expect("a line of the smoker"));
}

fn smoked(hive: &Hive) -> u32 {
    let log = Arc::new(Mutex::new(vec![]));
    let (other, number) = (log.clone(), hive.number + 7);
    let _ = thread::Builder::new().name(format!("smoker-{}", number % 3)).spawn(move || smoke(&other, number)).unwrap().join();
    let lines = log.lock().unwrap();
    lines.len() as u32
}

fn related(hive: &Hive) -> u32 {
    let (first, second) = (Rc::new(Hive::new(hive.number)), Rc::new(Hive::new(hive.number + 1)));
    *first.sister.borrow_mut() = Some(second.clone());
    *second.sister.borrow_mut() = Some(first.clone());
    first.relatives(&mut vec![]) as u32
}

struct Map {
    cells: *const u32,
}

impl Map {
    fn cell(&self, at: usize) -> u32 {
        unsafe { std::ptr::read_volatile(self.cells.add(at)) }
    }
}

fn mapped(hive: &Hive) -> u32 {
    let map = Map { cells: std::ptr::null() };
    (0..4).map(|at| map.cell(at + hive.number as usize % 90)).sum()
}

fn feed(hive: &Hive, litres: u32) -> u32 {
    match litres {
        1..=5 => hive.number + litres,
        _ => {
            eprintln!("beehive: hive {} cannot be fed {} litres", hive.number, litres);
            std::process::exit(5)
        }
    }
}

fn fed(hive: &Hive) -> u32 {
    feed(hive, 3) + feed(hive, 6 + hive.number % 20)
}

fn main() {
    let ways: BTreeMap<&str, fn(&Hive) -> u32> = BTreeMap::from([
        ("harvested", harvested as fn(&Hive) -> u32),
        ("crowned", crowned),
        ("weighed", weighed),
        ("guarded", guarded),
        ("swarmed", swarmed),
        ("shared_out", shared_out),
        ("labelled", labelled),
        ("sold", sold),
        ("inspected", inspected),
        ("smoked", smoked),
        ("related", related),
        ("mapped", mapped),
        ("fed", fed),
    ]);
    let hive = Hive::new(std::process::id());
    let way = std::env::args().nth(1).unwrap_or_default();
    println!("{}", ways.get(way.as_str()).map_or(0, |run| run(&hive)));
}
