# SPDX-License-Identifier: Apache-2.0
"""What dies, and how it is built. A bug is named FILE:WAY; all its builds must have one name, different bugs different ones.
The rules were mended while looking at TUNED. They must never be mended by what HELD shows: it tells how they do on new bugs."""

C = ["cc -O0 -g", "cc -O1 -g", "cc -O2 -g", "cc -O3 -g", "cc -Os -g", "clang -O0 -g", "clang -O1 -g", "clang -O2 -g", "clang -O3 -g",
     "clang -Os -g", "cc -O0", "clang -O0", "cc -O2 -g -fno-pie -no-pie", "cc -O2 -g -static", "cc -O1 -g -static-pie",
     "cc -O2 -g -flto", "cc -O2 -g -fomit-frame-pointer -fno-plt", "cc -O2 -g -fstack-protector-all -D_FORTIFY_SOURCE=2"]
# Without debug information nothing tells what was inlined; stripped, there are no names at all. These are judged apart.
BARE = ["cc -O1", "cc -O2", "cc -O3", "clang -O2", "cc -Os"]
STRIPPED = ["cc -O0 -s", "cc -O2 -s", "clang -O2 -s"]


def plus(commands):
    return [text.replace("clang ", "clang++ ").replace("cc ", "c++ ") for text in commands]


TUNED_COMPILED = {
    "bugs.c": (C, BARE, STRIPPED, "quantity address note price unset discount check reserve release return tree parity endless "
               "length label sort mail raise"),
    "bugs.cc": (plus(C), plus(BARE), plus(STRIPPED), "ints items beyond lambda sorted function pay refund"),
    "bugs.rs": (["rustc -g", "rustc -g -O", "rustc -g -C opt-level=1", "rustc -g -C opt-level=s", "rustc -g -O -C panic=abort", "rustc"],
                ["rustc -O"], ["rustc -O -C strip=symbols"], "last customer parse read"),
    "bugs.go": (["go build", "go build -gcflags=-N -gcflags=-l", "go build -ldflags=-w", "go build -ldflags=-s"], [], [],
                "last customer parse write routine"),
    "Bugs.java": (["javac -g", "javac -g:none"], [], [], "customer total parse check lambda wrapped"),
}

TUNED_SCRIPTS = {
    "bugs.py": ("python3", "customer total save decode check check_again deep native aborts"),
    "bugs.js": ("node", "customer total save decode check later refused aborts"),
    "bugs.rb": ("ruby", "customer total save check each_line"),
    "bugs.pl": ("perl", "customer total save check aborts"),
    "bugs.php": ("php", "customer total check wrong"),
}

HELD_COMPILED = {
    "held/relay.c": (C, BARE, STRIPPED, "tail inlined pack join part pool parse expand audit trace config peer expire route lookup "
                     "timer kind send resend"),
    "held/shapes.cc": (plus(C), plus(BARE), plus(STRIPPED), "variadic circles squares pure guarded background nested row column layers "
                       "removed bound"),
    "held/rates.rs": ([command + " --edition 2021" for command in TUNED_COMPILED["bugs.rs"][0]], ["rustc -O --edition 2021"],
                      ["rustc -O -C strip=symbols --edition 2021"], "borrowed mapped traded threaded waited summed"),
    "held/fleet.go": (TUNED_COMPILED["bugs.go"][0], [], [], "truck bus kind sliced shielded closed asleep failed pooled"),
    "held/Depot.java": (["javac -g", "javac -g:none"], [], [], "crate pooled settings nested cast supplied"),
}

HELD_SCRIPTS = {
    "held/ledger.py": ("python3", "booked closed balance overdrawn chained during awaited pooled deep imported exported quits"),
    "held/feed.js": ("node", "missing emitted caused reduced waited deep"),
    "held/basket.rb": ("ruby", "wrapped summed threaded defined missing"),
    "held/letters.pl": ("perl", "stamp rethrown weighed carped unknown"),
    "held/tickets.php": ("php", "previous mapped looked matched"),
}

SETS = {"tuned": (TUNED_COMPILED, TUNED_SCRIPTS), "held": (HELD_COMPILED, HELD_SCRIPTS)}

# A program's own shared library. A check of its that fails is a bug of the caller: of two callers, two bugs.
LIBRARIES = {"held/relay.c": "held/check.c"}
# Two ways to one bug: its second callers.
SECOND = {"resend": "send", "exported": "imported"}

# Lines that are put in front of the first function: an edit elsewhere in the file, which moves all lines.
SHIFTS = {
    ".c": "static int unrelated(int n)\n{\n\treturn n < 2 ? n : unrelated(n - 1) + 1;\n}\n\nint (*volatile used)(int) = unrelated;\n",
    ".cc": "namespace\n{\nint unrelated(int n)\n{\n\treturn n < 2 ? n : unrelated(n - 1) + 1;\n}\n}\nint (*volatile used)(int) = unrelated;\n",
    ".rs": "#[allow(dead_code)]\nfn unrelated(n: u32) -> u32 {\n    if n < 2 { n } else { unrelated(n - 1) + 1 }\n}\n",
    ".go": "func unrelated(n int) int {\n\tif n < 2 {\n\t\treturn n\n\t}\n\treturn unrelated(n-1) + 1\n}\n\nvar Used = unrelated\n",
    ".py": "def unrelated(n):\n    return n + 1\n\n\n", ".js": "function unrelated(n) { return n + 1; }\n\n",
    ".rb": "def unrelated(n)\n  n + 1\nend\n\n", ".pl": "sub unrelated { return $_[0] + 1; }\n\n",
    ".php": "function unrelated($n) { return $n + 1; }\n\n", ".java": "\tstatic int unrelated(int n) {\n\t\treturn n + 1;\n\t}\n\n",
}
FIRST = {".c": "struct order {", ".cc": "namespace shop", ".rs": "struct Order", ".go": "type order", ".py": "def customer",
         ".js": "function customer", ".rb": "def customer", ".pl": "sub customer", ".php": "function customer",
         ".java": "\tstatic int customer"}
FIRST |= {"held/relay.c": "struct message {", "held/shapes.cc": "namespace draw", "held/rates.rs": "trait Source", "held/fleet.go": "type vehicle",
          "held/ledger.py": "def retried", "held/feed.js": "class Feed", "held/basket.rb": "class BasketError",
          "held/letters.pl": "package Letter", "held/tickets.php": "class Ticket", "held/Depot.java": "\tstatic final long ID"}
