// One shard's mailboxes to and from the store's threads. What is under way is bounded by what an answer ring holds, so
// no answer ever waits for room.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/mailbox.h"
#include "broker/sqlite/doorbell.h"
#include "broker/sqlite/opened_file.h"
#include "broker/store.h"

namespace switchboard::broker {

inline constexpr std::size_t kReaderThreads = 2;

class SqliteChannel final : public StoreChannel {
 public:
  /// What a thread of the store takes, and answers.
  struct Request {
    StoreRequest request;
    std::size_t bytes = 0;
  };
  struct Answer {
    StoreAnswer answer;
    std::size_t bytes = 0;  // of the request
  };
  struct Lane {
    explicit Lane(std::size_t requests_max) : requests(requests_max), answers(requests_max) {}
    Mailbox<Request> requests;  // to the store's thread
    Mailbox<Answer> answers;    // and from it
    Doorbell* doorbell = nullptr;
    std::size_t under_way = 0;  // the shard's count
    bool is_new = false;        // since the last flush
  };

  explicit SqliteChannel(std::uint64_t pending_bytes_max);

  // The shard.
  bool submit(StoreRequest&& request) override;
  std::optional<StoreAnswer> take() override;
  bool has_answer() override;
  std::uint32_t opening() override { return opened_ == nullptr ? 1 : opened_->number(); }
  void flush() override;

  /// Before the store's threads start.
  void use(const OpenedFile& opened) { opened_ = &opened; }

  // The store's threads, each its own. Doorbells are set before they start.
  Lane& writing() { return lanes_[0]; }
  Lane& reading(std::size_t reader) { return lanes_[1 + reader]; }

 private:
  std::array<Lane, 1 + kReaderThreads> lanes_;
  const OpenedFile* opened_ = nullptr;
  const std::uint64_t pending_bytes_max_;
  std::uint64_t pending_bytes_ = 0;
  std::size_t next_reader_ = 0;
  std::size_t next_lane_ = 0;
};

}  // namespace switchboard::broker
