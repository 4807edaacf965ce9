// SPDX-License-Identifier: Apache-2.0
// railway WAY: trains and tracks; a defect for each way. "walked" is a second way to the defect of "routed".
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::num::ParseIntError;
use std::rc::Rc;
use std::sync::OnceLock;
use std::thread;

#[derive(Debug)]
enum Trouble {
    Number(ParseIntError),
    Io(std::io::Error),
    Late { train: u32, minutes: u32 },
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Number(e) => write!(f, "not a number: {e}"),
            Trouble::Io(e) => write!(f, "cannot be read: {e}"),
            Trouble::Late { train, minutes } => write!(f, "train {train} is {minutes} minutes late"),
        }
    }
}

impl std::error::Error for Trouble {}

impl From<ParseIntError> for Trouble {
    fn from(e: ParseIntError) -> Self {
        Trouble::Number(e)
    }
}

impl From<std::io::Error> for Trouble {
    fn from(e: std::io::Error) -> Self {
        Trouble::Io(e)
    }
}

struct Train {
    id: u32,
    cars: VecDeque<u32>,
    stops: BTreeMap<u32, &'static str>,
}

trait Signal {
    fn show(&self, train: &Train) -> u32;
}

struct Semaphore {
    arms: [u8; 3],
}

struct Lamp {
    colour: Option<Box<u32>>,
}

impl Signal for Semaphore {
    fn show(&self, train: &Train) -> u32 {
        self.arms[train.id as usize % 7 + 3] as u32
    }
}

impl Signal for Lamp {
    fn show(&self, train: &Train) -> u32 {
        match &self.colour {
            Some(colour) => **colour + train.id,
            None => unreachable!("lamp without a colour before train {}", train.id),
        }
    }
}

fn passed(signals: &[Box<dyn Signal>], train: &Train) -> u32 {
    signals.iter().map(|s| s.show(train)).sum()
}

fn semaphore(train: &Train) -> u32 {
    passed(&[Box::new(Semaphore { arms: [1, 2, 3] })], train)
}

fn lamp(train: &Train) -> u32 {
    passed(&[Box::new(Lamp { colour: None })], train) + 1
}

// Errors go up with `?` from where they arise, and each is unwrapped by who asked.
fn platform(text: &str) -> Result<u32, Trouble> {
    Ok(text.parse::<u32>()? + 1)
}

fn announced(train: &Train) -> u32 {
    platform(&format!("{}b", train.id)).unwrap()
}

fn table(train: &Train) -> Result<String, Trouble> {
    Ok(std::fs::read_to_string(format!("/tmp/railway-{}/table", train.id))?)
}

fn timetable(train: &Train) -> u32 {
    table(train).expect("timetable").len() as u32
}

fn punctual(train: &Train) -> Result<u32, Box<dyn std::error::Error>> {
    if train.cars.len() < 9 {
        return Err(Box::new(Trouble::Late { train: train.id, minutes: train.id % 60 }));
    }
    Ok(2)
}

fn arrived(train: &Train) -> u32 {
    punctual(train).unwrap_or_else(|e| panic!("arrival: {e}"))
}

// The way is looked for wrongly, whoever asks and however far it is.
fn next_stop(train: &Train, at: u32) -> u32 {
    if at % 8 == 7 {
        return train.stops[&at].len() as u32;
    }
    next_stop(train, at + 1) + 1
}

fn routed(train: &Train) -> u32 {
    next_stop(train, train.id)
}

fn walked(train: &Train) -> u32 {
    (0..3).fold(0, |sum, n| sum + next_stop(train, train.id + n * 8))
}

fn coupled(train: &Train) -> u32 {
    let yard = Rc::new(RefCell::new(vec![train.id]));
    let other = Rc::clone(&yard);
    let first = yard.borrow();
    other.borrow_mut().push(first[0]);
    first.len() as u32
}

// A thread whose name is another each time.
fn driven(train: &Train) -> u32 {
    let id = train.id;
    let driver = thread::Builder::new().name(format!("driver-{id}")).spawn(move || {
        assert!(id == 0, "driver of train {id} is asleep");
        id
    });
    match driver.unwrap().join() {
        Ok(n) => n,
        Err(_) => std::process::exit(3),
    }
}

static HORN: OnceLock<u32> = OnceLock::new();

fn sounded(train: &Train) -> u32 {
    *HORN.get_or_init(|| train.cars.iter().max().copied().filter(|c| *c > 50).unwrap())
}

fn weighed<T: Copy + Into<u64>>(cars: &[T], limit: usize) -> u64 {
    cars[..limit].iter().map(|c| (*c).into()).sum()
}

fn loaded(train: &mut Train) -> u32 {
    weighed(train.cars.make_contiguous(), train.id as usize) as u32
}

fn freight(seconds: u64, train: &Train) -> u64 {
    (u64::from(train.id) + 1).checked_sub(seconds).expect("departs before it arrives")
}

fn departed(train: &Train) -> u32 {
    freight(1 << 40, train) as u32
}

// As deep as the stack is.
fn tunnel(train: &Train, depth: u64) -> u64 {
    let dark = std::hint::black_box([depth; 24]);
    if train.cars.is_empty() {
        return depth;
    }
    tunnel(train, depth + 1) + dark[7]
}

fn lost(train: &Train) -> u32 {
    tunnel(train, 0) as u32
}

fn main() {
    let mut train = Train { id: std::process::id(), cars: [4, 5, 6].into(), stops: [(0, "north")].into() };
    let way = std::env::args().nth(1).unwrap_or_default();
    let n = match way.as_str() {
        "semaphore" => semaphore(&train),
        "lamp" => lamp(&train),
        "announced" => announced(&train),
        "timetable" => timetable(&train),
        "arrived" => arrived(&train),
        "routed" => routed(&train),
        "walked" => walked(&train),
        "coupled" => coupled(&train),
        "driven" => driven(&train),
        "sounded" => sounded(&train),
        "loaded" => loaded(&mut train),
        "departed" => departed(&train),
        "lost" => lost(&train),
        _ => 0,
    };
    std::process::exit((n & 127) as i32)
}
