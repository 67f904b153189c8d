#include "net/tls_ticket_keys.h"

#include <gtest/gtest.h>

#include "support/manual_clock.h"

namespace switchboard::net {
namespace {

constexpr Duration kTick{1};

TlsTicketKeys keys_of(std::uint8_t first) {
  std::array<std::uint8_t, 32> secret{first};
  return TlsTicketKeys(secret, test::kStart);
}

TEST(TlsTicketKeysTest, CopiesHaveTheSameKeysAtTheSameTimeWheneverTheyAreAsked) {
  TlsTicketKeys one = keys_of(1);
  TlsTicketKeys other = one;
  for (int period = 0; period < 5; ++period)
    one.current(test::kStart + period * TlsTicketKeys::kPeriod);
  const Instant now = test::kStart + 5 * TlsTicketKeys::kPeriod;
  EXPECT_EQ(one.current(now).name, other.current(now).name);
  EXPECT_EQ(one.current(now).cipher, other.current(now).cipher);
  EXPECT_EQ(one.current(now).mac, other.current(now).mac);
}

TEST(TlsTicketKeysTest, AKeyIsUsedForItsPeriodAndUnderstoodForOneMore) {
  TlsTicketKeys keys = keys_of(1);
  const auto first = keys.current(test::kStart).name;
  EXPECT_EQ(keys.current(test::kStart + TlsTicketKeys::kPeriod - kTick).name, first);
  EXPECT_NE(keys.current(test::kStart + TlsTicketKeys::kPeriod).name, first);
  EXPECT_NE(keys.find(first, test::kStart + 2 * TlsTicketKeys::kPeriod - kTick), nullptr);
  EXPECT_EQ(keys.find(first, test::kStart + 2 * TlsTicketKeys::kPeriod), nullptr);
}

TEST(TlsTicketKeysTest, NothingIsSharedBetweenSecretsOrBetweenUses) {
  TlsTicketKeys one = keys_of(1);
  TlsTicketKeys other = keys_of(2);
  EXPECT_NE(one.current(test::kStart).name, other.current(test::kStart).name);
  EXPECT_EQ(one.find(other.current(test::kStart).name, test::kStart), nullptr);
  EXPECT_NE(one.current(test::kStart).cipher, one.current(test::kStart).mac);
  TlsTicketKeys random = TlsTicketKeys::random(test::kStart);
  EXPECT_NE(random.current(test::kStart).name, TlsTicketKeys::random(test::kStart).current(test::kStart).name);
}

}  // namespace
}  // namespace switchboard::net
