// Handshake requests, right until a test changes them, and the answers to them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace switchboard::conformance {

/// The request of RFC 6455 section 1.3, at our own path and without its Origin and subprotocols.
class Request {
 public:
  Request& line(std::string text) {
    line_ = std::move(text);
    return *this;
  }
  Request& add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  Request& remove(std::string_view name) {
    std::erase_if(fields_, [&](const auto& field) { return field.first == name; });
    return *this;
  }
  /// In the place it has, if it has one.
  Request& set(std::string_view name, std::string value) {
    for (auto& field : fields_) {
      if (field.first != name) continue;
      field.second = std::move(value);
      return *this;
    }
    return add(std::string(name), std::move(value));
  }
  Request& extensions(std::string value) { return add("Sec-WebSocket-Extensions", std::move(value)); }
  Request& reverse() {
    fields_ = {fields_.rbegin(), fields_.rend()};
    return *this;
  }

  std::string bytes() const {
    std::string out = line_ + "\r\n";
    for (const auto& [name, value] : fields_)
      out.append(name).append(": ").append(value).append("\r\n");
    return out + "\r\n";
  }

 private:
  std::string line_ = "GET /ws HTTP/1.1";
  std::vector<std::pair<std::string, std::string>> fields_ = {{"Host", "server.example.com"},
                                                              {"Upgrade", "websocket"},
                                                              {"Connection", "Upgrade"},
                                                              {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                                                              {"Sec-WebSocket-Version", "13"}};
};

struct Response {
  explicit Response(std::string text) : bytes(std::move(text)) {}

  std::string bytes;
  bool is_over = false;  // the server has finished with the connection

  int status() const { return bytes.starts_with("HTTP/1.1 ") ? std::stoi(bytes.substr(9, 3)) : 0; }
  std::string_view head() const { return std::string_view(bytes).substr(0, bytes.find("\r\n\r\n")); }
  std::string_view status_line() const { return std::string_view(bytes).substr(0, bytes.find("\r\n")); }
  /// The values of all fields of that name, spelled as the server spells it.
  std::vector<std::string> values(std::string_view name) const {
    std::vector<std::string> out;
    const std::string wanted = "\r\n" + std::string(name) + ": ";
    const std::size_t head_end = bytes.find("\r\n\r\n");
    for (std::size_t at = bytes.find(wanted); at < head_end; at = bytes.find(wanted, at + 1)) {
      const std::size_t from = at + wanted.size();
      out.push_back(bytes.substr(from, bytes.find("\r\n", from) - from));
    }
    return out;
  }
  std::string value(std::string_view name) const {
    const auto all = values(name);
    return all.size() == 1 ? all.front() : std::to_string(all.size()) + " fields";
  }
  bool has(std::string_view name) const { return !values(name).empty(); }
};

}  // namespace switchboard::conformance
