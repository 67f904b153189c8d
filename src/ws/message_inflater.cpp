#include "ws/message_inflater.h"

#include <algorithm>
#include <simdjson.h>

namespace switchboard::ws {

namespace {

constexpr std::string_view kTail("\x00\x00\xff\xff", 4);  // section 7.2.2: the sender has cut it off
constexpr Failure kInvalidData{close::kInvalidPayload, "A compressed message is not valid deflate data."};
constexpr Failure kRefersToEarlier{
    close::kInvalidPayload,
    "A compressed message refers back to an earlier one, though client_no_context_takeover was agreed."};
constexpr Failure kRefersBeyondWindow{close::kInvalidPayload,
                                      "A compressed message refers back further than the window that was agreed."};
static_assert(kRefersToEarlier.reason.size() <= 123 && kRefersBeyondWindow.reason.size() <= 123);

}  // namespace

/// Inflated bytes on their way: they stay in the scratch memory as long as they fit.
class MessageInflater::Output {
 public:
  Output(std::span<char> scratch, const Target& target) : scratch_(scratch), target_(target) {}

  std::span<char> room() { return scratch_.subspan(used_); }

  /// So many bytes were written to `room()`.
  std::expected<void, Failure> wrote(std::size_t bytes) {
    used_ += bytes;
    if (used_ == scratch_.size() || is_too_large()) return spill();
    return {};
  }

  /// Moves everything to the buffer.
  std::expected<void, Failure> spill() {
    const std::size_t wanted = std::min<std::size_t>(used_, target_.bytes_max - target_.buffer.size());
    const std::string_view bytes(scratch_.data(), wanted);
    if (target_.utf8 != nullptr && !target_.utf8->feed(bytes)) return std::unexpected(kInvalidText);
    if (is_too_large()) return std::unexpected(kMessageTooLarge);
    target_.buffer.append(bytes, target_.bytes_max);
    used_ = 0;
    return {};
  }

  /// The whole message.
  std::expected<std::string_view, Failure> finish() {
    if (target_.buffer.size() == 0) {
      const std::string_view message(scratch_.data(), used_);
      if (target_.utf8 != nullptr && !simdjson::validate_utf8(message)) return std::unexpected(kInvalidText);
      return message;
    }
    if (const auto spilled = spill(); !spilled) return std::unexpected(spilled.error());
    if (target_.utf8 != nullptr && !target_.utf8->complete()) return std::unexpected(kInvalidText);
    return target_.buffer.view();
  }

 private:
  bool is_too_large() const { return target_.buffer.size() + used_ > target_.bytes_max; }

  std::span<char> scratch_;
  const Target& target_;
  std::size_t used_ = 0;
};

MessageInflater::MessageInflater(InflaterPool& pool, std::uint8_t takeover_window_bits)
    : pool_(&pool), lent_(nullptr, {&pool}), takeover_window_bits_(takeover_window_bits) {}

std::expected<std::string_view, Failure> MessageInflater::take(std::string_view bytes, bool last,
                                                               const Target& target) {
  compressed_bytes_ += bytes.size();
  // Batches begin at multiples of their size in the message and with empty scratch memory: zlib is called in the same
  // way, and the outcome is the same, whatever the pieces are.
  if (!last && pending_.size() + bytes.size() < kBatchBytes) {
    pending_.append(bytes);
    return std::string_view{};
  }

  Output output(pool_->scratch(), target);
  std::expected<void, Failure> inflated;
  while (inflated && pending_.size() + bytes.size() >= kBatchBytes) {
    const std::string_view front = bytes.substr(0, kBatchBytes - pending_.size());
    bytes.remove_prefix(front.size());
    if (!pending_.empty()) pending_.append(front);
    inflated = inflate(pending_.empty() ? front : pending_, output);
    if (inflated) inflated = output.spill();
    pending_.clear();
  }
  if (!last) {
    pending_.append(bytes);
    if (!inflated) return std::unexpected(inflated.error());
    return std::string_view{};
  }
  if (!pending_.empty()) pending_.append(bytes);
  if (inflated) inflated = inflate(pending_.empty() ? bytes : pending_, output);
  if (inflated) inflated = end(output);
  pending_.clear();
  compressed_bytes_ = 0;
  lent_.reset();
  if (!inflated) return std::unexpected(inflated.error());
  return output.finish();
}

std::expected<void, Failure> MessageInflater::inflate(std::string_view input, Output& output) {
  Inflater& from = inflater();
  while (true) {
    const std::span<char> room = output.room();
    const auto [written, valid] = from.inflate(input, room);
    if (const auto taken = output.wrote(written); !taken) return taken;
    if (!valid) return std::unexpected(invalid_data());
    if (input.empty() && written < room.size()) return {};
  }
}

/// The sender has cut off the end of the last block. It may not be missing where there is no such block: when nothing
/// came at all (some compressors make nothing of nothing), and when a block marked as the last one was not padded.
std::expected<void, Failure> MessageInflater::end(Output& output) {
  if (compressed_bytes_ == 0 || inflater().after_final_block()) return {};
  if (const auto inflated = inflate(kTail, output); !inflated) return inflated;
  if (!inflater().at_block_boundary()) return std::unexpected(kInvalidData);
  return {};
}

/// The inflater has just said that the data is not valid.
Failure MessageInflater::invalid_data() {
  if (!inflater().refers_too_far_back()) return kInvalidData;
  return takeover_window_bits_ > 0 ? kRefersBeyondWindow : kRefersToEarlier;
}

Inflater& MessageInflater::inflater() {
  if (takeover_window_bits_ > 0) {
    if (!own_) own_ = std::make_unique<Inflater>(takeover_window_bits_);
    return *own_;
  }
  if (!lent_) lent_ = pool_->lend();
  return *lent_;
}

}  // namespace switchboard::ws
