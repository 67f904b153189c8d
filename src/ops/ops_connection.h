// One connection to the ops port over one transport: moves bytes between it and an http::ServerConnection, and has
// requests answered. When it is over time, or must give way to others, is for its owner to ask. Knows nothing of what
// is asked for.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "http/request.h"
#include "http/response.h"
#include "http/server_connection.h"
#include "net/transport.h"

namespace switchboard::ops {

/// A response that holds its body.
struct OpsAnswer {
  int status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string body = {};
  std::vector<http::Field> fields = {};
};

class OpsConnection {
 public:
  using Answer = std::function<OpsAnswer(const http::Request&)>;
  /// `clock` must outlive it.
  OpsConnection(std::unique_ptr<net::Transport> transport, const Clock& clock);

  /// Edge-triggered: reads all there is, and writes the answers to what is asked. No request here has a body.
  void on_ready(const Answer& answer);

  /// Only destruction is left.
  bool is_over() const { return has_failed_ || http_.is_over(); }
  bool is_late(Instant now) const { return now >= http_.deadline(); }
  /// Whether this one should rather be ended than `other`, if one of them must be: one that has its answer first, then
  /// the one that has been in its phase for longer.
  bool gives_way_before(const OpsConnection& other) const;

 private:
  bool read();
  bool answer_one(const Answer& answer);
  bool write();
  bool has_answer() const;

  std::unique_ptr<net::Transport> transport_;
  const Clock& clock_;
  http::ServerConnection http_;
  bool has_finished_ = false;  // our side
  bool has_failed_ = false;
};

}  // namespace switchboard::ops
