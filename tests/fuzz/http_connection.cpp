// An HTTP connection: whatever the split, the same requests are understood and the same answers given, one for each,
// until it ends. (Who waits to be told to go on is told so or not, depending on the split.)
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "fuzz/byte_script.h"
#include "http/server_connection.h"

namespace switchboard::fuzz {
namespace {

using Phase = http::ServerConnection::Phase;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::size_t kBodyBytesMax[] = {1'000, 0, 1, 20};
constexpr std::size_t kHeadBytesMax = 512;

class Server {
 public:
  explicit Server(std::size_t body_bytes_max) : body_bytes_max_(body_bytes_max) {}

  void say(std::string_view bytes) {
    while (!bytes.empty()) {
      settle();
      if (!connection_.wants_input()) return;
      // At most so much is read at once, as from a socket.
      const OwnMemory memory(bytes.substr(0, 4'096));
      connection_.receive(memory.view(), Instant(), 0);
      bytes.remove_prefix(memory.view().size());
    }
    settle();
  }
  std::string end() {
    settle();
    if (connection_.phase() != Phase::kOver) connection_.on_input_end(Instant());
    settle();
    SB_ASSERT(connection_.is_over() || connection_.wants_finish());
    for (std::size_t at = 0; (at = output_.find(kContinue, at)) != std::string::npos;)
      output_.erase(at, kContinue.size());
    return output_;
  }

 private:
  void settle() {
    while (true) {
      if (!connection_.outbox().empty()) {
        output_ += connection_.outbox();
        connection_.consume(connection_.outbox().size(), Instant(), 0);
      } else if (connection_.phase() == Phase::kDecide) {
        SB_ASSERT(connection_.request().has_body());
        connection_.take_body(body_bytes_max_, Instant(), 0);
      } else if (connection_.phase() == Phase::kRequest) {
        answer();
      } else {
        return;
      }
    }
  }
  void answer() {
    const http::Request& request = connection_.request();
    SB_ASSERT(connection_.body().size() <= body_bytes_max_);
    SB_ASSERT(request.is_chunked || connection_.body().size() == request.content_length);
    std::string body = std::string(request.method) + " " + std::string(request.target) + "\n";
    for (const http::RequestField& field : request.fields)
      body.append(field.name).append("=").append(field.value).append("\n");
    body.append(connection_.body());
    const std::size_t before = output_.size();
    connection_.answer({.body = body}, Instant(), 0);
    SB_ASSERT(connection_.phase() == Phase::kWrite && connection_.outbox().starts_with("HTTP/1.1 200 "));
    SB_ASSERT(output_.size() == before);
  }

  std::size_t body_bytes_max_;
  http::ConnectionLimits limits_{.head_bytes_max = kHeadBytesMax, .ignored_bytes_max = 100, .requests_max = 20};
  http::ServerConnection connection_{limits_, Instant()};
  std::string output_;
};

std::string run(const std::vector<std::string_view>& pieces, std::size_t body_bytes_max) {
  Server server(body_bytes_max);
  for (const std::string_view piece : pieces)
    server.say(piece);
  return server.end();
}

}  // namespace
}  // namespace switchboard::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace switchboard::fuzz;
  ByteScript script(data, size);
  const std::size_t body_bytes_max = script.one_of(kBodyBytesMax);
  const Split split(script);
  const std::string_view bytes = script.rest();
  const std::string whole = run(Split().of(bytes), body_bytes_max);
  SB_ASSERT(run(split.of(bytes), body_bytes_max) == whole);
  return 0;
}
