// A whole server on streams in memory and a client that says whatever a test wants: bytes in, bytes out. Nothing here
// looks inside the server; what a test sees is what clients see. Scripts are played whole and byte by byte, and both
// must come to the same. The server echoes, so that what it understood can be seen; tests of rooms say so.
#pragma once

#include <gtest/gtest.h>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/answers.h"
#include "conformance/request.h"
#include "session/echo_settings.h"
#include "shard/shard_driver.h"
#include "ws/client_frame.h"

namespace switchboard::conformance {

using namespace std::chrono_literals;
using shard::Peer;
using ws::client_fragment;
using ws::client_frame;
using ws::client_frame_of;
using ws::client_header;
using ws::Opcode;

inline std::string text(std::string_view payload) {
  return client_frame(Opcode::kText, payload);
}
inline std::string binary(std::string_view payload) {
  return client_frame(Opcode::kBinary, payload);
}
inline std::string ping(std::string_view payload = "") {
  return client_frame(Opcode::kPing, payload);
}
inline std::string pong(std::string_view payload = "") {
  return client_frame(Opcode::kPong, payload);
}
/// The next piece of a fragmented message, and its last.
inline std::string more(std::string_view payload) {
  return client_fragment(Opcode::kContinuation, payload);
}
inline std::string last(std::string_view payload) {
  return client_frame(Opcode::kContinuation, payload);
}
inline std::string close_body(int code, std::string_view reason = "") {
  std::string body{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  return body.append(reason);
}
inline std::string close(int code, std::string_view reason = "") {
  return client_frame(Opcode::kClose, close_body(code, reason));
}

class ServerTest : public shard::ShardTest {
 protected:
  ServerTest() { settings.session = session::echo_settings(); }

  /// A server with other settings from here on. Nobody may be connected.
  void use(const session::SessionSettings& session) {
    shards.clear();
    settings.session = session;
  }
  /// The server as it is to serve rooms.
  void use_rooms() { use(session::SessionSettings{}); }

  /// The answer to a request.
  Response ask(const Request& request) { return ask_bytes(request.bytes()); }
  Response ask_bytes(std::string_view bytes) {
    Response whole = respond({bytes});
    if (bytes.size() <= kPlayedByteByByteMax) {
      std::vector<std::string_view> singles;
      for (std::size_t i = 0; i < bytes.size(); ++i)
        singles.push_back(bytes.substr(i, 1));
      EXPECT_EQ(respond(singles).head(), whole.head()) << "byte by byte";
    }
    return whole;
  }

  /// What a client that has done `request` reads after it has sent these bytes.
  Answers answers(std::string_view bytes, const Request& request = {}) {
    Answers whole = play(request, {bytes});
    if (bytes.size() <= kPlayedByteByByteMax) {
      std::vector<std::string_view> singles;
      for (std::size_t i = 0; i < bytes.size(); ++i)
        singles.push_back(bytes.substr(i, 1));
      EXPECT_EQ(play(request, singles), whole) << "byte by byte";
    }
    return whole;
  }

  /// A client whose handshake is done.
  Peer client(const Request& request = {}) { return open(0, request.bytes()); }
  /// Gives bytes and lets the server come to rest.
  void send(Peer& peer, std::string_view bytes) {
    for (std::size_t at = 0; at < bytes.size(); at += kSegmentBytes) {
      peer.give(bytes.substr(at, kSegmentBytes));
      run();
    }
  }
  /// What it has read since the last look.
  Answers read(Peer& peer) { return read_answers(*peer.stream); }

  static constexpr std::size_t kPlayedByteByByteMax = 70'000;
  static constexpr std::size_t kSegmentBytes = 65'536;

 private:
  Response respond(const std::vector<std::string_view>& pieces) {
    Peer peer = connect();
    for (const std::string_view piece : pieces)
      send(peer, piece);
    Response response(peer.stream->from_server);
    response.is_over = peer.stream->finished || peer.is_gone();
    leave_behind(peer);
    return response;
  }
  Answers play(const Request& request, const std::vector<std::string_view>& pieces) {
    Peer peer = client(request);
    for (const std::string_view piece : pieces)
      send(peer, piece);
    Answers seen = read(peer);
    leave_behind(peer);
    return seen;
  }
  void leave_behind(Peer& peer) {
    peer.reset();
    run();
    EXPECT_TRUE(peer.is_gone());
  }
};

/// What a client reads when the server fails the connection: the Close frame, then the end of the stream. The client
/// is not heard any more.
inline Answers failed(int code) {
  return {"close " + std::to_string(code), "fin"};
}
inline Answers failed_after(Answers before, int code) {
  for (std::string& answer : failed(code))
    before.push_back(std::move(answer));
  return before;
}

}  // namespace switchboard::conformance
