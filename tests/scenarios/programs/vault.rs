// SPDX-License-Identifier: Apache-2.0
// Vault of a museum: vault keep PORT [KEY=VALUE...] takes lines "NUMBER SHELF" over TCP, a thread for each connection, and tells
// where it is; folder: where it notes each; release=2: it wants a key in the environment (VAULT_KEY).
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, thread};

const ROOMS: [&str; 6] = ["coins", "maps", "prints", "gold", "textiles", "glass"];

static NOTES: AtomicUsize = AtomicUsize::new(0);

fn note(folder: &str, number: u32, room: &str) {
    let path = format!("{}/{}-{}", folder, number, NOTES.fetch_add(1, Ordering::Relaxed));
    fs::write(&path, room.repeat(4000)).expect("note of where it is");
}

fn find(line: &str, options: &HashMap<String, String>) -> String {
    let mut words = line.split_whitespace();
    let number: u32 = words.next().unwrap().parse().unwrap();
    let shelf: usize = words.next().unwrap().parse().unwrap();
    let room = ROOMS[shelf];
    if let Some(folder) = options.get("folder") {
        note(folder, number, room);
    }
    format!("{} is in the room of {}\n", number, room)
}

fn attend(desk: TcpStream, options: HashMap<String, String>) {
    for line in BufReader::new(&desk).lines() {
        match line {
            Ok(text) => {
                if (&desk).write_all(find(&text, &options).as_bytes()).is_err() {
                    return;
                }
            }
            Err(_) => return,
        }
    }
}

fn keep(port: &str, options: HashMap<String, String>) {
    if options.get("release").map_or(false, |x| x == "2") {
        env::var("VAULT_KEY").expect("VAULT_KEY");
    }
    let server = TcpListener::bind(format!("127.0.0.1:{}", port)).expect("port of the vault");
    for desk in server.incoming() {
        let desk = desk.expect("next desk");
        let options = options.clone();
        thread::spawn(move || attend(desk, options));
    }
}

fn main() {
    let args: Vec<String> = env::args().collect();
    let pairs = args[3..].iter().filter_map(|word| word.split_once('='));
    keep(&args[2], pairs.map(|(key, value)| (key.to_string(), value.to_string())).collect());
}
