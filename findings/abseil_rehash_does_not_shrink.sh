#!/usr/bin/env bash
# Library:   Abseil 20220623.1 (Debian 12: libabsl-dev 20220623.1-1+deb12u2).
# Question:  an absl::flat_hash_map has lost nearly all of its elements. Does rehash(n), for an n that is roomy enough for the rest,
#            give the memory back?
# The guess: yes: rehash(n) sets the table to the least size that holds both n slots and the elements, up or down, as
#            std::unordered_map of libstdc++ does.
# Seen:      no n but 0 ever shrinks it: any other n that is below the capacity is no operation. rehash(0) does shrink, to the
#            least size for the elements there are, so there is no way to shrink and keep room to grow but rehash(0) and then
#            reserve(n), which moves everything twice. (As iterating is over the whole capacity, it stays slow as well.)
#
# usage: findings/abseil_rehash_does_not_shrink.sh
# Needs g++ and apt. Exits 1 if the behaviour is not as stated.
set -euo pipefail

temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
cd "$temp"
timeout 120 apt-get -qq -o APT::Sandbox::User=root download libabsl-dev=20220623.1-1+deb12u2
dpkg -x libabsl-dev_*.deb root

cat >probe.cpp <<'CPP'
#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <unordered_map>

constexpr int full = 100'000;
constexpr int left = 10;

struct Buckets {
  std::size_t before, least, after_0;  // `least`: the least after rehash(n) for any n from 1 to `before`
};

template <typename Map>
Buckets probe(const char* name) {
  Map map;
  for (int i = 0; i < full; ++i) map[i] = i;
  for (int i = left; i < full; ++i) map.erase(i);
  Buckets buckets{};
  buckets.before = map.bucket_count();
  buckets.least = buckets.before;
  for (std::size_t n = buckets.before; n > 0; --n) {
    map.rehash(n);
    buckets.least = std::min(buckets.least, map.bucket_count());
    if (map.bucket_count() < buckets.before) n = std::min<std::size_t>(n, 100);  // it does shrink: a few more will do
  }
  map.rehash(0);
  buckets.after_0 = map.bucket_count();
  std::printf("%-20s %zu elements of %d left, buckets: %zu; after rehash(n), 0 < n <= %zu: %zu; after rehash(0): %zu\n", name,
              map.size(), full, buckets.before, buckets.before, buckets.least, buckets.after_0);
  return buckets;
}

int main() {
  const Buckets abseil = probe<absl::flat_hash_map<int, int>>("absl::flat_hash_map");
  const Buckets standard = probe<std::unordered_map<int, int>>("std::unordered_map");
  const bool abseil_shrinks_only_at_0 = abseil.least == abseil.before && abseil.after_0 < 4 * left;
  const bool standard_shrinks = standard.least < 4 * left;
  return abseil.before > full && abseil_shrinks_only_at_0 && standard_shrinks ? 0 : 1;
}
CPP

libraries=(root/usr/lib/*/libabsl_{hash,city,low_level_hash,raw_hash_set,hashtablez_sampler,raw_logging_internal,throw_delegate}.a)
libraries+=(root/usr/lib/*/libabsl_{exponential_biased,synchronization,base,time,int128,strings,strings_internal}.a)
libraries+=(root/usr/lib/*/libabsl_{malloc_internal,spinlock_wait,log_severity,stacktrace,debugging_internal}.a)
timeout 240 g++ -std=c++17 -O1 -isystem root/usr/include probe.cpp -o probe -Wl,--start-group "${libraries[@]}" -Wl,--end-group -pthread
echo "libabsl-dev 20220623.1-1+deb12u2"
if ! timeout 20 ./probe; then
  echo "not as stated: a table that stays as it is but for rehash(0) was expected"
  exit 1
fi
echo "as stated: rehash(n) does not shrink the table for any n but 0"
