# SPDX-License-Identifier: Apache-2.0
"""What dies: a row is a name, a command and how it dies. In a command {COMPILER FLAGS SOURCE} stands for the program that
this makes (sources are here or in tests/symbolize/programs), {port} for a port that takes connections and says nothing,
and a last "< FILE" is standard input (else a pipe that stays empty)."""

OWN = ""                 # by its own doing
ANY = "SEGV ABRT QUIT"   # by one of these, at a random moment
HARD = "SEGV ABRT"       # it has a handler for SIGQUIT, or ignores it

ENDS = "{cc -O2 -fomit-frame-pointer -s ends.c}"
WAYS = "{cc -O2 -fomit-frame-pointer ways.c}"

PROGRAMS = [
    # Sleeping in a call.
    ("sleep", "sleep 99", ANY), ("cat", "cat", ANY), ("tail", "tail -f /dev/null", ANY), ("sort", "sort", ANY),
    ("tee", "tee /dev/null", ANY), ("bash read", "bash -c 'read x'", HARD), ("bash wait", "bash -c 'sleep 99 & wait'", HARD),
    ("dash read", "dash -c 'read x'", ANY), ("git", "git hash-object --stdin", ANY), ("vim", "vim -u NONE -es", ANY),
    ("gdb", "gdb -nx -q", HARD), ("less", "less -", ANY), ("wget", "wget -qO- http://127.0.0.1:{port}/", ANY),
    ("curl", "curl -s http://127.0.0.1:{port}/", ANY), ("ssh", "ssh -p {port} 127.0.0.1", ANY),
    ("python sleep", "python3 -c 'import time; time.sleep(99)'", ANY), ("vmstat", "vmstat 1", ANY),
    ("python thread", "python3 -c 'import threading, time; threading.Thread(target=time.sleep, args=(99,)).start()'", ANY),
    ("sqlite shell", "sqlite3 :memory:", ANY), ("busybox cat", "busybox cat", ANY), ("node idle", "node -e 'setTimeout(()=>0, 99999)'", ANY),
    # Computing.
    ("dd", "dd if=/dev/zero of=/dev/null bs=1", ANY), ("gzip", "gzip -9c < /dev/urandom", ANY), ("xz", "xz -c < /dev/urandom", ANY),
    ("bzip2", "bzip2 -c < /dev/urandom", "ABRT QUIT"), ("openssl", "openssl speed -seconds 99 sha256", ANY), ("zstd", "zstd -c < /dev/urandom", ANY),
    ("sha512sum", "sha512sum /dev/zero", ANY), ("md5sum", "md5sum /dev/zero", ANY), ("wc", "wc /dev/zero", ANY),
    ("base64", "base64 /dev/zero", ANY), ("seq", "seq 999999999", ANY), ("shuf", "shuf -r -i 1-99", ANY), ("od", "od -v /dev/zero", ANY),
    ("cmp", "cmp /dev/zero /dev/full", ANY), ("find", "find / / / / / / / / / / / / -name nothing", ANY), ("tar", "tar tif - < /dev/zero", ANY),
    ("sort data", "sort -S 4M < /dev/urandom", ANY), ("awk", "awk 'BEGIN { while (1) i++ }'", ANY),
    ("bash loop", "bash -c 'f() { while :; do case x in x) ((i++));; esac; done; }; f'", HARD), ("dash loop", "dash -c 'while :; do :; done'", ANY),
    ("python loop", "python3 -c 'sorted(range(10**9), key=lambda n: n * n)'", ANY),
    ("python regex", "python3 -c 'import re; re.match(r\"(a+)+$\", \"a\" * 99 + \"b\")'", ANY),
    ("perl loop", "perl -e '1 while 1'", ANY), ("perl regex", "perl -e '(\"a\" x 99) =~ /(a?){99}(a*)*b$/ while 1'", ANY),
    ("ruby loop", "ruby -e 'i = 0; i += 1 while true'", "QUIT"), ("php loop", "php -r 'for (;;) md5(\"x\");'", ANY),
    ("sqlite query", "sqlite3 :memory: 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT count(*) FROM c'", ANY),
    ("node loop", "node -e 'function f(n) { return n ? f(n - 1) + 1 : 0 } for (;;) f(9)'", ANY),
    ("java loop", "java -Xmx32m -XX:+UseSerialGC Spin.java", HARD),
    ("bash arithmetic", "bash -c 'f() { (( $1 )) && f $(( $1 - 1 )); }; while :; do f 50; done'", HARD),
    ("vdso", ENDS + " clock", ANY), ("musl loop", "{musl-gcc -O2 ends.c} clock", ANY), ("static loop", "{cc -O2 -static ends.c} clock", ANY),
    ("go loop", "env GOTRACEBACK=crash {go build spin.go}", "QUIT SEGV"),
    # Scripts that end themselves.
    ("bash kill", "bash -c 'f() { kill -SEGV $$; }; f'", OWN), ("dash kill", "dash -c 'kill -ABRT $$'", OWN),
    ("perl kill", "perl -e 'sub f { kill SEGV => $$; sleep 9 } f()'", OWN), ("python read", "python3 -c 'import ctypes; ctypes.string_at(0)'", OWN),
    ("python abort", "python3 -c 'import os; os.abort()'", OWN), ("ruby abort", "ruby -e 'Process.kill :ABRT, $$; sleep'", OWN),
    ("node abort", "node -e 'process.abort()'", OWN), ("perl abort", "perl -e 'use POSIX; sub f { POSIX::abort() } f()'", OWN),
    # C, stripped: how it ends.
    *[(end.replace("_", " "), f"{ENDS} {end}", OWN) for end in
      "abort assert null_call wild_call divide trap smash handler handler_null alternate thread overflow free strlen printf "
      "large_frame alloca jit".split()],
    *[(way.replace("_", " "), f"{WAYS} {way}", OWN) for way in
      "plt lazy_plt prologue tail_call return_address zero_return deep_handler signal_in_thread own_stack".split()],
    # C: how it is built.
    ("deep, O0", "{cc -O0 -g deep.c}", OWN), ("deep, omitted frame pointers", "{cc -O2 -fomit-frame-pointer -s deep.c}", OWN),
    ("deep, static", "{cc -O2 -static deep.c}", OWN), ("deep, static PIE", "{cc -O2 -static-pie deep.c}", OWN),
    ("deep, musl", "{musl-gcc -O2 deep.c}", OWN), ("deep, clang", "{clang -O2 deep.c}", OWN), ("very deep", ENDS.replace("ends", "deep") + " 500", OWN),
    ("static abort", "{cc -O2 -static ends.c} abort", OWN), ("static PIE handler", "{cc -O2 -static-pie ends.c} handler", OWN),
    ("musl abort", "{musl-gcc -O2 ends.c} abort", OWN), ("musl static null call", "{musl-gcc -O2 -static ends.c} null_call", OWN),
    ("musl handler", "{musl-gcc -O2 ends.c} handler", OWN),
    # Other languages.
    ("C++ exception", "{c++ -O2 throw.cc} 0", OWN), ("C++ noexcept", "{c++ -O2 throw.cc} 1", OWN), ("C++ read", "{c++ -O2 -s throw.cc} 2", OWN),
    ("C++ pure virtual", "{c++ -O0 -g throw.cc} 3", OWN), ("Rust panic", "{rustc -O -C panic=abort rusty.rs}", OWN),
    ("Rust read", "{rustc -O -C panic=abort -C strip=symbols rusty.rs} x", OWN), ("Go nil", "env GOTRACEBACK=crash {go build gopher.go}", OWN),
]
