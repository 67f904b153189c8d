// What a session needs of the wire under it: all that it knows of how its words reach the client. A connection is one;
// so is whatever else carries a conversation, and a test's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/static_text.h"

namespace switchboard::session {

class Outlet {
 public:
  /// One message to the client, behind all others; copied. (What a room has to say does not come this way.) Between
  /// `Session::begin` and its being over.
  virtual void send(std::string_view text) = 0;
  /// What was sent and has not left: a session stops obeying commands while too much waits. O(1).
  virtual std::size_t waiting_bytes() const = 0;
  /// Tells the client why, if it can be told, and takes nothing more from it; calls `Session::on_over` before it
  /// returns. Harmless when that has been. `code`: of protocol/close_code.h.
  virtual void close(std::uint16_t code, StaticText reason) = 0;

 protected:
  ~Outlet() = default;
};

}  // namespace switchboard::session
