#!/bin/sh
# Process 1 of the guest that is changed and started again. boot=1, 2 or 3 comes from the kernel's command line; the state
# folder of the boot before lies in the initramfs.
# shellcheck source=tests/vm/guest.sh
. /guest.sh

start() {
	[ ! -e /err.txt ] || mv /err.txt /err.before.txt
	/lastwords run --state /state -o jsonl >>/out.jsonl 2>/err.txt &
	daemon=$!
	wait_for 600 watching_or_dead
	grep -q watching /err.txt && ! finished || echo "never-watching" >>/tmp/cases
}

stop() {
	kill -TERM $daemon
	wait_for 200 finished || echo "still-running" >>/tmp/cases
}

# A crash, and between which seconds of this machine's clock it was.
died() {
	before=$(date +%s)
	/smoke abort >/tmp/died &
	wait $!
	echo "$1 status=$? $(cat /tmp/died) before=$before after=$(date +%s)" >>/tmp/cases
}

# The resident memory of each process that has more than 4 MB.
sizes() {
	for folder in /proc/[0-9]*; do
		size=$(awk '/^VmRSS/ { print $2 }' "$folder/status")
		[ "${size:-0}" -lt 4096 ] || printf " %s=%s" "${folder#/proc/}" "$size"
	done
}

oom_kills() {
	awk '/^oom_kill / { print $2 }' /proc/vmstat
}

: >/tmp/cases
start
died plain
# shellcheck disable=SC2154 # of the command line
case $boot in
1)
	# The daemon hears of it at once, as soon as this slow machine lets it run; a second is its own beat.
	date -s "@$(($(date +%s) + 300))" >/dev/null
	sleep 0.6
	died ahead
	sleep 1
	date -s "@$(($(date +%s) - 720))" >/dev/null
	sleep 0.6
	died behind
	# One that is large before another one takes all that is left.
	/smoke hold >/tmp/hold &
	holder=$!
	wait_for 100 grep -q held /tmp/hold
	kills=$(oom_kills)
	echo "sizes$(sizes)" >>/tmp/cases
	/smoke oom >/tmp/oom &
	wait $!
	echo "oom status=$? $(cat /tmp/oom) kills=$(($(oom_kills) - kills)) holder=$holder" >>/tmp/cases
	dmesg | grep -o 'oom-kill:.*\|Out of memory: .*' >/tmp/kernel
	wait_for 100 grep -q '"kind":"oom_kill"' /out.jsonl
	stop
	;;
2)
	# Power is lost once it has told of the death.
	wait_for 100 grep -q '"kind":"crash"' /out.jsonl
	kill -KILL $daemon
	wait_for 100 finished
	;;
3)
	stop
	start
	stop
	;;
esac
/lastwords markers --state /state -o jsonl -n 0 >/markers.jsonl
(cd / && find state | cpio -o -H newc) | gzip -1 | base64 >/tmp/state.base64

dmesg -n 1
cat /proc/sys/kernel/random/boot_id /proc/sys/kernel/osrelease >/tmp/host
: >>/tmp/kernel
for file in cases kernel host state.base64; do
	section $file /tmp/$file
done
cat /err.before.txt /err.txt >/tmp/err.txt 2>/dev/null
section err.txt /tmp/err.txt
section out.jsonl /out.jsonl
section markers.jsonl /markers.jsonl
echo "@@@ done"
poweroff -f
