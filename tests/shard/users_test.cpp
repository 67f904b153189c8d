#include "shard/users.h"

#include <algorithm>
#include <unordered_map>

#include "session/connection_driver.h"
#include "support/manual_clock.h"

namespace switchboard::shard {
namespace {

class UsersTest : public testing::Test {
 protected:
  Client& connect(std::string_view user) {
    Client& client = connect_unnamed();
    client.session().set_user_id(user);
    users.add(client);
    return client;
  }
  Client& connect_unnamed() {
    auto [id, client] =
        clients.emplace(context, nullptr, net::PeerAddress{}, session::Ending{}, nullptr, std::uint16_t{0});
    client.session().set_id(id);
    return client;
  }
  void disconnect(Client& client) {
    users.remove(client);
    clients.erase(client.session().id());
  }
  std::vector<std::uint32_t> found(std::string_view user) {
    std::vector<std::uint32_t> slots;
    users.for_each_of(user, [&](Client& client) { slots.push_back(client.session().id().index); });
    return slots;
  }
  static std::vector<std::uint32_t> slots_of(std::initializer_list<Client*> expected) {
    std::vector<std::uint32_t> slots;
    for (Client* client : expected)
      slots.push_back(client->session().id().index);
    return slots;
  }

  static constexpr HashKey kKey{3, 4};

  session::FakeHost host;
  session::SessionSettings settings;
  test::ManualClock clock;
  session::ConnectionHost connection_host;
  session::ConnectionContext context{host, connection_host, clock, settings, 1};
  SlotTable<Client> clients;
  Users users{kKey, clients};
};

TEST_F(UsersTest, AUserIsFoundByNameAndOthersAreNot) {
  Client& alice = connect("alice");
  Client& bob = connect("bob");
  connect_unnamed();
  EXPECT_EQ(found("alice"), slots_of({&alice}));
  EXPECT_EQ(found("bob"), slots_of({&bob}));
  EXPECT_EQ(found("carol"), slots_of({}));
  EXPECT_EQ(found(""), slots_of({}));
  EXPECT_EQ(users.size(), 2u);
}

TEST_F(UsersTest, AllConnectionsOfAUserAreFoundTheLatestFirst) {
  Client& first = connect("alice");
  connect("bob");
  Client& second = connect("alice");
  Client& third = connect("alice");
  EXPECT_EQ(found("alice"), slots_of({&third, &second, &first}));
}

TEST_F(UsersTest, AConnectionMayGoFromAnyPlace) {
  for (std::size_t gone = 0; gone < 3; ++gone) {
    std::vector<Client*> all = {&connect("alice"), &connect("alice"), &connect("alice")};
    disconnect(*all[gone]);
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(gone));
    EXPECT_EQ(found("alice"), slots_of({all[1], all[0]})) << gone;
    disconnect(*all[1]);
    EXPECT_EQ(found("alice"), slots_of({all[0]})) << gone;
    disconnect(*all[0]);
    EXPECT_EQ(found("alice"), slots_of({})) << gone;
    EXPECT_EQ(users.size(), 0u);
  }
}

TEST_F(UsersTest, RemovingOneThatIsNotThereChangesNothing) {
  Client& alice = connect("alice");
  users.remove(connect_unnamed());
  Client& gone = connect("alice");
  users.remove(gone);
  users.remove(gone);
  EXPECT_EQ(found("alice"), slots_of({&alice}));
}

TEST_F(UsersTest, UsersWhoseHashesAreEqualAreToldApartByName) {
  std::unordered_map<std::uint32_t, std::string> names;
  std::string one, other;
  for (int i = 0; other.empty(); ++i) {
    std::string name = "user" + std::to_string(i);
    const auto [known, is_new] = names.emplace(static_cast<std::uint32_t>(siphash13(kKey, name)), name);
    if (is_new) continue;
    one = known->second;
    other = name;
  }
  Client& of_one = connect(one);
  Client& of_other = connect(other);
  Client& again_of_one = connect(one);
  EXPECT_EQ(users.size(), 1u) << "they share a chain";
  EXPECT_EQ(found(one), slots_of({&again_of_one, &of_one}));
  EXPECT_EQ(found(other), slots_of({&of_other}));
  disconnect(again_of_one);
  EXPECT_EQ(found(one), slots_of({&of_one}));
  disconnect(of_one);
  EXPECT_EQ(found(one), slots_of({}));
  EXPECT_EQ(found(other), slots_of({&of_other}));
}

TEST_F(UsersTest, AUserWithManyConnectionsComesAndGoesInAnyOrder) {
  std::vector<Client*> all;
  for (int i = 0; i < 20'000; ++i)
    all.push_back(&connect("alice"));
  for (std::size_t i = 0; i < all.size(); i += 2)
    disconnect(*all[i]);
  EXPECT_EQ(found("alice").size(), 10'000u);
  for (std::size_t i = all.size() - 1; i < all.size(); i -= 2)
    disconnect(*all[i]);
  EXPECT_EQ(found("alice").size(), 0u);
  EXPECT_EQ(users.size(), 0u);
}

TEST_F(UsersTest, MemoryOfAPeakIsGivenBack) {
  std::vector<Client*> all;
  for (int i = 0; i < 50'000; ++i)
    all.push_back(&connect("user" + std::to_string(i)));
  EXPECT_GE(users.places(), 50'000u);
  EXPECT_LE(users.places(), 50'000u * 5 / 2) << "more than 20 bytes a user";
  for (std::size_t i = 100; i < all.size(); ++i)
    disconnect(*all[i]);
  EXPECT_LE(users.places(), 4'096u);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(found("user" + std::to_string(i)), slots_of({all[static_cast<std::size_t>(i)]}));
}

}  // namespace
}  // namespace switchboard::shard
