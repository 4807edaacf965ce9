# SPDX-License-Identifier: Apache-2.0
"""What dies, and how it is built. A bug is named FILE:WAY; all its builds must have one name, different bugs different ones."""

C = ["cc -O0 -g", "cc -O1 -g", "cc -O2 -g", "cc -O3 -g", "cc -Os -g", "clang -O0 -g", "clang -O1 -g", "clang -O2 -g", "clang -O3 -g",
     "clang -Os -g", "cc -O0", "clang -O0", "cc -O2 -g -fno-pie -no-pie", "cc -O2 -g -static", "cc -O1 -g -static-pie",
     "cc -O2 -g -flto", "cc -O2 -g -fomit-frame-pointer -fno-plt", "cc -O2 -g -fstack-protector-all -D_FORTIFY_SOURCE=2"]
CXX = [text.replace("cc ", "c++ ").replace("clang ", "clang++ ") for text in C]
# Without debug information nothing tells what was inlined; stripped, there are no names at all. These are judged apart.
BARE = ["cc -O1", "cc -O2", "cc -O3", "clang -O2", "cc -Os"]
STRIPPED = ["cc -O0 -s", "cc -O2 -s", "clang -O2 -s"]

COMPILED = {
    "bugs.c": (C, BARE, STRIPPED, "quantity address note price unset discount check reserve release return tree parity endless "
               "length label sort mail raise"),
    "bugs.cc": (CXX, [b.replace("cc ", "c++ ").replace("clang ", "clang++ ") for b in BARE],
                [b.replace("cc ", "c++ ").replace("clang ", "clang++ ") for b in STRIPPED],
                "ints items beyond lambda sorted function pay refund"),
    "bugs.rs": (["rustc -g", "rustc -g -O", "rustc -g -C opt-level=1", "rustc -g -C opt-level=s", "rustc -g -O -C panic=abort", "rustc"],
                ["rustc -O"], ["rustc -O -C strip=symbols"], "last customer parse read"),
    "bugs.go": (["go build", "go build -gcflags=-N -gcflags=-l", "go build -ldflags=-w", "go build -ldflags=-s"], [], [],
                "last customer parse write routine"),
    "Bugs.java": (["javac -g", "javac -g:none"], [], [], "customer total parse check lambda wrapped"),
}

SCRIPTS = {
    "bugs.py": ("python3", "customer total save decode check check_again deep native aborts"),
    "bugs.js": ("node", "customer total save decode check later refused aborts"),
    "bugs.rb": ("ruby", "customer total save check each_line"),
    "bugs.pl": ("perl", "customer total save check aborts"),
    "bugs.php": ("php", "customer total check wrong"),
}

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
