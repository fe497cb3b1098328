#!/usr/bin/env bash
# in-image.sh ROOT DATA FILES SCRIPT: as a container engine runs an image: read-only root, /data and /tmp writable, no network but loopback, no rights.
# In SCRIPT, `go WORDS...` runs a program of the image as account 10001, with the environment in $IMAGE_ENV, and `become WORDS... &` starts one; FILES lie in /tmp.
set -eu
root=$1 data=$2 files=$3 script=$4
ip link set lo up
mount --bind "$root" "$root"
mount --bind "$data" "$root/data"
mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs "$root/tmp"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -o remount,ro,bind "$root"
cp "$files"/* "$root/tmp"
become() { exec /usr/bin/env -i $IMAGE_ENV /usr/sbin/chroot --userspec=10001:10001 --groups= "$root" "$@"; }
go() { (become "$@"); }
eval "$script"
