# SPDX-License-Identifier: Apache-2.0
"""What dies, and how it is built. A bug is named FILE:WAY; all its builds must have one name, different bugs different ones.
The rules were mended while looking at TUNED and at RETIRED, which was held out before. They must never be mended by what HELD shows: it
tells how they do on new bugs. "old=young" among a file's ways is a second caller of the bug of "young": two ways to one bug."""

C = ["cc -O0 -g", "cc -O1 -g", "cc -O2 -g", "cc -O3 -g", "cc -Os -g", "clang -O0 -g", "clang -O1 -g", "clang -O2 -g", "clang -O3 -g",
     "clang -Os -g", "cc -O0", "clang -O0", "cc -O2 -g -fno-pie -no-pie", "cc -O2 -g -static", "cc -O1 -g -static-pie",
     "cc -O2 -g -flto", "cc -O2 -g -fomit-frame-pointer -fno-plt", "cc -O2 -g -fstack-protector-all -D_FORTIFY_SOURCE=2"]
# Without debug information nothing tells what was inlined; stripped, there are no names at all. These are judged apart.
BARE = ["cc -O1", "cc -O2", "cc -O3", "clang -O2", "cc -Os"]
STRIPPED = ["cc -O0 -s", "cc -O2 -s", "clang -O2 -s"]


# What distributions build with: the compiler's and the C library's checks end what goes wrong.
HARD = [tool + " -g -fstack-protector-strong -D_FORTIFY_SOURCE=2" for tool in (
    "cc -O1", "cc -O2", "cc -O3", "cc -Os", "clang -O1", "clang -O2", "clang -O3", "cc -O2 -static", "cc -O2 -flto", "cc -O2 -fno-pie -no-pie",
    "cc -O2 -fomit-frame-pointer")]


def plus(commands, extra=""):
    return [text.replace("clang ", "clang++ ").replace("cc ", "c++ ") + extra for text in commands]


def within(folder, table):
    """A table of programs whose names are those in their folder. A folder is named here alone: to move one is to change one word."""
    return {f"{folder}/{name}": row for name, row in table.items()}


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

CXX = [plus(some, " -std=c++17") for some in (C, BARE, STRIPPED)]
RUST = [[text + " --edition 2021" for text in some] for some in TUNED_COMPILED["bugs.rs"][:3]]

RETIRED_COMPILED = {
    "retired/relay.c": (C, BARE, STRIPPED, "tail inlined pack join part pool parse expand audit trace config peer expire route lookup "
                     "timer kind send resend=send"),
    "retired/shapes.cc": (plus(C), plus(BARE), plus(STRIPPED), "variadic circles squares pure guarded background nested row column layers "
                       "removed bound"),
    "retired/rates.rs": ([command + " --edition 2021" for command in TUNED_COMPILED["bugs.rs"][0]], ["rustc -O --edition 2021"],
                      ["rustc -O -C strip=symbols --edition 2021"], "borrowed mapped traded threaded waited summed"),
    "retired/fleet.go": (TUNED_COMPILED["bugs.go"][0], [], [], "truck bus kind sliced shielded closed asleep failed pooled"),
    "retired/Depot.java": (["javac -g", "javac -g:none"], [], [], "crate pooled settings nested cast supplied"),
    "retired/sched.c": (C, BARE, STRIPPED, "submit retry no_id no_cost load save budget ordered complete uncalled working reaping heavy waiting "
                     "released renamed described mapped steps ending jumped config peer typed scripted=typed"),
    "retired/market.cc": (*CXX, "buy sell price size best unlit quoted symbol later threaded visited sorted settle "
                       "closed summed compounded named reserved cast compared rethrown"),
    "retired/harbour.rs": (*RUST, "dock leave heaviest berth unloaded shared manifest listed craned received sunk named"),
    "retired/kitchen.go": (TUNED_COMPILED["bugs.go"][0], [], [], "amount minutes chef helper sorted served table closing menu burnt shared "
                        "stirred empty"),
    "retired/Museum.java": (["javac -g", "javac -g:none"], [], [], "file number painting statue rooms guide tour found walked lent"),
}

RETIRED_SCRIPTS = {
    "retired/ledger.py": ("python3", "booked closed balance overdrawn chained during awaited pooled deep imported exported=imported quits"),
    "retired/feed.js": ("node", "missing emitted caused reduced waited deep"),
    "retired/basket.rb": ("ruby", "wrapped summed threaded defined missing"),
    "retired/letters.pl": ("perl", "stamp rethrown weighed carped unknown"),
    "retired/tickets.php": ("php", "previous mapped looked matched"),
    "retired/clinic.py": ("python3", "admitted discharged absent broken oldest prescribed cleaned nursed called imported lost closed sorted_by "
                       "young old=young"),
    "retired/radio.js": ("node", "tuned muted current unknown read listed chained later compared parsed looped quiet"),
    "retired/garden.rb": ("ruby", "planted picked watered fetched parsed counted grown lazy over"),
    "retired/library.pl": ("perl", "opened lent titled counted sorted called loaded full"),
    "retired/theatre.php": ("php", "lit played nextName typed shared wrapped sorted undefined generated"),
}

RETIRED = "retired"
RETIRED_COMPILED |= within(RETIRED, {
    "archive.c": (C, BARE, STRIPPED, "prune verify packed unpacked=packed measured moved linked shown sorted searched=sorted opened written "
                  "mounted full"),
    "tape.c": (C, BARE, STRIPPED, "cached restored appended level since plugged estimated decoded buffered queued inline=queued ended "
               "listed"),
    "proxy.c": (C, BARE, STRIPPED, "connect reply body fields not_closed not_sent status headers timed forgotten=timed unfolded folded=unfolded "
                "parsed cookie counted terminated logged authorized hosted shifted"),
    "vault.c": (HARD, [tool.replace(" -g ", " ") for tool in HARD[1:2] + HARD[5:6]], [tool.replace(" -g ", " -s ") for tool in HARD[1:2]],
                "labelled described keyed spelled sealed grown wiped unwrapped printed"),
    "chess.cc": (*CXX, "pawns rooks kings played analysed=played taken undone=taken clocked castled promoted pondered "
                 "promised nested resigned freed placed exiting"),
    "weather.cc": (*CXX, "heat frost=heat drizzle hail summed watched told logged=told unheard mapped chosen archived "
                   "matched"),
    "railway.rs": (*RUST, "semaphore lamp announced timetable arrived routed walked=routed coupled driven sounded "
                   "loaded departed lost"),
    "cluster.go": (TUNED_COMPILED["bugs.go"][0], [], [], "kept stored elected spread=elected proposed restored joined decoded beating timed "
                   "unlocked stuck latest ratio cycled refused"),
    "Airline.java": (["javac -g", "javac -g:none"], [], [], "economy business boarded delayed scheduled charter=scheduled ticket crew "
                     "reflected holding cargo tower"),
})

RETIRED_SCRIPTS |= within(RETIRED, {
    "pipeline.py": ("python3", "downloaded converted merged filtered batched streamed=batched ranked stored decoded typed fetched "
                    "spread rendered transformed counted native threaded closed"),
    "chat.js": ("node", "kicked banned owned keyed posted replayed=posted joined emitted piped paged frozen deep worked thrown"),
    "payroll.rb": ("ruby", "paid refunded salary bonus=salary approved timed slip retried late nested ended aborted"),
    "survey.pl": ("perl", "tallied exported=tallied asked answered weighted thrown caught summed alarmed"),
    "hotel.php": ("php", "booked cancelled billed exported=billed typed keyed cleaned decoded rethrown"),
})

HELD = "held"
HELD_COMPILED = within(HELD, {
    "mixer.c": (C, BARE, STRIPPED, "muted squashed fed_back recorded bounced unloaded bend compiled unfinished metered stalled listed saved "
                "opened restored"),
    "dnsd.c": (C, BARE, STRIPPED, "looped header service transferred evicted dumped reloaded queued signed listens wide_text "
               "many_texts logged"),
    "gcode.c": (C, BARE, STRIPPED, "drained homed feed brackets macro tool jogged spun_up wide_arc helix reported normalized watched unknown"),
    "spooler.c": (HARD, [tool.replace(" -g ", " ") for tool in HARD[1:2] + HARD[5:6]], [tool.replace(" -g ", " -s ") for tool in HARD[1:2]],
                  "titled paged unquoted rasterized trimmed cancelled connected bannered waited expanded spooled"),
    "robots.cc": (*CXX, "stepped mounted wired sensed located gripped closed commanded braked charged lifted undocked picked balanced "
                  "planned finished abandoned"),
    "score.cc": (*CXX, "counted engraved styled titled played transposed muted clefs slurred rendered tagged conducted timed tuned cached"),
    "beehive.rs": (*RUST, "harvested crowned weighed guarded swarmed shared_out labelled sold inspected smoked related mapped fed"),
    "auction.go": (TUNED_COMPILED["bugs.go"][0], [], [], "valued invited renamed settled charged described termed decoded unreserved reserved "
                   "watched announced gathered ranked paged chained booked ruled licensed"),
    "Newsroom.java": (["javac -g", "javac -g:none"], [], [], "edited printed queued signed illustrated advertised approved closed ranked "
                      "indexed corrected streamed quoted dated cancelled"),
})

HELD_SCRIPTS = within(HELD, {
    "genome.py": ("python3", "translated assessed primed aligned located unpacked configured fetched complemented annotated folded "
                  "compared compressed supervised calibrated"),
    "league.py": ("python3", "transferred relegated scored amended averaged dated scheduled promoted classified counted"),
    "bakery.rb": ("ruby", "salted thinned baked vented delivered sold parsed proofed layered closed"),
    "drone.js": ("node", "measured spun hovered climbed mapped configured allowed landed filmed searched packed grounded"),
    "access.pl": ("perl", "loaded summed rated named recent ordered rotated matched replayed frozen pruned"),
    "forum.php": ("php", "quoted rendered rooted flooded closed averaged edited archived voted banned"),
})

SETS = {"tuned": (TUNED_COMPILED, TUNED_SCRIPTS), "retired": (RETIRED_COMPILED, RETIRED_SCRIPTS), "held": (HELD_COMPILED, HELD_SCRIPTS)}

# A program's own shared library. A check of its that fails is a bug of the caller: of two callers, two bugs.
LIBRARIES = {"retired/relay.c": "retired/check.c", "held/mixer.c": "held/ring.c"}

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
FIRST |= {"retired/relay.c": "struct message {", "retired/shapes.cc": "namespace draw", "retired/rates.rs": "trait Source", "retired/fleet.go": "type vehicle",
          "retired/ledger.py": "def retried", "retired/feed.js": "class Feed", "retired/basket.rb": "class BasketError",
          "retired/letters.pl": "package Letter", "retired/tickets.php": "class Ticket", "retired/Depot.java": "\tstatic final long ID"}
FIRST |= within(RETIRED, {"sched.c": "struct job {", "market.cc": "namespace market", "harbour.rs": "fn check(", "kitchen.go": "type dish",
                       "Museum.java": "\tstatic final long ID", "clinic.py": "class ClinicError", "radio.js": "class Station",
                       "garden.rb": "Plant = Struct", "library.pl": "package Shelf", "theatre.php": "class Stage"})
FIRST |= within(RETIRED, {"archive.c": "struct block {", "tape.c": "struct block {", "proxy.c": "struct connection;", "vault.c": "struct secret {",
                        "chess.cc": "namespace chess", "weather.cc": "namespace weather", "railway.rs": "#[derive(Debug)]\nenum Trouble",
                        "cluster.go": "type node", "Airline.java": "\tstatic final long ID", "pipeline.py": "class StageError",
                        "chat.js": "class ChatError", "payroll.rb": "class PayError", "survey.pl": "package Survey::Error",
                        "hotel.php": "enum Kind"})
FIRST |= within(HELD, {"mixer.c": "struct clip {", "dnsd.c": "struct packet {", "gcode.c": "struct axis {", "spooler.c": "struct job {",
                       "robots.cc": "namespace robots", "score.cc": "namespace score", "beehive.rs": "#[derive(Debug)]\nenum HiveError",
                       "auction.go": "type lot", "Newsroom.java": "\tstatic final long ID", "genome.py": "class ReadError",
                       "league.py": "class Outcome", "bakery.rb": "class BakeryError", "drone.js": "class FlightError",
                       "access.pl": "package Access::Line", "forum.php": "class ForumError"})
