#include "listen/address_accounts.h"

#include <gtest/gtest.h>
#include <vector>

#include "net/address_set.h"
#include "support/manual_clock.h"

namespace switchboard::listen {
namespace {

constexpr Rate kRate{.per_second = 1, .burst = 100};

Instant after(int seconds) {
  return test::kStart + std::chrono::seconds(seconds);
}

AddressAccounts::Key key(const char* text) {
  return AddressAccounts::key_of({.ip = *net::parse_ip(text)});
}

/// 10.x.y.z
AddressAccounts::Key key(std::uint32_t number) {
  AddressAccounts::Key key{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10};
  for (int i = 0; i < 3; ++i)
    key[static_cast<std::size_t>(15 - i)] = static_cast<std::uint8_t>(number >> 8 * i);
  return key;
}

/// One connection that takes so many tokens: they are back so many seconds later.
void visit(AddressAccounts& accounts, const AddressAccounts::Key& key, std::uint64_t tokens, Instant now) {
  AddressAccounts::Account& account = accounts.open(key, now);
  account.messages.spend(now, tokens, kRate);
  accounts.close(account, now);
}

bool is_known(AddressAccounts& accounts, const AddressAccounts::Key& key, Instant now) {
  AddressAccounts::Account& account = accounts.open(key, now);
  const bool is_known = account.messages.full_at() > now;
  accounts.close(account, now);
  return is_known;
}

TEST(AddressAccounts, AnAddressIsAllThatItsOwnerHas) {
  EXPECT_EQ(key("192.0.2.1"), key("::ffff:192.0.2.1"));
  EXPECT_EQ(key("192.0.2.1"), key("64:ff9b::192.0.2.1"));
  EXPECT_NE(key("192.0.2.1"), key("192.0.2.2"));
  EXPECT_NE(key("64:ff9b::192.0.2.1"), key("64:ff9b::192.0.2.2"));
  EXPECT_EQ(key("2001:db8:0:1::1"), key("2001:db8:0:1:ffff::2"));
  EXPECT_NE(key("2001:db8:0:1::1"), key("2001:db8:0:2::1"));
}

TEST(AddressAccounts, BehindATranslatorOfOnesOwnEveryAddressIsSomebodyElses) {
  EXPECT_NE(key("64:ff9b:1::192.0.2.1"), key("64:ff9b:1::192.0.2.2"));
  EXPECT_NE(key("64:ff9b:1::192.0.2.1"), key("192.0.2.1")) << "where the IPv4 address is, only that network knows";
  EXPECT_EQ(key("64:ff9b:2::1"), key("64:ff9b:2::2")) << "no translator's";
  EXPECT_EQ(key("64:ff9b:0:0:1::1"), key("64:ff9b:0:0:1::2")) << "beside 64:ff9b::/96";
}

TEST(AddressAccounts, NobodyIsRememberedWhoHasUsedUpNothing) {
  AddressAccounts accounts(10);
  visit(accounts, key(1), 0, test::kStart);
  EXPECT_EQ(accounts.remembered(), 0U);
  EXPECT_EQ(accounts.connections(key(1)), 0U);
}

TEST(AddressAccounts, OneIsRememberedUntilItIsFullAgain) {
  AddressAccounts accounts(10);
  visit(accounts, key(1), 60, test::kStart);
  EXPECT_EQ(accounts.remembered(), 1U);
  EXPECT_TRUE(is_known(accounts, key(1), after(59)));
  EXPECT_FALSE(is_known(accounts, key(1), after(60)));
  EXPECT_EQ(accounts.remembered(), 0U);
}

TEST(AddressAccounts, WhoAreFullAgainAreForgottenByOthersComing) {
  AddressAccounts accounts(100);
  for (std::uint32_t i = 0; i < 100; ++i)
    visit(accounts, key(i), 1 + i, test::kStart);
  EXPECT_EQ(accounts.remembered(), 100U);
  for (std::uint32_t i = 0; i < 100; ++i)
    visit(accounts, key(1'000 + i), 0, after(100));
  EXPECT_EQ(accounts.remembered(), 0U);
}

TEST(AddressAccounts, AtTheBoundTheOneNearestToBeingFullGoesFirst) {
  for (const std::size_t bound : {1U, 2U, 5U}) {
    AddressAccounts accounts(bound);
    for (std::uint32_t i = 0; i < bound; ++i)
      visit(accounts, key(i), 50 + i, test::kStart);
    EXPECT_EQ(accounts.remembered(), bound);
    visit(accounts, key(100), 80, test::kStart);
    EXPECT_EQ(accounts.remembered(), bound);
    EXPECT_TRUE(is_known(accounts, key(100), test::kStart));
    EXPECT_FALSE(is_known(accounts, key(0U), test::kStart));
    for (std::uint32_t i = 1; i < bound; ++i)
      EXPECT_TRUE(is_known(accounts, key(i), test::kStart)) << i;
    visit(accounts, key(101), 1, test::kStart);
    EXPECT_FALSE(is_known(accounts, key(101), test::kStart)) << "itself, when it is the one";
  }
}

TEST(AddressAccounts, WhoIsConnectedIsNeverForgotten) {
  AddressAccounts accounts(1);
  AddressAccounts::Account& account = accounts.open(key(1), test::kStart);
  account.messages.spend(test::kStart, 1, kRate);
  for (std::uint32_t i = 10; i < 20; ++i)
    visit(accounts, key(i), 50, after(2));
  accounts.forget();
  EXPECT_EQ(accounts.connections(key(1)), 1U);
  EXPECT_EQ(&accounts.open(key(1), after(2)), &account);
  accounts.close(account, after(2));
  accounts.close(account, after(2));
  EXPECT_EQ(accounts.connections(key(1)), 0U);
}

TEST(AddressAccounts, WhoComesBackAndSendsMoreIsRememberedLonger) {
  AddressAccounts accounts(2);
  visit(accounts, key(1), 10, test::kStart);
  visit(accounts, key(2), 20, test::kStart);
  visit(accounts, key(1), 15, test::kStart);
  visit(accounts, key(3), 30, test::kStart);
  EXPECT_TRUE(is_known(accounts, key(1), test::kStart));
  EXPECT_FALSE(is_known(accounts, key(2), test::kStart));
  EXPECT_TRUE(is_known(accounts, key(1), after(24)));
  EXPECT_FALSE(is_known(accounts, key(1), after(25)));
}

}  // namespace
}  // namespace switchboard::listen
