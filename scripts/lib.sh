# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What every lane script needs: where things are, how to speak, how to lock.
# Sourced, never run.
#
# Standard output belongs to the answer of a script (a path, a table); progress
# and complaints go to standard error.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${IOMD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/iomd}
JOBS=${JOBS:-$(nproc)}

# The kernel series that the lanes cover.
SERIES="6.1 6.12"

export TOP CACHE JOBS SERIES LC_ALL=C
mkdir -p "$CACHE"

# What belongs to this checkout (builds, runs, logs), apart from that of others.
tree_dir() {
	echo "$CACHE/trees/$(basename "$TOP")-$(echo "$TOP" | sha256sum | cut -c1-8)"
}

# run_dir LANE: make and name an empty directory for what a lane leaves behind.
run_dir() {
	local dir

	dir=$(tree_dir)/run/$1
	rm -rf "$dir"
	mkdir -p "$dir"
	echo "$dir"
}

# build_external KERNEL MODULES DIR: build the module in DIR, which uses iomd as
# built in MODULES. Fails on any warning.
build_external() {
	local kernel=$1 modules=$2 dir=$3

	make -C "$kernel/build" M="$dir" W=1 KCFLAGS=-Werror \
		IOMD="$modules" KBUILD_EXTRA_SYMBOLS="$modules/Module.symvers" modules >"$dir/log" 2>&1 || true
	if grep -iE '(warning|error):' "$dir/log"; then
		return 1
	fi
	compgen -G "$dir/*.ko" >/dev/null || { tail "$dir/log"; return 1; }
}

say() {
	echo "$*" >&2
}

die() {
	echo "error: $*" >&2
	exit 1
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# Asks nothing, and is heard only if it fails.
apt_get() {
	local log=$CACHE/logs/apt-get.log

	mkdir -p "$CACHE/logs"
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" >"$log" 2>&1 || {
		tail "$log" >&2
		return 1
	}
}

# Package lists older than a day are fetched anew, because Debian removes
# superseded kernels from its archive.
apt_update() {
	if [ -z "$(find "$CACHE/apt-updated" -mtime -1 2>/dev/null)" ]; then
		apt_update_now
	fi
}

apt_update_now() {
	say "apt-get update"
	apt_get update && touch "$CACHE/apt-updated"
}

# with_lock NAME COMMAND...: two runs at once share one download or build.
with_lock() {
	local name=$1

	shift
	mkdir -p "$CACHE/locks"
	(
		flock 9
		"$@" 9>&-
	) 9>"$CACHE/locks/$name"
}

# fetch_debs DIR PACKAGE[=VERSION]...: unpack packages under DIR without
# installing them. Nothing outside DIR changes.
fetch_debs() {
	local dir=$1 deb

	shift
	say "fetching $*"
	mkdir -p "$dir/debs" &&
	(cd "$dir/debs" && apt-get -qq -o APT::Sandbox::User=root download "$@" >&2) || return 1
	for deb in "$dir"/debs/*.deb; do
		dpkg-deb -x "$deb" "$dir" || return 1
	done
	rm -r "$dir/debs"
}
