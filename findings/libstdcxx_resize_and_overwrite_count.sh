#!/usr/bin/env bash
# Library:   libstdc++ 12.2.0 (Debian 12: libstdc++-12-dev 12.2.0-14+deb12u1).
# Question:  a string of 30 characters is to become one of 32: s.resize_and_overwrite(32, op), C++23. op is called with a pointer and
#            a count, and returns how long the string is to be. Which count is it given?
# The guess: 32, what was asked for ([string.capacity]: op(p, n)). So a lambda that writes as many as it is given and returns that
#            makes a string of 32.
# Seen:      where the string has to grow, and its capacity doubles, op is given the new capacity (60), and such a lambda makes a string
#            of 60. Where there is room, or where more than twice the capacity is asked for, it is given what was asked for. So code
#            that uses the count works until a string grows by a little. (Return what you have computed, not the parameter.)
#
# usage: findings/libstdcxx_resize_and_overwrite_count.sh
# Needs g++ with C++23 and apt. Exits 1 if the behaviour is not as stated.
set -euo pipefail

temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
cd "$temp"
timeout 120 apt-get -qq -o APT::Sandbox::User=root download libstdc++-12-dev=12.2.0-14+deb12u1
dpkg -x libstdc++-12-dev_*.deb root

cat >probe.cpp <<'CPP'
#include <cstddef>
#include <cstdio>
#include <string>

/// What op is told, for a string of so many characters that is to have `wanted`; and how long the string is when op
/// believes it.
bool ask(std::size_t length, std::size_t room, std::size_t wanted, std::size_t expected) {
  std::string text(length, 'a');
  text.reserve(room);
  std::size_t told = 0;
  text.resize_and_overwrite(wanted, [&](char* to, std::size_t count) {
    told = count;
    for (std::size_t i = length; i < count; ++i)
      to[i] = 'b';
    return count;
  });
  std::printf("a string of %zu with room for %zu, asked for %zu: op is told %zu, the string has %zu characters\n", length,
              room, wanted, told, text.size());
  return told == expected && text.size() == expected;
}

int main() {
  const bool grows = ask(30, 30, 32, 60);
  const bool has_room = ask(30, 40, 32, 32);
  const bool grows_to_more = ask(20, 20, 45, 45);  // more than twice as much: the capacity is what was asked for
  return grows && has_room && grows_to_more ? 0 : 1;
}
CPP

target=$(basename root/usr/include/*-linux-gnu)
timeout 240 g++ -std=c++23 -O1 -nostdinc++ -isystem root/usr/include/c++/12 -isystem "root/usr/include/$target/c++/12" probe.cpp -o probe
echo "libstdc++-12-dev 12.2.0-14+deb12u1"
if ! timeout 20 ./probe; then
  echo "not as stated: the new capacity was expected where a string doubles, else what was asked for"
  exit 1
fi
echo "as stated: a string that doubles gives op its new capacity"
