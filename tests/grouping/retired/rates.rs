// SPDX-License-Identifier: Apache-2.0
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

trait Source {
    fn rate(&self, at: usize) -> f64;
}

struct Table(Vec<f64>);

impl Source for Table {
    fn rate(&self, at: usize) -> f64 {
        self.0[at + std::process::id() as usize]
    }
}

fn borrowed(cell: &RefCell<Vec<u32>>) -> usize {
    let first = cell.borrow_mut();
    cell.borrow_mut().len() + first.len()
}

fn mapped(names: &[&str]) -> usize {
    names.iter().map(|n| n.find('x').unwrap() + n.len()).sum()
}

fn traded(source: &dyn Source) -> f64 {
    source.rate(4) * 2.0
}

fn threaded() -> u32 {
    std::thread::Builder::new()
        .name("rates".into())
        .spawn(|| -> u32 { "12z".parse::<u32>().expect("a rate") })
        .unwrap()
        .join()
        .unwrap()
}

struct Nobody;

impl Wake for Nobody {
    fn wake(self: Arc<Self>) {}
}

struct Later(bool);

impl Future for Later {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

async fn fetch(n: u32) -> u32 {
    Later(false).await;
    if n > 0 {
        panic!("rate {} of batch {:x} is gone", n, std::process::id());
    }
    n
}

async fn refresh(n: u32) -> u32 {
    Later(false).await;
    fetch(n).await + 1
}

fn block_on<F: Future>(f: F) -> F::Output {
    let mut f = Box::pin(f);
    let waker = Waker::from(Arc::new(Nobody));
    loop {
        if let Poll::Ready(r) = f.as_mut().poll(&mut Context::from_waker(&waker)) {
            return r;
        }
    }
}

fn summed<T: Copy + Into<u64>>(rows: &[T]) -> u64 {
    rows.iter().map(|r| (*r).into()).sum::<u64>() / (rows.len() as u64 - 3)
}

fn main() {
    let way = std::env::args().nth(1).unwrap_or_default();
    let n = match way.as_str() {
        "borrowed" => borrowed(&RefCell::new(vec![1])) as u32,
        "mapped" => mapped(&["ax", "b"]) as u32,
        "traded" => traded(&Table(vec![1.0])) as u32,
        "threaded" => threaded(),
        "waited" => block_on(refresh(std::process::id())),
        "summed" => summed(&[1u32, 2, 3]) as u32,
        _ => 0,
    };
    std::process::exit(n as i32)
}
