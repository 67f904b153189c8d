// One HTTP/1.1 connection as its server sees it, as a machine: bytes in, requests and bytes out (RFC 9112). Requests
// are answered one after the other, in the order in which they came; whoever sends several at once waits. It bounds
// what a peer can make it hold and knows how long each phase may take. Knows neither sockets nor what is asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "http/body_decoder.h"
#include "http/request_parser.h"
#include "http/response.h"

namespace switchboard::http {

struct ConnectionLimits {
  std::size_t head_bytes_max = 8'192;
  /// Behind the last answer a peer may send so much, unread by anybody, before it is cut off.
  std::size_t ignored_bytes_max = 65'536;
  /// The answer to that one is the last.
  std::uint32_t requests_max = 1'000;
  // From the beginning of each phase, whatever the peer does meanwhile.
  Duration idle_time_max = std::chrono::seconds(60);
  Duration head_time_max = std::chrono::seconds(5);
  Duration body_time_max = std::chrono::seconds(10);
  Duration write_time_max = std::chrono::seconds(5);
  Duration linger_time_max = std::chrono::seconds(1);
};

class ServerConnection {
 public:
  enum class Phase : std::uint8_t {
    kIdle,     // another request may come
    kHead,     // its head is awaited: from the beginning of the connection, or since its first byte
    kDecide,   // the head is there, and a body is to come: `take_body`, or `answer` at once
    kBody,     // which is awaited
    kRequest,  // is to be answered
    kWrite,    // the answer is not all written yet
    kLinger,   // the last one is, and the peer may take it and close
    kOver,     // only destruction is left
  };

  ServerConnection(const ConnectionLimits& limits, Instant now);

  // --- bytes in ---
  /// False while what has come is to be dealt with first: then nothing should be read.
  bool wants_input() const;
  /// What has been read, at most what is held at a time. Only while `wants_input`.
  void receive(std::string_view bytes, Instant now, UnixMillis unix_ms);
  /// The peer has finished its side: what it has asked for is still answered.
  void on_input_end(Instant now);

  // --- requests ---
  Phase phase() const { return phase_; }
  /// In kDecide and kRequest; until `answer`.
  const Request& request() const { return *request_; }
  /// In kDecide: a body of at most so many bytes is read; a longer one gets 413. Who waits to be told so (Expect) is.
  void take_body(std::size_t bytes_max, Instant now, UnixMillis unix_ms);
  /// In kRequest; until `answer`.
  std::string_view body() const { return body_; }
  /// In kDecide and kRequest. Whether the connection goes on, and that HEAD has no body, is seen to here. What was not
  /// read of a body ends the connection.
  void answer(Response response, Instant now, UnixMillis unix_ms);

  // --- bytes out ---
  std::string_view outbox() const { return std::string_view(outbox_).substr(written_); }
  /// The socket has taken so many of them.
  void consume(std::size_t bytes, Instant now, UnixMillis unix_ms);
  /// Our side of the stream is to be finished. Closing while the peer still sends would reset the connection, and it
  /// might lose the answer: the peer closes first.
  bool wants_finish() const { return phase_ == Phase::kLinger; }

  // --- time ---
  /// When it is over time in its phase; never while it is to be answered.
  Instant deadline() const;
  /// Since when it is in its phase.
  Instant since() const { return since_; }
  bool is_over() const { return phase_ == Phase::kOver; }

 private:
  void enter(Phase phase, Instant now);
  void go_on(Instant now, UnixMillis unix_ms);
  std::size_t read_head(std::string_view bytes, Instant now, UnixMillis unix_ms);
  std::size_t read_body(std::string_view bytes, Instant now, UnixMillis unix_ms);
  void begin_request(Instant now, UnixMillis unix_ms);
  void refuse(const RequestError& error, Instant now, UnixMillis unix_ms);
  void end_answer(Instant now, UnixMillis unix_ms);

  ConnectionLimits limits_;
  Phase phase_ = Phase::kHead;
  Instant since_;
  std::optional<RequestParser> parser_;
  std::optional<Request> request_;
  std::optional<BodyDecoder> decoder_;
  std::string body_;
  std::string input_;  // what came and has not been looked at; less than was received at once
  std::string outbox_;
  std::size_t written_ = 0;
  std::size_t ignored_ = 0;
  std::uint32_t requests_ = 0;  // answered
  bool goes_on_ = false;        // behind the answer that is written
  bool peer_finished_ = false;
};

}  // namespace switchboard::http
