# shellcheck shell=bash disable=SC2034
# What ./run, ./test and .ci/run have in common: installing packages and building a preset. Sourced, never run.
# No package here may conflict with one that Debian installs by default or that programmers commonly have: ./run must
# work on their machines without taking anything away. Nor does one bring a service that would be started.
# A requirement is one line "PACKAGE PROBE"; the probe says whether what the package is for is there already,
# so that tools installed another way (NodeSource's node, a newer compiler) are taken as they are:
#   cmd:NAME      a command on the PATH
#   header:PATH   a header below /usr/include or /usr/local/include
#   file:PATH     any existing path

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
: "${HOME:=$root/build}" # ccache, npm and chromium want one
export HOME

kRunNeeds="
g++                  cmd:g++
cmake                cmd:cmake
ninja-build          cmd:ninja
libssl-dev           header:openssl/ssl.h
zlib1g-dev           header:zlib.h
libsqlite3-dev       header:sqlite3.h
libcurl4-openssl-dev cmd:curl-config
libsimdjson-dev      header:simdjson.h
libabsl-dev          header:absl/container/flat_hash_map.h
libtomlplusplus-dev  header:toml++/toml.h
libcli11-dev         header:CLI/CLI.hpp
libspdlog-dev        header:spdlog/spdlog.h
libfmt-dev           header:fmt/format.h"

kTestNeeds="
libgtest-dev         header:gtest/gtest.h
python3              cmd:python3
python3-websockets   file:/usr/lib/python3/dist-packages/websockets
python3-jwt          file:/usr/lib/python3/dist-packages/jwt
python3-cryptography file:/usr/lib/python3/dist-packages/cryptography
nodejs               cmd:node
npm                  cmd:npm
openssl              cmd:openssl
sqlite3              cmd:sqlite3
chromium             cmd:chromium
fonts-dejavu-core    file:/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"

kSanitizerNeeds="
clang-19             cmd:clang++-19
libclang-rt-19-dev   file:/usr/lib/llvm-19/lib/clang/19/lib/linux
llvm-19              file:/usr/lib/llvm-19/bin/llvm-symbolizer
clang-format-19      cmd:clang-format-19"

# They only make building faster: installed along with something that is missing, never asked for on their own.
kFasterBuilds="ccache mold"

# Everything said here goes to standard error: the last line of `./run --build-only` alone is for programs.
say() { printf '%s: %s\n' "${script:-switchboard}" "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# Seconds as people say them.
duration() {
  if (($1 < 120)); then printf '%d s' "$1"; else printf '%d min %d s' $(($1 / 60)) $(($1 % 60)); fi
}

# wants_help ARGUMENTS...: whether one of them asks for it.
wants_help() {
  local argument
  for argument in "$@"; do
    if [[ $argument == --help || $argument == -h ]]; then return 0; fi
  done
  return 1
}

is_there() {
  local what=${1#*:}
  case $1 in
    cmd:*) command -v "$what" >/dev/null 2>&1 ;;
    header:*) [[ -e /usr/include/$what || -e /usr/local/include/$what ]] ;;
    file:*) [[ -e $what ]] ;;
    *) die "a requirement has no such probe: $1" ;;
  esac
}

# The packages of the given requirement lists whose probe fails.
missing_packages() {
  local package probe
  while read -r package probe; do
    if [[ -n $package ]] && ! is_there "$probe"; then printf '%s\n' "$package"; fi
  done <<<"$*"
}

has_candidate() { [[ $(apt-cache policy -- "$1" 2>/dev/null) == *'Candidate: '[!\(]* ]]; }

# Whether that package is among those to be installed and has npm in it: NodeSource's nodejs does, where it is the candidate,
# and conflicts with the package of that name.
brings_npm() {
  [[ $'\n'$2$'\n' == *$'\n'$1$'\n'* ]] || return 1
  [[ $(apt-cache show --no-all-versions -- "$1" 2>/dev/null) =~ Conflicts:[^$'\n']*[[:space:]]npm ]]
}

as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi
}

apt_install() {
  # --no-remove: never take away a package the machine's owner has, such as another version of a library.
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --no-remove \
    -o DPkg::Lock::Timeout=300 -- "$@" </dev/null >&2
}

# install_missing REQUIREMENTS...: installs what they lack, or explains what cannot be had and ends the script.
install_missing() {
  local missing wanted=() unavailable=() package
  missing=$(missing_packages "$@")
  [[ -z $missing ]] && return
  local flat=${missing//$'\n'/ }

  if ! command -v apt-get >/dev/null; then
    die "this system has no apt-get, and these are missing (by their Debian 12 names): $flat
Install what they contain with your own package manager, then run this again."
  fi
  if [[ $(id -u) != 0 ]]; then
    command -v sudo >/dev/null || die "needs root or sudo to install: $flat"
    if ! sudo -n true 2>/dev/null && ! { : </dev/tty; } 2>/dev/null; then
      die "sudo wants a password and there is no terminal to ask on; as root: apt-get install $flat"
    fi
  fi

  local began=$SECONDS
  say "installing: $flat"
  as_root apt-get update -q -o DPkg::Lock::Timeout=300 </dev/null >&2 || say "the package lists could not be renewed; trying with the old ones"
  for package in $missing; do
    if [[ $package == npm ]] && brings_npm nodejs "$missing"; then continue; fi
    if has_candidate "$package"; then wanted+=("$package"); else unavailable+=("$package"); fi
  done
  if ((${#unavailable[@]})); then
    die "this system's package sources do not have: ${unavailable[*]}
Switchboard is built with the packages of Debian 12 (bookworm); check /etc/apt/sources.list and the network."
  fi
  for package in $kFasterBuilds; do
    if has_candidate "$package"; then wanted+=("$package"); fi
  done

  apt_install "${wanted[@]}" ||
    die "apt-get could not install: ${wanted[*]} (its message is above; nothing else on the system may be removed for it)"

  missing=$(missing_packages "$@")
  [[ -z $missing ]] || die "installed, but still not found: ${missing//$'\n'/ } (an older version without what is needed?)"
  say "installed in $(duration $((SECONDS - began)))"
}

# need_version WHAT LEAST ACTUAL
need_version() {
  [[ $(printf '%s\n%s\n' "$2" "$3" | sort -V | head -n 1) == "$2" ]] ||
    die "$1 $3 is too old: $2 or newer is needed (Debian 12 has it)"
}

# How many compilers at once: one a core, but each may take a gigabyte.
build_jobs() {
  local cores gigabytes
  cores=$(nproc)
  gigabytes=$(awk '/^MemAvailable/ {print int($2 / 1048576)}' /proc/meminfo)
  if ((gigabytes < 1)); then gigabytes=1; fi
  echo $((cores < gigabytes ? cores : gigabytes))
}

# Reads what ninja says. On a terminal it keeps one line of progress; elsewhere (a log, a pipe) it writes a line for each
# tenth of the steps, and after 15 s without one. Silent when there was nothing to do.
show_progress() {
  local preset=$1 line told= done_steps steps tenth=0 began=$SECONDS said_at=$SECONDS spent
  while IFS= read -r line; do
    [[ $line =~ ^\[([0-9]+)/([0-9]+)\] && $line != *'Re-checking globbed'* ]] || continue
    done_steps=${BASH_REMATCH[1]} steps=${BASH_REMATCH[2]}
    if [[ -z $told ]]; then
      say "building ($preset): $steps steps"
      told=yes
    fi
    if [[ -t 2 ]]; then
      printf '\r\033[K%s' "${line:0:${COLUMNS:-80}}" >&2
    elif ((done_steps < steps && (done_steps * 10 / steps > tenth || SECONDS - said_at >= 15))); then
      spent=$((SECONDS - began))
      say "building ($preset): $done_steps of $steps steps after $(duration $spent)," \
        "about $(duration $((spent * (steps - done_steps) / done_steps))) to go"
      tenth=$((done_steps * 10 / steps)) said_at=$SECONDS
    fi
  done
  if [[ -z $told ]]; then return; fi
  if [[ -t 2 ]]; then printf '\r\033[K' >&2; fi
  say "building ($preset) took $(duration $((SECONDS - began)))"
}

# build_preset PRESET [NINJA TARGET...]: configures if necessary and builds; on failure shows why and where the log is.
build_preset() {
  local preset=$1 folder=$root/build/$1
  shift
  mkdir -p "$folder"
  if command -v flock >/dev/null; then # two at once would tread on each other
    { { flock -n 9 || { say "waiting for another build in build/$preset" && flock 9; }; } && build_locked "$preset" "$folder" "$@" 9>&-; } 9>"$folder/.lock"
  else
    build_locked "$preset" "$folder" "$@"
  fi
}

build_locked() {
  local preset=$1 folder=$2 log=$2/build.log home
  shift 2
  home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$folder/CMakeCache.txt" 2>/dev/null || true)
  if [[ ! -e $folder/build.ninja || $home != "$root" || $root/CMakePresets.json -nt $folder/build.ninja ]]; then
    local fresh=()
    if [[ -n $home && $home != "$root" ]]; then fresh=(--fresh); fi # the tree was moved or copied
    say "configuring ($preset)"
    if ! (cd "$root" && cmake --preset "$preset" "${fresh[@]}") >"$log" 2>&1 </dev/null; then
      grep -v '^-- [A-Z]' "$log" | tail -n 40 >&2 || true
      die "configuring failed; the whole log: $log"
    fi
  fi
  if ! (cd "$folder" && ninja -j "$(build_jobs)" "$@") 2>&1 </dev/null | tee "$log" | show_progress "$preset"; then
    grep -v '^\[[0-9]*/' "$log" | tail -n 40 >&2 || true
    die "the build failed; the whole log: $log"
  fi
}
