#!/bin/sh
# What the guests' first programs share: the file systems of a small machine, and how they talk to the host.
/bin/busybox mkdir -p /sbin /usr/bin /usr/sbin
/bin/busybox --install -s
export PATH=/bin:/sbin:/usr/bin:/usr/sbin

mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tracefs tracefs /sys/kernel/tracing
mount -t debugfs debugfs /sys/kernel/debug
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs tmp /tmp
ln -s /proc/self/fd /dev/fd
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
ip link set lo up
hostname guest
# shellcheck disable=SC3045 # busybox has it
ulimit -c 0

section() {
	echo "@@@ begin $1"
	cat "$2"
	# A file may end without a newline, and the marker needs a line of its own.
	echo
	echo "@@@ end $1"
}

# Of the daemon, once it was started.
daemon=

# Waits at most $1 tenths of a second for a command to succeed.
wait_for() {
	left=$1
	shift
	until "$@"; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.1
	done
}

watching_or_dead() {
	grep -q watching /err.txt || ! kill -0 "$daemon" 2>/dev/null
}

finished() {
	! kill -0 "$daemon" 2>/dev/null
}

# A guest that stands still says where, before the host gives it up.
(
	sleep 120
	echo "stuck after: $(tail -n 1 /tmp/cases)"
	ps -o pid,stat,args
	cat /err.txt
	echo w >/proc/sysrq-trigger
	sleep 2
	poweroff -f
) &
