// What the shards tell of what happens, and in which order.
#include "shard/event_sink.h"

#include "shard/direct_driver.h"

namespace switchboard::shard {
namespace {

class Told final : public EventSink {
 public:
  void on_room_occupied(std::string_view room_id) override { say("occupied", room_id); }
  void on_room_vacated(std::string_view room_id) override { say("vacated", room_id); }
  void on_published(std::string_view room_id, const broker::Commit& commit) override {
    say("published", std::string(room_id) + "#" + std::to_string(commit.publication.seq.value));
  }
  void on_entered(std::string_view room_id, std::string_view user_id) override {
    say("entered", std::string(room_id) + ":" + std::string(user_id));
  }
  void on_left(std::string_view room_id, std::string_view user_id) override {
    say("left", std::string(room_id) + ":" + std::string(user_id));
  }
  void on_named(std::string_view user_id) override { say("named", user_id); }
  void on_gone(std::string_view user_id) override { say("gone", user_id); }
  void on_opened(const session::Connection&) override { say("opened", ""); }
  void on_closed(const session::Connection& connection, Instant) override {
    say("closed", std::to_string(connection.ending().code));
  }

  std::vector<std::string> take() { return std::exchange(told_, {}); }

 private:
  void say(std::string_view what, std::string_view about) {
    told_.push_back(std::string(what) + (about.empty() ? "" : " ") + std::string(about));
  }
  std::vector<std::string> told_;
};

using Lines = std::vector<std::string>;

class EventSinkTest : public DirectTest {
 protected:
  EventSinkTest() { events = &told; }

  Told told;
};

TEST_F(EventSinkTest, TellsWhatHappensToARoomInOrderWhereverItsHomeIs) {
  start(3);
  for (std::uint32_t home = 0; home < 3; ++home) {
    const std::string room = room_at(home);
    Peer ann = open(0), bob = open(1);
    told.take();
    ann.join(room, "ann");
    run();
    bob.join(room, "bob");
    run();
    ann.broadcast(room, "1");
    run();
    ann.finish();
    run();
    bob.finish();
    run();
    Lines lines = told.take();
    EXPECT_EQ(std::erase(lines, "closed 1006"), 2) << "of which each shard tells by itself";
    EXPECT_EQ(lines, (Lines{"named ann", "occupied " + room, "entered " + room + ":ann", "named bob",
                            "entered " + room + ":bob", "published " + room + "#1", "gone ann", "left " + room + ":ann",
                            "gone bob", "left " + room + ":bob", "vacated " + room}))
        << home;
  }
}

TEST_F(EventSinkTest, ARepeatedMessageIsToldOnce) {
  Peer ann = member("r");
  told.take();
  for (int i = 0; i < 2; ++i)
    ann.say(R"({"type":"broadcast","room_id":"r","content":1,"dedup":"x"})");
  run();
  EXPECT_EQ(told.take(), Lines{"published r#1"});
}

TEST_F(EventSinkTest, UsersOwnRoomsAreNotToldOf) {
  Peer bob = user("bob", 0), ann = user("ann", 0);
  told.take();
  bob.say(R"({"type":"join","room_id":"@me"})");
  run();
  direct(ann, "bob", "1");
  run();
  bob.say(R"({"type":"leave","room_id":"@me"})");
  run();
  EXPECT_EQ(told.take(), Lines{});
}

TEST_F(EventSinkTest, WhoNeverBecameAConnectionIsNotToldOf) {
  Peer stranger = connect();
  stranger.give("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
  run();
  stranger.finish();
  run();
  EXPECT_EQ(told.take(), Lines{});
}

TEST_F(EventSinkTest, WhoLeavesWhileItsJoinIsUnderWayWasNeverThere) {
  start(2);
  const std::string room = room_at(1);
  Peer ann = open(0);
  told.take();
  ann.join(room, "ann");
  ann.finish();
  run();
  Lines lines = told.take();
  EXPECT_EQ(std::ranges::count_if(lines, [](const std::string& line) { return line.starts_with("entered"); }),
            std::ranges::count_if(lines, [](const std::string& line) { return line.starts_with("left"); }));
  EXPECT_EQ(std::ranges::count(lines, "occupied " + room), std::ranges::count(lines, "vacated " + room));
}

}  // namespace
}  // namespace switchboard::shard
