// Checks what a server sends to one client, byte for byte: one HTTP response, and after a 101 a well-formed sequence of
// frames (RFC 6455 section 5.2, RFC 7692 section 6) whose texts are JSON, with nothing behind a Close.
#pragma once

#include <string>
#include <string_view>

namespace switchboard::fuzz {

class ServerOutput {
 public:
  /// Messages may hold anything: they are echoes.
  void set_any_content(bool any) { any_content_ = any; }
  void take(std::string_view bytes);

  bool is_websocket() const { return state_ == State::kFrames || state_ == State::kClosed; }
  bool deflates() const { return deflates_; }

 private:
  enum class State { kHead, kBody, kFrames, kClosed };

  bool take_head();
  bool take_frame();
  void check_frame(unsigned first_byte, std::string_view payload);

  State state_ = State::kHead;
  bool any_content_ = false;
  bool deflates_ = false;
  std::size_t body_bytes_left_ = 0;
  std::string pending_;
};

}  // namespace switchboard::fuzz
