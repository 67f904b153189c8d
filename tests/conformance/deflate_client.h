// permessage-deflate (RFC 7692) as a client does it, made of zlib directly and apart from the server's code.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace switchboard::conformance {

/// Compresses the messages of one client.
class ClientDeflater {
 public:
  /// `window_bits` 9 to 15. With `takeover` a message may refer back to those before it.
  explicit ClientDeflater(int window_bits = 15, bool takeover = false, int level = 6);
  ~ClientDeflater();
  ClientDeflater(ClientDeflater&&) noexcept;

  /// The payload of the whole message (section 7.2.1).
  std::string compress(std::string_view message);

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
  bool takeover_;
};

/// A message of the server's, which never refers back. Fails the test when the data is not good, is not all used, or
/// reaches back further than 2^`window_bits` bytes.
std::string inflated(std::string_view payload, int window_bits = 15);

}  // namespace switchboard::conformance
