// A publish that waits, or travels to another thread: copies of all that one views. The one place where the fields of a
// message on its way to its broker are copied.
#pragma once

#include <string>

#include "broker/broker.h"

namespace switchboard::broker {

class HeldPublish {
 public:
  HeldPublish() = default;
  explicit HeldPublish(const Publish& publish)
      : room_id_(publish.room_id),
        content_(publish.content),
        sender_(publish.sender),
        to_(publish.to),
        dedup_(publish.dedup),
        command_id_(publish.command_id),
        origin_(publish.origin),
        echo_(publish.echo) {}

  /// Views of this one.
  Publish view() const {
    return {.room_id = room_id_,
            .content = content_,
            .sender = sender_,
            .to = to_,
            .dedup = dedup_,
            .command_id = command_id_,
            .origin = origin_,
            .echo = echo_};
  }

 private:
  std::string room_id_;
  std::string content_;
  std::string sender_;
  std::string to_;
  std::string dedup_;
  std::string command_id_;
  Origin origin_;
  bool echo_ = true;
};

}  // namespace switchboard::broker
