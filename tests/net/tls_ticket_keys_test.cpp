#include "net/tls_ticket_keys.h"

#include <gtest/gtest.h>

namespace switchboard::net {
namespace {

constexpr Instant kStart{std::chrono::hours(1)};
constexpr Duration kTick{1};

TlsTicketKeys keys_of(std::uint8_t first) {
  std::array<std::uint8_t, 32> secret{first};
  return TlsTicketKeys(secret, kStart);
}

TEST(TlsTicketKeysTest, CopiesHaveTheSameKeysAtTheSameTimeWheneverTheyAreAsked) {
  TlsTicketKeys one = keys_of(1);
  TlsTicketKeys other = one;
  for (int period = 0; period < 5; ++period)
    one.current(kStart + period * TlsTicketKeys::kPeriod);
  const Instant now = kStart + 5 * TlsTicketKeys::kPeriod;
  EXPECT_EQ(one.current(now).name, other.current(now).name);
  EXPECT_EQ(one.current(now).cipher, other.current(now).cipher);
  EXPECT_EQ(one.current(now).mac, other.current(now).mac);
}

TEST(TlsTicketKeysTest, AKeyIsUsedForItsPeriodAndUnderstoodForOneMore) {
  TlsTicketKeys keys = keys_of(1);
  const auto first = keys.current(kStart).name;
  EXPECT_EQ(keys.current(kStart + TlsTicketKeys::kPeriod - kTick).name, first);
  EXPECT_NE(keys.current(kStart + TlsTicketKeys::kPeriod).name, first);
  EXPECT_NE(keys.find(first, kStart + 2 * TlsTicketKeys::kPeriod - kTick), nullptr);
  EXPECT_EQ(keys.find(first, kStart + 2 * TlsTicketKeys::kPeriod), nullptr);
}

TEST(TlsTicketKeysTest, NothingIsSharedBetweenSecretsOrBetweenUses) {
  TlsTicketKeys one = keys_of(1);
  TlsTicketKeys other = keys_of(2);
  EXPECT_NE(one.current(kStart).name, other.current(kStart).name);
  EXPECT_EQ(one.find(other.current(kStart).name, kStart), nullptr);
  EXPECT_NE(one.current(kStart).cipher, one.current(kStart).mac);
  TlsTicketKeys random = TlsTicketKeys::random(kStart);
  EXPECT_NE(random.current(kStart).name, TlsTicketKeys::random(kStart).current(kStart).name);
}

}  // namespace
}  // namespace switchboard::net
