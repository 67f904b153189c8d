// A file that is part of the program: its path, its bytes and what a response needs to say about it. Owns nothing: the
// bytes are constants. Must not know which assets there are or who serves them.
#pragma once

#include <span>
#include <string_view>

namespace switchboard::http {

/// All views are valid for the whole life of the process.
struct Asset {
  std::string_view path;          // as a request names it, without a query: "/" or "/demo/app.js"
  std::string_view content_type;  // "text/html; charset=utf-8"
  std::string_view body;
  std::string_view etag;  // a strong validator with its quotes (RFC 9110, section 8.8.3), from the body alone
};

/// A handful of assets, no two with the same path, in no order: search it from the start.
using AssetTable = std::span<const Asset>;

/// The policy to send with every asset. No inline script or style, nothing from another host; the WebSocket is named by
/// scheme because not every browser counts ws: and wss: to 'self'.
inline constexpr std::string_view kAssetContentSecurityPolicy =
    "default-src 'self'; connect-src 'self' ws: wss:; style-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'";

}  // namespace switchboard::http
