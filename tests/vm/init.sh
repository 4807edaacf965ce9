#!/bin/sh
# Process 1 of the smoke test's guest: starts the daemon, lets programs die, and prints what the daemon and the kernel
# say about it on the console, in sections between "@@@ begin NAME" and "@@@ end NAME", for the host to check.
# shellcheck source=tests/vm/guest.sh
. /guest.sh

counters() {
	grep '^oom_kill ' /proc/vmstat
	grep '^Tcp:' /proc/net/snmp
}

# run NAME COMMAND...: one line "NAME status=N pid=N ..." for the host, made of what the program printed.
run() {
	name=$1
	shift
	"$@" >"/tmp/$name" &
	wait $!
	echo "$name status=$? $(tr '\n' ' ' <"/tmp/$name")" >>/tmp/cases
}

# The kinds that may be counted over an interval before they are reported; deaths are long out by then.
late_kinds_seen() {
	for kind in syscall_errors connect_failure tcp_reset; do
		grep -Eq "\"kind\": *\"$kind\"" /out.jsonl || return 1
	done
}

finish() {
	# From here on the console is ours: a kernel message in the middle of a line of JSON would spoil it.
	dmesg -n 1
	cut -d ' ' -f 1 /proc/uptime >>/tmp/uptime
	for file in cases before after uptime; do
		section $file /tmp/$file
	done
	section err.txt /err.txt
	section out.jsonl /out.jsonl
	section doctor.json /doctor.json
	section doctor.err /doctor.err
	echo "@@@ done"
	poweroff -f
}

cut -d ' ' -f 1 /proc/uptime >/tmp/uptime
: >/tmp/cases
: >/doctor.json
: >/doctor.err
counters >/tmp/before
counters >/tmp/after

# Connected before the daemon is there, by a service of its own.
cp /smoke /tmp/smoke-pool
: >/tmp/keep
: >/tmp/pool
/smoke-dynamic keep >/tmp/keep &
wait_for 100 grep -q port /tmp/keep
/tmp/smoke-pool pool >/tmp/pool &
pool=$!
wait_for 100 grep -q connected /tmp/pool

/lastwords run --state /state -o jsonl >/out.jsonl 2>/err.txt &
daemon=$!
wait_for 600 watching_or_dead
if ! grep -q watching /err.txt || finished; then
	echo "never-watching" >>/tmp/cases
	finish
fi
cut -d ' ' -f 1 /proc/uptime >>/tmp/uptime
echo "running the cases"

for name in segv abort fpe overflow poison handled-segv thread-segv exit3 reset refused badopen; do
	run $name /smoke $name
done

run witness /smoke witness
run witness-dynamic /smoke-dynamic witness

: >/tmp/serve # grep fails without it
/smoke-dynamic serve >/tmp/serve &
wait_for 100 grep -q port /tmp/serve
run client /smoke client

# A shell of its own does the killing: process 1 is a special killer, and not the usual one.
/smoke sleep >/tmp/sleep &
victim=$!
wait_for 100 test -s /tmp/sleep
sh -c 'echo $$ >/tmp/killer; kill -KILL "$1"' sh $victim
wait $victim
echo "sleep status=$? pid=$victim killer=$(cat /tmp/killer)" >>/tmp/cases

# One that was asked before, and one that was asked only.
/smoke sleep >/tmp/asked &
victim=$!
wait_for 100 test -s /tmp/asked
sh -c 'kill -TERM "$1"' sh $victim
wait $victim
echo "asked status=$? pid=$victim" >>/tmp/cases
mkdir /sys/fs/cgroup/kill
if [ -e /sys/fs/cgroup/kill/cgroup.kill ]; then
	/smoke sleep >/tmp/group &
	victim=$!
	wait_for 100 test -s /tmp/group
	echo $victim >/sys/fs/cgroup/kill/cgroup.procs
	sh -c 'echo 1 >/sys/fs/cgroup/kill/cgroup.kill'
	wait $victim
	echo "group status=$? pid=$victim" >>/tmp/cases
fi

mkdir /sys/fs/cgroup/oom
echo 32M >/sys/fs/cgroup/oom/memory.max
[ ! -e /sys/fs/cgroup/oom/memory.swap.max ] || echo 0 >/sys/fs/cgroup/oom/memory.swap.max
run oom sh -c 'echo $$ >/sys/fs/cgroup/oom/cgroup.procs && exec /smoke oom'

kill -USR1 $pool
wait $pool
echo "pool status=$? $(tr '\n' ' ' </tmp/pool)" >>/tmp/cases

counters >/tmp/after
echo "waiting for the events"
wait_for 300 late_kinds_seen

/lastwords doctor --state /state -o json >/doctor.json 2>/doctor.err
echo "doctor status=$?" >>/tmp/cases
kill -TERM $daemon
if wait_for 200 finished; then
	wait $daemon
	echo "daemon status=$?" >>/tmp/cases
else
	echo "daemon status=still-running" >>/tmp/cases
fi
finish
