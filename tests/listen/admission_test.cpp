#include "listen/admission.h"

#include <gtest/gtest.h>

#include "support/manual_clock.h"

namespace switchboard::listen {
namespace {

using Verdict = Admission::Verdict;

const test::ManualClock kClock;  // stands still

/// 192.0.2.N
net::PeerAddress peer(std::uint8_t last) {
  net::PeerAddress address;
  address.ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, last};
  return address;
}

/// 2001:db8:0:SUBNET::HOST
net::PeerAddress ipv6_peer(std::uint8_t subnet, std::uint8_t host) {
  net::PeerAddress address;
  address.ip = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, subnet, 0, 0, 0, 0, 0, 0, 0, host};
  return address;
}

TEST(Admission, TakesAsManyAsItMayThenTellsSomeThenDrops) {
  Admission admission({.connections_max = 3}, kClock);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(admission.admit(peer(1)).verdict, Verdict::kWelcome);
  for (std::uint64_t i = 0; i < Admission::kTold; ++i)
    EXPECT_EQ(admission.admit(peer(1)).verdict, Verdict::kTellFull);
  EXPECT_EQ(admission.admit(peer(1)).verdict, Verdict::kDrop);
  EXPECT_EQ(admission.admit(peer(1)).verdict, Verdict::kDrop);
}

TEST(Admission, WhoLeavesMakesRoom) {
  Admission admission({.connections_max = 1}, kClock);
  const auto first = admission.admit(peer(1));
  EXPECT_EQ(first.verdict, Verdict::kWelcome);
  const auto second = admission.admit(peer(2));
  EXPECT_EQ(second.verdict, Verdict::kTellFull);
  admission.release(second.address);
  admission.release(first.address);
  EXPECT_EQ(admission.admit(peer(2)).verdict, Verdict::kWelcome);
}

TEST(Admission, ADroppedConnectionIsNotCounted) {
  Admission admission({.connections_max = 1}, kClock);
  for (std::uint64_t i = 0; i <= Admission::kTold; ++i)
    admission.admit(peer(1));
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(admission.admit(peer(1)).verdict, Verdict::kDrop);
  for (std::uint64_t i = 0; i <= Admission::kTold; ++i)
    admission.release(nullptr);
  EXPECT_EQ(admission.admit(peer(1)).verdict, Verdict::kWelcome);
}

TEST(Admission, NoLimitIsNone) {
  Admission admission(AdmissionLimits{}, kClock);
  for (int i = 0; i < 10'000; ++i) {
    const auto admitted = admission.admit(peer(1));
    ASSERT_EQ(admitted.verdict, Verdict::kWelcome);
    ASSERT_EQ(admitted.address, nullptr);
  }
}

TEST(Admission, OneAddressMayHaveSoManyAndNoMore) {
  Admission admission({.per_address_max = 2}, kClock);
  const auto first = admission.admit(peer(1));
  EXPECT_EQ(first.verdict, Verdict::kWelcome);
  EXPECT_EQ(admission.admit(peer(1)).verdict, Verdict::kWelcome);
  EXPECT_EQ(admission.admit(peer(1)).verdict, Verdict::kTellTooMany);
  EXPECT_EQ(admission.admit(peer(2)).verdict, Verdict::kWelcome);
  admission.release(first.address);
  admission.release(first.address);
  EXPECT_EQ(admission.admit(peer(1)).verdict, Verdict::kWelcome);
}

TEST(Admission, AnAddressFarOverItsLimitIsDroppedAndNotCounted) {
  Admission admission({.per_address_max = 1}, kClock);
  session::AddressRate* const address = admission.admit(peer(1)).address;
  for (std::uint64_t i = 0; i < Admission::kTold; ++i)
    EXPECT_EQ(admission.admit(peer(1)).verdict, Verdict::kTellTooMany);
  EXPECT_EQ(admission.admit(peer(1)).verdict, Verdict::kDrop);
  for (std::uint64_t i = 0; i <= Admission::kTold; ++i)
    admission.release(address);
  EXPECT_EQ(admission.admit(peer(1)).verdict, Verdict::kWelcome);
}

TEST(Admission, AnIpv6AddressIsItsNetworkOf64Bits) {
  Admission admission({.per_address_max = 1}, kClock);
  EXPECT_EQ(admission.admit(ipv6_peer(1, 1)).verdict, Verdict::kWelcome);
  EXPECT_EQ(admission.admit(ipv6_peer(1, 2)).verdict, Verdict::kTellTooMany);
  EXPECT_EQ(admission.admit(ipv6_peer(2, 1)).verdict, Verdict::kWelcome);
}

TEST(Admission, APeerWithoutAnAddressIsHeldToNoneOfItsLimits) {
  Admission admission({.per_address_max = 1, .has_address_rates = true}, kClock);
  for (int i = 0; i < 3; ++i) {
    const auto admitted = admission.admit({});
    EXPECT_EQ(admitted.verdict, Verdict::kWelcome);
    EXPECT_EQ(admitted.address, nullptr);
  }
}

TEST(Admission, TheConnectionsOfAnAddressShareAnAccount) {
  Admission admission({.has_address_rates = true}, kClock);
  const auto first = admission.admit(peer(1));
  const auto second = admission.admit(peer(1));
  const auto other = admission.admit(peer(2));
  ASSERT_NE(first.address, nullptr);
  EXPECT_EQ(first.address, second.address);
  EXPECT_NE(first.address, other.address);
}

TEST(Admission, WhatAnAddressHasUsedUpOutlivesItsLastConnection) {
  test::ManualClock clock;
  Admission admission({.has_address_rates = true}, clock);
  const Rate rate{.per_second = 10, .burst = 50};
  const auto sent_by_a_new_connection = [&] {
    const auto admitted = admission.admit(peer(1));
    int sent = 0;
    while (sent < 1'000 && admitted.address->messages.take(clock.now(), 1, rate) == Duration::zero())
      ++sent;
    admission.release(admitted.address);
    return sent;
  };
  EXPECT_EQ(sent_by_a_new_connection(), 50);
  EXPECT_EQ(sent_by_a_new_connection(), 0);
  clock.advance(std::chrono::milliseconds(99));
  EXPECT_EQ(sent_by_a_new_connection(), 0);
  clock.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(sent_by_a_new_connection(), 1);
  clock.advance(std::chrono::seconds(60));
  EXPECT_EQ(sent_by_a_new_connection(), 50) << "never more than a full burst";
}

TEST(Admission, AnAddressThatMayNotSendASingleMessageIsTold) {
  test::ManualClock clock;
  const Rate rate{.per_second = 10, .burst = 2};
  Admission admission({.has_address_rates = true, .address_messages = rate}, clock);
  const auto first = admission.admit(peer(1));
  EXPECT_EQ(first.verdict, Verdict::kWelcome);
  first.address->messages.spend(clock.now(), 1, rate);
  EXPECT_EQ(admission.admit(peer(1)).verdict, Verdict::kWelcome) << "one is left";
  first.address->messages.spend(clock.now(), 1, rate);
  EXPECT_EQ(admission.admit(peer(1)).verdict, Verdict::kTellSpent);
  EXPECT_EQ(admission.admit(peer(2)).verdict, Verdict::kWelcome);
  EXPECT_EQ(admission.readdress(admission.admit({}).address, peer(1)).verdict, Verdict::kTellSpent);
  clock.advance(std::chrono::milliseconds(99));
  EXPECT_EQ(admission.admit(peer(1)).verdict, Verdict::kTellSpent);
  clock.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(admission.admit(peer(1)).verdict, Verdict::kWelcome);
}

TEST(Admission, SoDoBytesAlsoWhenTheyAreOwed) {
  test::ManualClock clock;
  Admission admission({.has_address_rates = true}, clock);
  const Rate rate{.per_second = 1'000, .burst = 1'000};
  const auto first = admission.admit(peer(1));
  first.address->bytes.spend(clock.now(), 5'000, rate);
  admission.release(first.address);
  const auto second = admission.admit(peer(1));
  EXPECT_EQ(second.address->bytes.solvent_at(rate), clock.now() + std::chrono::seconds(4));
  admission.release(second.address);
}

TEST(Admission, AConnectionThatMovesToAnotherAddressLeavesItsAccountBehind) {
  test::ManualClock clock;
  Admission admission({.has_address_rates = true}, clock);
  const Rate rate{.per_second = 1, .burst = 1};
  const auto first = admission.admit(peer(1));
  first.address->messages.spend(clock.now(), 1, rate);
  const auto moved = admission.readdress(first.address, peer(2));
  EXPECT_EQ(moved.address->messages.take(clock.now(), 1, rate), Duration::zero());
  admission.release(moved.address);
  EXPECT_GT(admission.admit(peer(1)).address->messages.take(clock.now(), 1, rate), Duration::zero());
  EXPECT_GT(admission.admit(peer(2)).address->messages.take(clock.now(), 1, rate), Duration::zero());
}

TEST(Admission, AnAddressMayConnectSoOften) {
  test::ManualClock clock;
  Admission admission({.address_connects = {.per_second = 10, .burst = 3}}, clock);
  const auto connect = [&](const net::PeerAddress& from) {
    const auto admitted = admission.admit(from);
    admission.release(admitted.address);
    return admitted.verdict;
  };
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(connect(peer(1)), Verdict::kWelcome);
  EXPECT_EQ(connect(peer(1)), Verdict::kTellTooOften) << "although none of them is there any more";
  EXPECT_EQ(connect(peer(2)), Verdict::kWelcome);
  clock.advance(std::chrono::milliseconds(99));
  EXPECT_EQ(connect(peer(1)), Verdict::kTellTooOften);
  clock.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(connect(peer(1)), Verdict::kWelcome) << "who was refused has taken nothing";
  EXPECT_EQ(connect({}), Verdict::kWelcome) << "no address";
}

TEST(Admission, WhoConnectsTooOftenIsToldSomeTimesThenDroppedAndNotCounted) {
  test::ManualClock clock;
  Admission admission({.connections_max = Admission::kTold + 2, .address_connects = {.per_second = 1, .burst = 1}},
                      clock);
  EXPECT_EQ(admission.admit(peer(1)).verdict, Verdict::kWelcome);
  for (std::uint64_t i = 0; i < Admission::kTold; ++i)
    EXPECT_EQ(admission.admit(peer(1)).verdict, Verdict::kTellTooOften);
  for (int i = 0; i < 100; ++i) {
    const auto dropped = admission.admit(peer(1));
    ASSERT_EQ(dropped.verdict, Verdict::kDrop);
    ASSERT_EQ(dropped.address, nullptr);
  }
  EXPECT_EQ(admission.admit(peer(2)).verdict, Verdict::kWelcome) << "the last there is room for";
  EXPECT_EQ(admission.admit(peer(3)).verdict, Verdict::kTellFull);
}

TEST(Admission, AConnectionFromAProxyCountsWhereItsClientIs) {
  test::ManualClock clock;
  Admission admission({.address_connects = {.per_second = 1, .burst = 1}}, clock);
  const auto connect = [&](const net::PeerAddress& client) {
    return admission.readdress(admission.admit({}).address, client).verdict;
  };
  EXPECT_EQ(connect(peer(1)), Verdict::kWelcome);
  EXPECT_EQ(connect(peer(2)), Verdict::kWelcome);
  for (std::uint64_t i = 0; i < Admission::kTold + 10; ++i)
    EXPECT_EQ(connect(peer(1)), Verdict::kTellTooOften) << "never dropped: its request has been read";
}

TEST(Admission, HowOftenAnAddressHasConnectedIsForgottenWithTheLimit) {
  test::ManualClock clock;
  const AdmissionLimits limits{.address_connects = {.per_second = 1, .burst = 1}};
  Admission admission(limits, clock);
  admission.release(admission.admit(peer(1)).address);
  admission.set_limits({});
  EXPECT_EQ(admission.admit(peer(1)).address, nullptr);
  admission.set_limits(limits);
  EXPECT_EQ(admission.admit(peer(1)).verdict, Verdict::kWelcome);
}

TEST(Admission, WithoutRatesNothingIsRemembered) {
  test::ManualClock clock;
  Admission admission({.has_address_rates = true}, clock);
  const Rate rate{.per_second = 1, .burst = 1};
  const auto first = admission.admit(peer(1));
  first.address->messages.spend(clock.now(), 1, rate);
  admission.release(first.address);
  admission.set_limits({});
  admission.set_limits({.has_address_rates = true});
  EXPECT_EQ(admission.admit(peer(1)).address->messages.take(clock.now(), 1, rate), Duration::zero());
}

TEST(Admission, LimitsCanBeChangedWhileConnectionsAreOpen) {
  Admission admission({.connections_max = 1}, kClock);
  const auto uncounted = admission.admit(peer(1));
  EXPECT_EQ(uncounted.address, nullptr) << "there was no limit for its address";
  admission.set_limits({.connections_max = 2, .per_address_max = 1});
  const auto counted = admission.admit(peer(1));
  EXPECT_EQ(counted.verdict, Verdict::kWelcome);
  admission.release(uncounted.address);
  EXPECT_EQ(admission.admit(peer(1)).verdict, Verdict::kTellTooMany) << "its leaving made no room there";
  admission.set_limits({});
  EXPECT_EQ(admission.admit(peer(1)).verdict, Verdict::kWelcome);
  admission.release(counted.address);
  admission.set_limits({.per_address_max = 2});
  EXPECT_EQ(admission.admit(peer(1)).verdict, Verdict::kWelcome);
  EXPECT_EQ(admission.admit(peer(1)).verdict, Verdict::kTellTooMany) << "one is left from before";
}

TEST(Admission, OnlyWhoIsNotWelcomeIsTold) {
  EXPECT_EQ(refusal(Verdict::kWelcome).code, 0);
  EXPECT_EQ(refusal(Verdict::kTellFull).code, 4100);
  EXPECT_EQ(refusal(Verdict::kTellTooMany).code, 4100);
  EXPECT_EQ(refusal(Verdict::kTellSpent).code, 4102);
  EXPECT_EQ(refusal(Verdict::kTellTooOften).code, 4102);
  EXPECT_NE(refusal(Verdict::kTellSpent).reason, refusal(Verdict::kTellTooOften).reason);
  EXPECT_NE(refusal(Verdict::kTellFull).reason, refusal(Verdict::kTellTooMany).reason);
}

TEST(Admission, AConnectionThatIsAnothersIsCountedThere) {
  Admission admission({.connections_max = 3, .per_address_max = 1}, kClock);
  const net::PeerAddress ann{.ip = {0x20, 1}, .port = 1};
  const net::PeerAddress bob{.ip = {0x20, 2}, .port = 1};
  const auto unknown = admission.admit({});
  EXPECT_EQ(unknown.address, nullptr);
  const auto first = admission.readdress(unknown.address, ann);
  EXPECT_EQ(first.verdict, Admission::Verdict::kWelcome);
  const auto moved = admission.readdress(first.address, bob);
  EXPECT_EQ(moved.verdict, Admission::Verdict::kWelcome);
  EXPECT_EQ(admission.admit(ann).verdict, Admission::Verdict::kWelcome) << "it is counted there no more";
  EXPECT_EQ(admission.readdress(admission.admit({}).address, bob).verdict, Admission::Verdict::kTellTooMany);
  EXPECT_EQ(admission.admit({}).verdict, Admission::Verdict::kTellFull) << "all three count in all";
}

TEST(Admission, AConnectionTooManyEvenToBeToldStaysCountedInAll) {
  Admission admission({.connections_max = Admission::kTold + 2, .per_address_max = 1}, kClock);
  const net::PeerAddress ann{.ip = {0x20, 1}, .port = 1};
  for (std::uint64_t i = 0; i < Admission::kTold + 1; ++i)
    EXPECT_NE(admission.admit(ann).verdict, Admission::Verdict::kDrop);
  const auto dropped = admission.readdress(admission.admit({}).address, ann);
  EXPECT_EQ(dropped.verdict, Admission::Verdict::kDrop);
  EXPECT_EQ(dropped.address, nullptr);
  EXPECT_EQ(admission.admit({}).verdict, Admission::Verdict::kTellFull);
  admission.release(dropped.address);
  admission.release(nullptr);
  EXPECT_EQ(admission.admit({}).verdict, Admission::Verdict::kWelcome);
}

}  // namespace
}  // namespace switchboard::listen
