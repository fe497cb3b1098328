#!/usr/bin/env bash
# in-root.sh ROOT SCRIPT [NAME=VALUE...]: runs a script of bash in a root, in fresh namespaces of network, mounts and processes.
set -euo pipefail
root=$1 script=$2
shift 2
ip link set lo up
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
# a terminal of its own, for what asks
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C "$@" bash -c "$script"
