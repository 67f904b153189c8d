// Commands that wait for a back end's answer.
#include "shard/hook_desk.h"

#include "auth/grants.h"
#include "shard/direct_driver.h"

namespace switchboard::shard {
namespace {

/// Keeps what it is asked; the test answers.
class Asked final : public HookAsker {
 public:
  void ask(std::string body, const ApiAsker& asker) override { questions.emplace_back(std::move(body), asker); }

  std::vector<std::pair<std::string, ApiAsker>> questions;
};

class HookDeskTest : public DirectTest {
 protected:
  HookDeskTest() {
    hooks = &asked;
    settings.session.hooks.is_on = true;
    room::RoomSettings club;
    club.hook_join = club.hook_publish = true;
    settings.rooms.set("club", club);
  }

  /// To the last question.
  void answer(session::HookAnswer answer) {
    ASSERT_FALSE(asked.questions.empty());
    const ApiAsker asker = asked.questions.back().second;
    asked.questions.clear();
    shard(asker.shard).on_hook_answer(asker.client, asker.request, std::move(answer));
    run();
  }
  static session::HookAnswer allowed() { return {.is_allowed = true}; }
  Peer in_club() {
    Peer ann = open();
    ann.join("club:1", "ann");
    answer(allowed());
    EXPECT_TRUE(ann.texts().starts_with(R"({"type":"joined")"));
    return ann;
  }

  Asked asked;
};

TEST_F(HookDeskTest, ACommandWaitsAndWhatIsBehindItToo) {
  Peer ann = open();
  ann.join("club:1", "ann");
  ann.say(R"({"type":"ping","id":1})");
  run();
  EXPECT_EQ(ann.texts(), "");
  ASSERT_EQ(asked.questions.size(), 1);
  EXPECT_EQ(asked.questions[0].first,
            R"({"type":"join","connection_id":"0-0-1","user_id":"ann","address":"unix","room_id":"club:1"})");
  answer(allowed());
  const std::string texts = ann.texts();
  EXPECT_TRUE(texts.find("joined") < texts.find("pong")) << texts;
  EXPECT_EQ(asked.questions.size(), 0) << "once";
}

TEST_F(HookDeskTest, ARefusalIsTold) {
  Peer ann = open();
  ann.join("club:1", "ann");
  answer({.is_allowed = false, .reason = "no"});
  EXPECT_NE(ann.texts().find(R"("code":"forbidden","message":"no","room_id":"club:1")"), std::string::npos);
  ann.join("club:1", "ann");
  answer({.is_allowed = false, .is_down = true});
  EXPECT_NE(ann.texts().find(R"("code":"unavailable")"), std::string::npos);
  EXPECT_EQ(shard().stats().hooks_refused.value(), 2);
  EXPECT_EQ(shard().stats().hooks_down.value(), 1);
}

TEST_F(HookDeskTest, PublishesStayInOrder) {
  Peer ann = in_club();
  for (int i = 1; i <= 3; ++i)
    ann.broadcast("club:1", std::to_string(i));
  std::string contents;
  for (int i = 1; i <= 3; ++i) {
    run();
    ASSERT_EQ(asked.questions.size(), 1) << "one at a time";
    session::HookAnswer each = allowed();
    if (i == 2) each.content = R"("two")";
    answer(std::move(each));
    contents += ann.contents() + " ";
  }
  EXPECT_EQ(contents, R"(1 "two" 3 )");
}

TEST_F(HookDeskTest, WhoIsNotInTheRoomIsNotAskedAbout) {
  Peer ann = in_club();
  ann.broadcast("club:2", "1");
  run();
  EXPECT_EQ(asked.questions.size(), 0);
  EXPECT_NE(ann.texts().find("not_joined"), std::string::npos);
  ann.say(R"({"type":"join","room_id":"club:1"})");  // it is in there
  run();
  EXPECT_EQ(asked.questions.size(), 0);
}

TEST_F(HookDeskTest, AnAnswerIsForItsOwnQuestionAlone) {
  Peer ann = open();
  ann.join("club:1", "ann");
  run();
  const ApiAsker first = asked.questions.back().second;
  answer(allowed());
  ann.texts();
  ann.broadcast("club:1", "1");
  run();
  // The first answer once more: nobody waits for it.
  shard().on_hook_answer(first.client, first.request, {.is_allowed = false, .reason = "late"});
  run();
  EXPECT_EQ(ann.texts(), "");
  answer(allowed());
  EXPECT_EQ(ann.contents(), "1");
}

TEST_F(HookDeskTest, WhoHasGoneIsForgotten) {
  Peer ann = open();
  ann.join("club:1", "ann");
  run();
  ann.reset();
  run();
  answer(allowed());
  expect_nothing_left();
}

TEST_F(HookDeskTest, AConnectionThatIsToBeAskedAboutWaitsWithItsFirstCommand) {
  settings.session.hooks.connect = true;
  Peer ann = open();
  ann.join("r", "ann");
  ann.say(R"({"type":"ping"})");
  run();
  EXPECT_EQ(ann.texts(), "");
  EXPECT_EQ(asked.questions.back().first,
            R"({"type":"connect","connection_id":"0-0-1","user_id":"","address":"unix"})");
  answer({.is_allowed = true, .user_id = "ann"});
  EXPECT_TRUE(ann.texts().starts_with(R"({"type":"joined")"));
}

TEST_F(HookDeskTest, WhatComesAlongWithTheHandshakeWaitsToo) {
  settings.session.hooks.connect = true;
  Peer ann = connect();
  ann.give(std::string(session::kUpgrade) +
           ws::client_frame(ws::Opcode::kText, R"({"type":"join","room_id":"r","user_id":"ann"})"));
  run();
  EXPECT_TRUE(session::take_head(ann.stream->from_server).starts_with("HTTP/1.1 101"));
  EXPECT_EQ(ann.texts(), "");
  ASSERT_EQ(asked.questions.size(), 1) << "once";
  answer({.is_allowed = false, .reason = "banned"});
  EXPECT_EQ(ann.texts().find("joined"), std::string::npos);
}

TEST_F(HookDeskTest, AConnectionThatIsNotLetInIsClosed) {
  settings.session.hooks.connect = true;
  Peer ann = open();
  answer({.is_allowed = false, .reason = "banned"});
  EXPECT_NE(ann.texts().find("banned"), std::string::npos);
  ann.finish();
  run();
  Peer bob = open();
  answer({.is_allowed = false, .is_down = true});
  bob.finish();
  run();
  EXPECT_EQ(endings.codes, (std::vector<std::uint16_t>{4003, 4105}));
}

TEST_F(HookDeskTest, WhatAnAnswerGrantsIsNotAskedAgain) {
  settings.session.hooks.connect = true;
  Peer ann = open();
  answer(
      {.is_allowed = true, .user_id = "ann", .permissions = R"({"rooms":{"club:*":["join"],"club:1":["publish"]}})"});
  for (const char* const room : {"club:1", "club:2"})
    ann.join(room, "ann");
  run();
  EXPECT_EQ(asked.questions.size(), 0);
  ann.frames();
  ann.broadcast("club:1", "1");
  run();
  EXPECT_EQ(ann.contents(), "1");
  ann.broadcast("club:2", "2");
  run();
  EXPECT_EQ(asked.questions.size(), 1) << "that it may not without being asked";
}

TEST_F(HookDeskTest, WithoutHooksNobodyIsAsked) {
  settings.session.hooks.is_on = false;
  Peer ann = open();
  ann.join("club:1", "ann");
  run();
  EXPECT_TRUE(ann.texts().starts_with(R"({"type":"joined")"));
  EXPECT_EQ(asked.questions.size(), 0);
}

}  // namespace
}  // namespace switchboard::shard
