// SPDX-License-Identifier: Apache-2.0
fn main() {
    let t = std::thread::Builder::new().name("worker-1".into()).spawn(|| panic!("in a thread")).unwrap();
    let _ = t.join();
    eprintln!("main goes on");
}
