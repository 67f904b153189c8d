// One zlib stream that inflates (RFC 1951), with what permessage-deflate asks beyond it. Knows nothing of messages'
// limits or frames.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace switchboard::ws {

/// About 7 KB, and the window once something was inflated (32 KB with 15 bits). Not thread-safe.
class Inflater {
 public:
  /// `window_bits` 9 to 15; the peer's may be smaller, never larger.
  explicit Inflater(int window_bits);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Forgets everything, the window too: what comes next refers to nothing before it.
  void reset();

  struct Result {
    std::size_t written;
    bool valid;  // false: what comes next is not deflate's; only `reset` helps
  };

  /// Inflates from the front of `input`, which it shortens by what it took, into `out`. When that was filled, more may
  /// be ready: call again, with input or without. A block marked as the last one (BFINAL) ends nothing: others may
  /// follow from the next byte on (RFC 7692 section 7.2.3.4).
  Result inflate(std::string_view& input, std::span<char> out);

  /// Everything taken in so far was whole blocks, up to the end of a byte.
  bool at_block_boundary() const { return at_block_boundary_; }
  /// At such a boundary because a block was marked as the last one.
  bool after_final_block() const { return after_final_block_; }
  /// Why the last result was not valid: it refers to bytes before all that there is of the window.
  bool refers_too_far_back() const;

 private:
  struct Stream;

  std::unique_ptr<Stream> stream_;
  bool at_block_boundary_ = false;
  bool after_final_block_ = false;
};

}  // namespace switchboard::ws
