#include "api/operation.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <variant>

#include "api/answer.h"

namespace switchboard::api {
namespace {

class OperationTest : public testing::Test {
 protected:
  static http::Request request(std::string_view method, std::string_view target) {
    http::Request made;
    made.method = method;
    made.target = target;
    return made;
  }
  /// "404 not_found", or the name in the path.
  std::string target(std::string_view method, std::string_view path) {
    const auto found = target_of(request(method, path));
    return found ? "to " + found->name : std::to_string(found.error().status) + " " + std::string(found.error().code);
  }
  std::expected<Operation, Problem> operation(std::string_view method, std::string_view path,
                                              std::string_view body = "", std::vector<http::RequestField> fields = {}) {
    http::Request made = request(method, path);
    made.fields = std::move(fields);
    const auto found = target_of(made);
    EXPECT_TRUE(found);
    return read_operation(*found, made, body, {.content_bytes_max = 100, .json_depth_max = 8});
  }
  std::string problem(std::string_view method, std::string_view path, std::string_view body = "",
                      std::vector<http::RequestField> fields = {}) {
    const auto read = operation(method, path, body, std::move(fields));
    return read ? "none" : std::to_string(read.error().status) + " " + read.error().detail;
  }
  Message message(std::string_view body, std::vector<http::RequestField> fields = {}) {
    const auto read = operation("POST", "/api/v1/publish", body, std::move(fields));
    EXPECT_TRUE(read) << read.error().detail;
    return read ? std::get<PublishOne>(*read).message : Message();
  }
};

TEST_F(OperationTest, PathsAndMethods) {
  EXPECT_EQ(target("POST", "/api/v1/publish"), "to ");
  EXPECT_EQ(target("GET", "/api/v1/rooms/chat:1/history?limit=1"), "to chat:1");
  EXPECT_EQ(target("HEAD", "/api/v1/rooms/a/presence"), "to a");
  EXPECT_EQ(target("GET", "/api/v1/rooms?limit=1"), "to ");
  EXPECT_EQ(target("GET", "/api/v1/publish"), "405 bad_method");
  EXPECT_EQ(target("DELETE", "/api/v1/server"), "405 bad_method");
  EXPECT_EQ(target("BREW", "/api/v1/server"), "501 bad_method");
  for (const char* path : {"/", "/api/v1", "/api/v1/", "/api/v2/publish", "/api/v1/publish/", "/api/v1/publish/x",
                           "/api/v1/room", "/api/v1/rooms/", "/api/v1/rooms/a", "/api/v1/rooms/a/history/b",
                           "/api/v1/rooms//history/", "/api/v1/Publish", "//api/v1/publish"}) {
    EXPECT_EQ(target("GET", path), "404 not_found") << path;
  }
}

TEST_F(OperationTest, ANameInAPathIsOneSegment) {
  EXPECT_EQ(target("GET", "/api/v1/rooms/a%2Fb%20c/history"), "to a/b c");
  EXPECT_EQ(target("GET", "/api/v1/rooms/caf%C3%A9/history"), "to caf\xC3\xA9");
  EXPECT_EQ(target("GET", "/api/v1/rooms/a+b/history"), "to a+b");
  for (const char* name : {"%", "%2", "%zz", "%FF", "%00", "%40bob", "@bob"})
    EXPECT_EQ(target("GET", "/api/v1/rooms/" + std::string(name) + "/history"), "400 bad_request") << name;
  EXPECT_EQ(target("POST", "/api/v1/users/@bob/disconnect"), "to @bob") << "a user may be called so";
  EXPECT_EQ(target("GET", "/api/v1/rooms/" + std::string(255, 'x') + "/history"), "to " + std::string(255, 'x'));
  EXPECT_EQ(target("GET", "/api/v1/rooms/" + std::string(256, 'x') + "/history"), "400 bad_request");
}

TEST_F(OperationTest, AMessageIsToARoomOrAUser) {
  const Message room = message(R"({"room_id":"r\u0031","content": {"a": 1.50} ,"dedup":"d","sender":"bot"})");
  EXPECT_EQ(room.room_id, "r1");
  EXPECT_EQ(room.content, R"({"a": 1.50})") << "byte for byte";
  EXPECT_EQ(room.dedup, "d");
  EXPECT_EQ(room.sender, "bot");
  EXPECT_EQ(message(R"({"user_id":"bob","content":null})").room_id, "@bob");
}

TEST_F(OperationTest, WhatIsNoMessageIsSaid) {
  const auto of = [this](std::string_view body) { return problem("POST", "/api/v1/publish", body); };
  EXPECT_EQ(of(""), "400 a message is not a JSON object");
  EXPECT_EQ(of("[]"), "400 a message is not a JSON object");
  EXPECT_EQ(of(R"({"room_id":"r","content":1)"), "400 a message is not valid JSON");
  EXPECT_EQ(of("{\"room_id\":\"r\",\"content\":\"\xFF\"}"), "400 a message is not valid UTF-8");
  EXPECT_EQ(of(R"({"room_id":"r","content":1,"content":2})"), "400 a message has \"content\" more than once");
  EXPECT_EQ(of(R"({"room_id":"r","contnet":1})"),
            "400 \"contnet\" is not known; a message has room_id or user_id, content, dedup and sender");
  EXPECT_EQ(of(R"({"content":1})"), "400 a message has either `room_id` or `user_id`");
  EXPECT_EQ(of(R"({"room_id":"r","user_id":"u","content":1})"), "400 a message has either `room_id` or `user_id`");
  EXPECT_EQ(of(R"({"room_id":7,"content":1})"), "400 `room_id` must be a string");
  EXPECT_EQ(of(R"({"room_id":"","content":1})"), "400 `room_id` must not be empty");
  EXPECT_EQ(of(R"({"room_id":"@bob","content":1})"), "400 `room_id` begins with `@`, which is for users' own rooms");
  EXPECT_EQ(of(R"({"room_id":"a\u0000","content":1})"), "400 `room_id` has a control character");
  EXPECT_EQ(of(R"({"room_id":"r"})"), "400 `content` is missing");
  EXPECT_EQ(of(R"({"room_id":"r","content":1,"dedup":""})"), "400 `dedup` must have 1 to 64 bytes");
  EXPECT_EQ(of(R"({"room_id":"r","content":1,"dedup":7})"), "400 `dedup` must be a string");
  EXPECT_EQ(of(R"({"room_id":"r","content":1,"sender":"\n"})"), "400 `sender` has a control character");
  EXPECT_EQ(of(R"({"room_id":"r","content":")" + std::string(98, 'x') + "\"}"), "none");
  EXPECT_EQ(of(R"({"room_id":"r","content":")" + std::string(99, 'x') + "\"}"),
            "413 `content` has more than 100 bytes (setting limits.message_bytes_max)");
  EXPECT_EQ(of(R"({"room_id":"r","content":[[[[[[[]]]]]]]})"), "none");
  EXPECT_EQ(of(R"({"room_id":"r","content":[[[[[[[[]]]]]]]]})"), "400 a message is not valid JSON") << "too deep";
}

TEST_F(OperationTest, ABodyIsJson) {
  const std::string body = R"({"room_id":"r","content":1})";
  for (const char* type : {"application/json", "Application/JSON", "application/json; charset=utf-8"})
    EXPECT_EQ(problem("POST", "/api/v1/publish", body, {{"Content-Type", type}}), "none") << type;
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "application/jsonp"})
    EXPECT_EQ(problem("POST", "/api/v1/publish", body, {{"Content-Type", type}}),
              "415 the body must be application/json");
}

TEST_F(OperationTest, AnIdempotencyKeyIsADedup) {
  const std::string body = R"({"room_id":"r","content":1})";
  EXPECT_EQ(message(body, {{"Idempotency-Key", "k1"}}).dedup, "k1");
  EXPECT_EQ(message(body, {{"Idempotency-Key", "\"k1\""}}).dedup, "k1");
  EXPECT_EQ(message(R"({"room_id":"r","content":1,"dedup":"k1"})", {{"Idempotency-Key", "k1"}}).dedup, "k1");
  EXPECT_EQ(
      problem("POST", "/api/v1/publish", R"({"room_id":"r","content":1,"dedup":"k2"})", {{"Idempotency-Key", "k1"}}),
      "400 Idempotency-Key and `dedup` say different things");
  EXPECT_EQ(problem("POST", "/api/v1/publish", body, {{"Idempotency-Key", std::string(65, 'x')}}),
            "400 Idempotency-Key must be one text of 1 to 64 printable ASCII characters");
}

TEST_F(OperationTest, ABatchIsAListOfMessages) {
  const auto of = [this](std::string_view body) { return problem("POST", "/api/v1/batch", body); };
  const auto read =
      operation("POST", "/api/v1/batch", R"({"messages":[{"room_id":"a","content":1},{"user_id":"b","content":2}]})");
  ASSERT_TRUE(read) << read.error().detail;
  const auto& messages = std::get<PublishBatch>(*read).messages;
  ASSERT_EQ(messages.size(), 2);
  EXPECT_EQ(messages[1].room_id, "@b");
  EXPECT_EQ(of("[]"), "400 the body is not a JSON object");
  EXPECT_EQ(of("{}"), "400 the body must be an object with a list `messages`, and nothing else");
  EXPECT_EQ(of(R"({"messages":[]})"), "400 `messages` is empty");
  EXPECT_EQ(of(R"({"messages":[{"room_id":"a","content":1},7]})"), "400 messages[1]: a message is not a JSON object");
  const auto many = [](std::size_t count) {
    std::string body = R"({"messages":[)";
    for (std::size_t i = 0; i < count; ++i)
      body += (i == 0 ? "" : ",") + std::string(R"({"room_id":"a","content":1})");
    return body + "]}";
  };
  EXPECT_EQ(of(many(kBatchMessagesMax)), "none");
  EXPECT_EQ(of(many(kBatchMessagesMax + 1)), "413 `messages` has more than 1000 messages");
}

TEST_F(OperationTest, ParametersOfAQuery) {
  const auto read = operation("GET", "/api/v1/rooms/r/history?limit=7&before=12");
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<ReadHistory>(*read).limit, 7);
  EXPECT_EQ(std::get<ReadHistory>(*read).before, Seq{12});
  const auto list = operation("GET", "/api/v1/rooms/r/presence?next=a%26b&limit=1000");
  ASSERT_TRUE(list);
  EXPECT_EQ(std::get<ReadPresence>(*list).next, "a&b");
  const auto of = [this](std::string_view query) {
    return problem("GET", "/api/v1/rooms/r/history?" + std::string(query));
  };
  EXPECT_EQ(of("limit=0"), "400 `limit` must be a whole number from 1 to 1000");
  EXPECT_EQ(of("limit=1001"), "400 `limit` must be a whole number from 1 to 1000");
  EXPECT_EQ(of("limit=x"), "400 `limit` must be a whole number from 1 to 1000");
  EXPECT_EQ(of("limit"), "400 `limit` must be a whole number from 1 to 1000");
  EXPECT_EQ(of("limt=1"), "400 \"limt\" is not known; there are before, after and limit");
  EXPECT_EQ(of("before=1&before=2"), "400 the query has \"before\" twice");
  EXPECT_EQ(of("before=1&after=2"), "400 `before` and `after` cannot go together");
  EXPECT_EQ(of("before=0"), "400 `before` must be a whole number from 1 to 9223372036854775806");
  EXPECT_EQ(of("%ff=1"), "400 \"\\xff\" is not known; there are before, after and limit");
  EXPECT_EQ(of("%zz=1"), "400 the query has an escape that is none");
}

TEST_F(OperationTest, OneContentForManyRoomsAndUsers) {
  const auto read = operation("POST", "/api/v1/broadcast",
                              R"({"user_ids":["b"],"room_ids":["r","a"],"content":{"x": 1},"sender":"s"})",
                              {{"Idempotency-Key", "k"}});
  ASSERT_TRUE(read) << read.error().detail;
  const auto& batch = std::get<PublishBatch>(*read);
  EXPECT_EQ(batch.content, R"({"x": 1})");
  ASSERT_EQ(batch.messages.size(), 3);
  EXPECT_EQ(batch.messages[0].room_id, "r");
  EXPECT_EQ(batch.messages[2].room_id, "@b");
  EXPECT_EQ(batch.messages[2].dedup, "k");
  EXPECT_EQ(batch.messages[2].sender, "s");
  EXPECT_EQ(batch.messages[2].content, "");
  const auto of = [this](std::string_view body) { return problem("POST", "/api/v1/broadcast", body); };
  EXPECT_EQ(of("[]"), "400 the body is not a JSON object");
  EXPECT_EQ(of(R"({"content":1})"), "400 there is nobody in `room_ids` and `user_ids`");
  EXPECT_EQ(of(R"({"room_ids":[],"user_ids":[],"content":1})"), "400 there is nobody in `room_ids` and `user_ids`");
  EXPECT_EQ(of(R"({"room_ids":["r"]})"), "400 `content` is missing");
  EXPECT_EQ(of(R"({"room_ids":"r","content":1})"), "400 `room_ids` must be a list");
  EXPECT_EQ(of(R"({"room_ids":["r",7],"content":1})"), "400 room_ids[1] must be a string");
  EXPECT_EQ(of(R"({"room_ids":["@u"],"content":1})"), "400 room_ids[0] begins with `@`, which is for users' own rooms");
  EXPECT_EQ(of(R"({"user_ids":["@u"],"content":1})"), "none");
  EXPECT_EQ(of(R"({"user_ids":["u",""],"content":1})"), "400 user_ids[1] must not be empty");
  EXPECT_EQ(of(R"({"room_id":"r","content":1})"),
            "400 \"room_id\" is not known; there are room_ids, user_ids, content, dedup and sender");
  EXPECT_EQ(of(R"({"room_ids":["r"],"content":")" + std::string(99, 'x') + "\"}"),
            "413 `content` has more than 100 bytes (setting limits.message_bytes_max)");
  const auto many = [](std::size_t rooms, std::size_t users) {
    std::string body = R"({"content":1,"room_ids":["r")";
    for (std::size_t i = 1; i < rooms; ++i)
      body += R"(,"r")";
    body += R"(],"user_ids":["u")";
    for (std::size_t i = 1; i < users; ++i)
      body += R"(,"u")";
    return body + "]}";
  };
  EXPECT_EQ(of(many(kBatchMessagesMax - 1, 1)), "none");
  EXPECT_EQ(of(many(kBatchMessagesMax, 1)), "413 `room_ids` and `user_ids` have more than 1000 together");
}

TEST_F(OperationTest, WhichRoomAUserIsToJoinOrLeave) {
  const auto in = operation("POST", "/api/v1/users/bob/join", R"({"room_id":"r"})");
  ASSERT_TRUE(in);
  EXPECT_EQ(std::get<JoinUser>(*in).user_id, "bob");
  EXPECT_EQ(std::get<JoinUser>(*in).room_id, "r");
  EXPECT_EQ(std::get<LeaveUser>(*operation("POST", "/api/v1/users/bob/leave", R"({"room_id":"r"})")).room_id, "r");
  const auto of = [this](std::string_view body) { return problem("POST", "/api/v1/users/bob/join", body); };
  EXPECT_EQ(of(""), "400 the body is not a JSON object");
  EXPECT_EQ(of("{}"), "400 the body must be an object with `room_id`, and nothing else");
  EXPECT_EQ(of(R"({"room_id":"r","since":1})"), "400 the body must be an object with `room_id`, and nothing else");
  EXPECT_EQ(of(R"({"room_id":7})"), "400 `room_id` must be a string");
  EXPECT_EQ(of(R"({"room_id":"@me"})"), "400 `room_id` begins with `@`, which is for users' own rooms");
}

TEST_F(OperationTest, ParametersOfAListOfConnections) {
  const auto read = operation("GET", "/api/v1/users/bob%20c/connections?limit=7");
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<ReadConnections>(*read).user_id, "bob c");
  EXPECT_EQ(std::get<ReadConnections>(*read).limit, 7);
  EXPECT_EQ(problem("GET", "/api/v1/users/u/connections?limit=1001"),
            "400 `limit` must be a whole number from 1 to 1000");
  EXPECT_EQ(problem("GET", "/api/v1/users/u/connections?after=1"), "400 \"after\" is not known; there is limit");
}

TEST_F(OperationTest, ParametersOfAListOfRooms) {
  const auto read = operation("GET", "/api/v1/rooms?prefix=chat%3A&after=chat:1&limit=1000");
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<ReadRooms>(*read).prefix, "chat:");
  EXPECT_EQ(std::get<ReadRooms>(*read).after, "chat:1");
  EXPECT_EQ(std::get<ReadRooms>(*read).limit, 1'000);
  EXPECT_EQ(std::get<ReadRooms>(*operation("GET", "/api/v1/rooms")).limit, 100);
  const auto of = [this](std::string_view query) { return problem("GET", "/api/v1/rooms?" + std::string(query)); };
  EXPECT_EQ(of("limit=0"), "400 `limit` must be a whole number from 1 to 1000");
  EXPECT_EQ(of("limit=1001"), "400 `limit` must be a whole number from 1 to 1000");
  EXPECT_EQ(of("prefix="), "400 `prefix` must not be empty");
  EXPECT_EQ(of("prefix=@u"), "400 `prefix` begins with `@`, which is for users' own rooms");
  EXPECT_EQ(of("after=%ff"), "400 `after` is not UTF-8");
  EXPECT_EQ(of("next=a"), "400 \"next\" is not known; there are prefix, after and limit");
}

TEST(ApiAnswer, IsJson) {
  std::string out;
  append_outcome(out, {.refusal = {}, .seq = Seq{42}, .epoch = "k3", .ts = 5, .is_duplicate = true});
  EXPECT_EQ(out, R"({"seq":42,"epoch":"k3","ts":5,"duplicate":true})");
  const Outcome refused{.refusal = protocol::ErrorCode::kLimitReached, .seq = {}, .epoch = {}};
  EXPECT_EQ(batch_answer({refused, {.refusal = {}, .seq = Seq{1}, .epoch = "k", .ts = 2}}),
            R"({"results":[{"error":{"code":"limit_reached","detail":"the server has as many rooms as it may have"}},)"
            R"({"seq":1,"epoch":"k","ts":2}]})");
  EXPECT_EQ(rooms_answer({}, ""), R"({"rooms":[]})");
  const RoomCount rooms[] = {{.room_id = "a\"b", .connections = 2}, {.room_id = "c"}};
  EXPECT_EQ(rooms_answer(rooms, "c"),
            R"({"rooms":[{"room_id":"a\"b","connections":2},{"room_id":"c","connections":0}],"next":"c"})");
  const ConnectionInfo connections[] = {
      {.connection_id = "0-1-1", .address = "[::1]:7", .since = 5, .listener = "in\"", .rooms = 2}};
  EXPECT_EQ(connections_answer({}, false), R"({"connections":[],"more":false})");
  EXPECT_EQ(
      connections_answer(connections, true),
      R"({"connections":[{"conn_id":"0-1-1","address":"[::1]:7","since":5,"listener":"in\"","rooms":2}],"more":true})");
  const protocol::PresentUser users[] = {{.user_id = "a\"b", .connections = 2, .info = "[1]"}, {.user_id = "c"}};
  EXPECT_EQ(presence_answer({.room_id = "r", .id = {}, .count = 9, .users = users, .next = "c"}),
            R"({"room_id":"r","count":9,"users":[{"user_id":"a\"b","connections":2,"info":[1]},)"
            R"({"user_id":"c","connections":0}],"next":"c"})");
}

}  // namespace
}  // namespace switchboard::api
