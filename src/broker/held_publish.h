// A publish that waits, or travels to another thread: copies of all that one views. The one place where the fields of a
// message on its way to its broker are copied.
#pragma once

#include <cstddef>
#include <string>

#include "broker/publish.h"

namespace switchboard::broker {

/// What is put in order, without who asks for it.
struct HeldMessage {
  HeldMessage() = default;
  explicit HeldMessage(const Publish& publish)
      : room_id(publish.room_id),
        content(publish.content),
        sender(publish.sender),
        to(publish.to),
        dedup(publish.dedup) {}

  /// Of its strings.
  std::size_t text_bytes() const { return room_id.size() + content.size() + sender.size() + to.size() + dedup.size(); }

  std::string room_id;
  std::string content;
  std::string sender;
  std::string to;
  std::string dedup;
};

class HeldPublish {
 public:
  HeldPublish() = default;
  explicit HeldPublish(const Publish& publish)
      : message_(publish), command_id_(publish.command_id), origin_(publish.origin), echo_(publish.echo) {}

  /// Views of this one.
  Publish view() const {
    return {.room_id = message_.room_id,
            .content = message_.content,
            .sender = message_.sender,
            .to = message_.to,
            .dedup = message_.dedup,
            .command_id = command_id_,
            .origin = origin_,
            .echo = echo_};
  }

 private:
  HeldMessage message_;
  std::string command_id_;
  Origin origin_;
  bool echo_ = true;
};

}  // namespace switchboard::broker
