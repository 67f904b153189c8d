// Traffic goes to the same few rooms however many there are: what is measured is what the others add, not the time that
// memory takes to come.
#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/token_bucket.h"
#include "listen/address_accounts.h"
#include "listen/admission.h"
#include "shard/page_cache.h"
#include "subject.h"
#include "world.h"

namespace switchboard::bounds {
namespace {

constexpr std::uint32_t kRoomsPerClient = 100;
constexpr std::uint32_t kBusyRooms = 200;
constexpr std::size_t kContentBytes = 100;

std::string room_name(std::uint32_t number) {
  return "room:" + std::to_string(number);
}

/// Rooms with one member each, a hundred rooms to a client.
class Rooms : public Subject {
 public:
  Rooms(std::uint32_t rooms, bool history) : world(patient_settings(history)) { add(rooms); }

  void add(std::uint32_t rooms) {
    for (std::uint32_t i = 0; i < rooms; ++i) {
      if (i % kRoomsPerClient == 0) world.connect();
      world.join(i / kRoomsPerClient, room_name(i), "u" + std::to_string(i / kRoomsPerClient));
    }
  }
  void publish(std::uint32_t room) { world.broadcast(room / kRoomsPerClient, room_name(room), kContentBytes); }
  void one() override { publish(next_++ % kBusyRooms); }

  World world;

 private:
  std::uint32_t next_ = 0;
};

/// Nobody reads, so every room's log holds something, all of them together as much as they may.
class FullLogs : public Rooms {
 public:
  explicit FullLogs(std::uint32_t rooms) : Rooms(rooms, false) {
    for (std::uint32_t client = 0; client * kRoomsPerClient < rooms; ++client)
      world.stop_reading(client);
    for (std::uint32_t room = 0; room < rooms; ++room)
      publish(room);
    world.settings().log_bytes_max = world.shard().stats().log_bytes.value();
    world.reload();
  }
};

/// Rooms that keep history in memory, all of them together as much as they may.
class FullMemory : public Rooms {
 public:
  explicit FullMemory(std::uint32_t rooms) : Rooms(rooms, true) {
    world.settings().history.memory.bytes_max = 1ULL << 40;
    world.reload();
    for (std::uint32_t room = 0; room < rooms; ++room)
      publish(room);
    // A room takes at least some 500 bytes: that is less than they have.
    world.settings().history.memory.bytes_max = std::uint64_t{rooms} * 500;
    world.reload();
  }
};

class RefusedRooms : public Rooms {
 public:
  explicit RefusedRooms(std::uint32_t rooms) : Rooms(rooms, false) {
    world.settings().rooms_max = rooms;
    world.reload();
  }
  void one() override { world.join(0, "another", "u0"); }
};

/// One client joins and leaves rooms that nobody else has ever been in, beside so many others.
class NewRooms : public Rooms {
 public:
  explicit NewRooms(std::uint32_t rooms) : Rooms(rooms, false) {}
  void one() override {
    const std::string room = "new:" + std::to_string(next_++);
    world.join(0, room, "u0");
    world.leave(0, room);
  }

 private:
  std::uint32_t next_ = 0;
};

class Connections : public Subject {
 public:
  explicit Connections(std::uint32_t connections) : world_(patient_settings(false)) {
    for (std::uint32_t i = 0; i < connections; ++i)
      world_.connect();
  }
  void one() override { world_.say(next_++ % kBusyRooms, R"({"type":"ping"})"); }

 private:
  World world_;
  std::uint32_t next_ = 0;
};

/// One room of so many, all of one name each.
class Members : public Subject {
 public:
  explicit Members(std::uint32_t members) : world_(patient_settings(false)) {
    for (std::uint32_t i = 0; i < members; ++i)
      world_.join(world_.connect(), kRoom, "u" + std::to_string(i));
    client_ = world_.connect();
  }

 protected:
  static constexpr std::string_view kRoom = "room:large";
  World world_;
  std::size_t client_ = 0;
};

class ComingAndGoing : public Members {
 public:
  using Members::Members;
  void one() override {
    world_.join(client_, kRoom, "another");
    world_.leave(client_, kRoom);
  }
};

class RefusedMembers : public Members {
 public:
  explicit RefusedMembers(std::uint32_t members) : Members(members) {
    world_.settings().rooms = room::RoomSettingsTable({.members_max = members, .history = false});
    world_.reload();
  }
  void one() override { world_.join(client_, kRoom, "another"); }
};

/// Presence of a large room is asked for, ten users a time.
class WhoIsThere : public Members {
 public:
  explicit WhoIsThere(std::uint32_t members) : Members(members) { world_.join(client_, kRoom, "another"); }
  void one() override { world_.say(client_, R"({"type":"presence","room_id":"room:large","limit":10})"); }
};

/// One client in a tenth of so many rooms: 100,000 are the most that an operator can allow.
class RoomsOfOneClient : public Subject {
 public:
  explicit RoomsOfOneClient(std::uint32_t things) : world_(patient_settings(false)), rooms_(things / 10) {
    world_.connect();
    for (std::uint32_t i = 0; i < rooms_; ++i)
      world_.join(0, room_name(i), "u0");
  }
  void one() override { world_.broadcast(0, room_name(rooms_ - 1 - next_++ % kBusyRooms), kContentBytes); }

 private:
  World world_;
  std::uint32_t rooms_;
  std::uint32_t next_ = 0;
};

/// Direct messages to users who are not there, and were never.
class AbsentUsers : public Subject {
 public:
  explicit AbsentUsers(std::uint32_t users) : world_(patient_settings(true)) {
    world_.join(world_.connect(), "room:one", "u0");
    for (; next_ < users; ++next_)
      write_to(next_);
  }
  void one() override { write_to(next_++); }

 private:
  void write_to(std::uint32_t user) {
    world_.say(0, R"({"type":"direct","user_id":"nobody)" + std::to_string(user) + R"(","content":1})");
  }

  World world_;
  std::uint32_t next_ = 0;
};

/// Publishes whose `dedup` has to be remembered, in a room that remembers as many as it may.
class Dedup : public Rooms {
 public:
  explicit Dedup(std::uint32_t rooms) : Rooms(rooms, false) {
    for (int i = 0; i < 20'000; ++i)
      one();
  }
  void one() override {
    world.say(0,
              R"({"type":"broadcast","room_id":"room:0","content":1,"dedup":"d)" + std::to_string(next_++) + R"("})");
  }

 private:
  std::uint32_t next_ = 0;
};

/// A page that is read for the first time, where as many are kept as may be.
class FullPageCache : public Subject {
 public:
  explicit FullPageCache(std::uint32_t pages) : cache_({1, 2}, pages * page()->memory()) {
    for (std::uint32_t i = 0; i < pages; ++i)
      one();
  }
  void one() override {
    const broker::TopicId topic{.index = next_ % 1'000, .generation = 1};
    const shard::PageWish wish{.range = {.from = Seq(1 + next_++ / 1'000), .until = Seq(UINT32_MAX)}};
    const auto ticket = cache_.begin(topic, wish, {});
    cache_.end(*ticket, page(), "e", Instant(std::chrono::hours(1)));
  }

 private:
  static wire::SharedPage page() {
    auto page = std::make_shared<wire::Page>();
    page->epoch = "e";
    page->oldest = page->first = page->newest = Seq(1);
    page->bytes.assign(100, 'x');
    page->ends = {100};
    return page;
  }

  shard::PageCache cache_;
  std::uint32_t next_ = 0;
};

/// Connections of addresses that are new, where as many are remembered as may be: no server remembers a million.
class Addresses : public Subject {
 public:
  explicit Addresses(std::uint32_t wanted)
      : addresses_(std::min<std::uint32_t>(wanted, listen::Admission::kRememberedMax)), accounts_(addresses_) {
    for (std::uint32_t i = 0; i < addresses_; ++i)
      one();
  }
  void one() override {
    const Instant now = Instant(std::chrono::hours(1)) + Duration(next_);
    listen::AddressAccounts::Key key{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    for (int i = 0; i < 4; ++i)
      key[static_cast<std::size_t>(15 - i)] = static_cast<std::uint8_t>(next_ >> 8 * i);
    ++next_;
    auto& account = accounts_.open(key, now);
    account.messages.spend(now, 100, {.per_second = 1, .burst = 1'000});
    accounts_.close(account, now);
  }

 private:
  std::uint32_t addresses_;
  listen::AddressAccounts accounts_;
  std::uint32_t next_ = 0;
};

template <typename What, auto... kMore>
std::unique_ptr<Subject> make(std::uint32_t things) {
  return std::make_unique<What>(things, kMore...);
}

constexpr std::array kKinds = {
    Kind{"rooms", "rooms without history; a message to one of 200", make<Rooms, false>},
    Kind{"history", "rooms with history in memory; a message to one of 200", make<Rooms, true>},
    Kind{"logs", "rooms with unread messages, at log_bytes_max; a message to one of 200", make<FullLogs>},
    Kind{"memory", "rooms with history in memory, at memory_bytes_max; a message to one of 200", make<FullMemory>},
    Kind{"dedup", "rooms; a message with a dedup to a room that remembers as many as it may", make<Dedup>},
    Kind{"rooms-max", "rooms, as many as may be; a join that is refused", make<RefusedRooms>},
    Kind{"new-rooms", "rooms; a join of a new one and a leave", make<NewRooms>},
    Kind{"absent-users", "users who are not there; a direct message to another one", make<AbsentUsers>},
    Kind{"connections", "connections; a ping of one of 200", make<Connections>},
    Kind{"coming-and-going", "members of a room; a join and a leave", make<ComingAndGoing>},
    Kind{"members-max", "members of a room, as many as may be; a join that is refused", make<RefusedMembers>},
    Kind{"presence", "members of a room; a query for ten of them", make<WhoIsThere>},
    Kind{"own-rooms", "tens of rooms that one client is in; a message to one of 200", make<RoomsOfOneClient>},
    Kind{"page-cache", "pages of history kept, at page_cache_bytes; a new one", make<FullPageCache>},
    Kind{"addresses", "addresses, of which 65,536 are remembered at most; a connection of a new one", make<Addresses>},
};

}  // namespace

std::span<const Kind> kinds() {
  return kKinds;
}

}  // namespace switchboard::bounds
