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
static_assert(kRefersToEarlier.reason.view().size() <= 123 && kRefersBeyondWindow.reason.view().size() <= 123);

}  // namespace

/// Inflated bytes on their way: they stay in the scratch memory as long as they fit.
class MessageInflater::Output {
 public:
  Output(std::span<char> scratch, const Target& target) : scratch_(scratch), target_(target) {}

  /// Bytes so far.
  std::size_t total() const { return total_; }
  std::span<char> room() { return scratch_.subspan(used_); }

  /// So many bytes were written to `room()`.
  std::expected<void, Failure> wrote(std::size_t bytes) {
    used_ += bytes;
    total_ += bytes;
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
  std::size_t total_ = 0;
};

MessageInflater::MessageInflater(InflaterPool& pool, std::uint8_t takeover_window_bits)
    : pool_(&pool), lent_(nullptr, {&pool}), takeover_window_bits_(takeover_window_bits) {}

std::expected<std::string_view, Failure> MessageInflater::take(std::string_view bytes, bool last,
                                                               const Target& target) {
  compressed_bytes_ += bytes.size();
  inflated_bytes_ = 0;
  has_more_ = false;
  if (!last && !is_under_way_ && pending_.size() + bytes.size() < kBatchBytes) {
    pending_.append(bytes);
    return std::string_view{};
  }
  is_under_way_ = true;
  if (!pending_.empty()) bytes = pending_.append(bytes);

  // Slices begin at multiples of their size in the message and with empty scratch memory: zlib is called in the same
  // way, and the outcome is the same, whatever the pieces are and wherever this stops.
  Output output(pool_->scratch(), target);
  std::expected<void, Failure> inflated;
  while (inflated && !has_more_ && bytes.size() >= kSliceBytes) {
    inflated = inflate(bytes.substr(0, kSliceBytes), output);
    if (inflated) inflated = output.spill();
    bytes.remove_prefix(kSliceBytes);
    has_more_ = output.total() >= target.step_bytes_max && (bytes.size() >= kSliceBytes || last);
  }
  if (inflated && last && !has_more_) {
    inflated = inflate(bytes, output);
    if (inflated) inflated = end(output);
  }
  inflated_bytes_ = output.total();
  if (inflated && (has_more_ || !last)) {
    keep(bytes);
    return std::string_view{};
  }
  pending_.clear();
  compressed_bytes_ = 0;
  is_under_way_ = has_more_ = false;
  lent_.reset();
  if (!inflated) return std::unexpected(inflated.error());
  return output.finish();
}

/// `rest` of what was given, or of what is pending already.
void MessageInflater::keep(std::string_view rest) {
  if (pending_.empty()) {
    pending_ = rest;
  } else {
    pending_.erase(0, pending_.size() - rest.size());
  }
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
