#include "shard/publish_windows.h"

#include "shard/shard_driver.h"
#include "support/manual_clock.h"

namespace switchboard::shard {
namespace {

class PublishWindowsTest : public ShardTest {
 protected:
  PublishWindowsTest() : context(host, connection_host, clock, {}, 1) {}

  struct Host final : session::SessionHost {
    session::Attempt ask(session::Session&, const session::Ask&, std::string_view) override { return {}; }
    void on_user_named(session::Session&) override {}
    std::optional<std::uint32_t> find(const session::Session&, std::string_view) const override { return {}; }
    void leave(session::Session&, std::uint32_t) override {}
    void on_over(session::Session&) override {}
    void leave_all(session::Session&) override {}
    std::string_view room_id_of(const session::Session&, std::uint32_t) const override { return {}; }
    const room::RoomSettings& settings_of(std::string_view) const override { return settings; }
    bool has_room_rates() const override { return false; }
    room::RoomSettings settings;
  };

  Client& client() {
    auto [id, added] = clients.emplace(context, std::make_unique<StreamTransport>(std::make_shared<Stream>()),
                                       net::PeerAddress{}, session::Ending{}, nullptr, std::uint16_t{0});
    added.session().set_id(id);
    return added;
  }
  std::size_t let_go_on(PublishWindows& windows) {
    std::size_t count = 0;
    windows.let_go_on([&](Client&) { ++count; });
    return count;
  }

  Host host;
  session::ConnectionHost connection_host;
  test::ManualClock clock;
  session::ConnectionContext context;
  SlotTable<Client> clients;
};

TEST_F(PublishWindowsTest, OneConnectionMayHaveSoManyMessages) {
  PublishWindows windows(clients, {.bytes_max = 1u << 30});
  Client& one = client();
  for (std::uint32_t i = 0; i < PublishLimits{}.connection_messages_max; ++i)
    ASSERT_TRUE(windows.take(one, 1, 1));
  EXPECT_FALSE(windows.take(one, 1, 1));
  EXPECT_TRUE(windows.take(client(), 1, 1)) << "another one's window is its own";
  const SlotId id = one.session().id();
  for (std::uint32_t i = 1; i < PublishLimits{}.connection_messages_max / 2; ++i)
    EXPECT_FALSE(windows.give_back(id, 1));
  EXPECT_TRUE(windows.give_back(id, 1)) << "half of it is free";
  EXPECT_FALSE(windows.give_back(id, 1)) << "told once";
  EXPECT_TRUE(windows.take(one, 1, 1));
}

TEST_F(PublishWindowsTest, OneConnectionMayHaveSoManyBytesOrOneMessage) {
  PublishWindows windows(clients, {.bytes_max = 1u << 30});
  Client& one = client();
  EXPECT_TRUE(windows.take(one, 1, static_cast<std::uint32_t>(PublishLimits{}.connection_bytes_max) - 1));
  EXPECT_FALSE(windows.take(one, 1, 2));
  EXPECT_FALSE(windows.take(one, 2, 1)) << "both or none";
  EXPECT_TRUE(windows.take(one, 1, 1));
  EXPECT_TRUE(windows.take(client(), 1, static_cast<std::uint32_t>(10 * PublishLimits{}.connection_bytes_max)));
}

TEST_F(PublishWindowsTest, AWindowOfOneMessage) {
  PublishWindows windows(clients, {.bytes_max = 1u << 30, .connection_messages_max = 1});
  Client& one = client();
  EXPECT_TRUE(windows.take(one, 2, 1)) << "what belongs together is not torn apart";
  EXPECT_FALSE(windows.take(one, 1, 1));
  EXPECT_FALSE(windows.give_back(one.session().id(), 1));
  EXPECT_TRUE(windows.give_back(one.session().id(), 1));
  EXPECT_TRUE(windows.take(one, 1, 1));
}

TEST_F(PublishWindowsTest, HalfOfTheShareIsForThoseWhoHaveNothingUnderWay) {
  PublishWindows windows(clients, {.bytes_max = 1'000});
  Client& one = client();
  EXPECT_TRUE(windows.take(one, 1, 400));
  EXPECT_TRUE(windows.take(one, 1, 100));
  EXPECT_FALSE(windows.take(one, 1, 1));
  EXPECT_TRUE(windows.take(client(), 1, 500));
  EXPECT_EQ(windows.bytes(), 1'000u);
  Client& late = client();
  Client& later = client();
  EXPECT_FALSE(windows.take(late, 1, 1));
  EXPECT_FALSE(windows.take(late, 1, 1));
  EXPECT_FALSE(windows.take(later, 1, 1));
  EXPECT_FALSE(windows.has_work());
  EXPECT_EQ(let_go_on(windows), 0u);
  windows.give_back(one.session().id(), 400);
  EXPECT_TRUE(windows.has_work());
  EXPECT_EQ(let_go_on(windows), 2u);
  EXPECT_FALSE(windows.has_work());
  EXPECT_TRUE(windows.take(late, 1, 1));
}

TEST_F(PublishWindowsTest, WhatWasUnderWayIsCountedWhenItsConnectionHasGone) {
  PublishWindows windows(clients, {.bytes_max = 1'000});
  Client& one = client();
  const SlotId id = one.session().id();
  EXPECT_TRUE(windows.take(one, 2, 300));
  EXPECT_FALSE(windows.take(one, 1, 300));
  clients.erase(id);
  EXPECT_EQ(windows.bytes(), 600u);
  EXPECT_FALSE(windows.give_back(id, 300));
  EXPECT_FALSE(windows.give_back(id, 300));
  EXPECT_EQ(windows.bytes(), 0u);
}

TEST_F(PublishWindowsTest, ASingleMessageLargerThanTheShareGoesWhenNothingElseIsUnderWay) {
  PublishWindows windows(clients, {.bytes_max = 10});
  Client& one = client();
  Client& other = client();
  EXPECT_TRUE(windows.take(one, 1, 1'000));
  EXPECT_FALSE(windows.take(other, 1, 1));
  windows.give_back(one.session().id(), 1'000);
  EXPECT_EQ(let_go_on(windows), 1u);
  EXPECT_TRUE(windows.take(other, 1, 1'000));
}

}  // namespace
}  // namespace switchboard::shard
