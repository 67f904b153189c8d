#include "listen/connection_log.h"

#include <gtest/gtest.h>
#include <mutex>
#include <string>

#include "support/manual_clock.h"

namespace switchboard::listen {
namespace {

using std::chrono::milliseconds;

class ConnectionLogTest : public testing::Test {
 protected:
  void refuse_origin() { connections_.on_request_refused(peer_, "Origin", "https://evil.example", clock_.now()); }
  void refuse_api(std::string_view target, api::Refusal refusal, std::string_view key) {
    http::Request request;
    request.method = "GET";
    request.target = target;
    connections_.on_api_refused({.refusal = refusal, .peer = peer_, .request = request, .key = key}, clock_.now());
  }
  std::string lines() {
    EXPECT_TRUE(log_.flush(std::chrono::seconds(20)));
    const std::lock_guard lock(mutex_);
    return text_;
  }
  std::size_t count(std::string_view part) {
    const std::string text = lines();
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
      ++found;
    return found;
  }

  test::ManualClock clock_;
  net::PeerAddress peer_;
  std::mutex mutex_;
  std::string text_;
  log::Log log_{{}, clock_, [this](std::string_view lines) {
                  const std::lock_guard lock(mutex_);
                  text_ += lines;
                  return lines.size();
                }};
  Admission admission_{{}, clock_};
  ConnectionLog connections_{log_, admission_};
};

TEST_F(ConnectionLogTest, RefusalsAreBoundedAndTheNextLineSaysHowManyWereNot) {
  connections_.set_refusals_per_second(2);
  refuse_origin();
  EXPECT_EQ(count("origin refused"), 1);
  refuse_origin();
  EXPECT_EQ(count("origin refused"), 2);
  for (int i = 0; i < 3; ++i)
    refuse_origin();
  EXPECT_EQ(count("origin refused"), 2);
  EXPECT_EQ(count("refusals not logged"), 0);
  clock_.advance(milliseconds(500));
  refuse_origin();
  EXPECT_EQ(count("origin refused"), 3);
  EXPECT_EQ(count("refusals not logged of=handshakes count=3"), 1);
  clock_.advance(milliseconds(500));
  refuse_origin();
  EXPECT_EQ(count("refusals not logged"), 1) << "they are told once";
}

TEST_F(ConnectionLogTest, OneKindDoesNotTakeThePlaceOfAnother) {
  connections_.set_refusals_per_second(1);
  refuse_origin();
  refuse_origin();
  refuse_api("/api/v1/server", api::Refusal::kNoKey, "none");
  EXPECT_EQ(count("api refused"), 1);
}

TEST_F(ConnectionLogTest, NoneAtAllWhereNoneAreWanted) {
  connections_.set_refusals_per_second(0);
  refuse_origin();
  refuse_api("/api/v1/server", api::Refusal::kNoKey, "none");
  EXPECT_EQ(lines(), "");
}

TEST_F(ConnectionLogTest, ARefusalOfTheApiNamesTheKeyAndThePathWithoutItsQuery) {
  refuse_api("/api/v1/rooms/chat%3A1/history?key=hunter2", api::Refusal::kRoom, "0a1b2c3d");
  const std::string text = lines();
  EXPECT_NE(text.find("api refused addr="), std::string::npos) << text;
  EXPECT_NE(text.find(" key=0a1b2c3d method=GET path=/api/v1/rooms/chat%3A1/history status=403 reason=room message="),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace switchboard::listen
