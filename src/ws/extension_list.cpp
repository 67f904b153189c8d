#include "ws/extension_list.h"

#include <utility>

#include "http/token.h"

namespace switchboard::ws {

namespace {

/// Takes one piece after the other off the front of the text.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool done() {
    skip_white_space();
    return text_.empty();
  }
  /// White space may stand before it.
  bool take(char c) {
    skip_white_space();
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  /// "" when none is there.
  std::string_view token() {
    skip_white_space();
    std::size_t size = 0;
    while (size < text_.size() && http::is_token_character(text_[size]))
      ++size;
    const std::string_view found = text_.substr(0, size);
    text_.remove_prefix(size);
    return found;
  }
  /// What follows an opening quote, up to the closing one; nullopt when that is missing or what is between is no token.
  std::optional<std::string> rest_of_quoted_token() {
    std::string found;
    for (std::size_t i = 0; i < text_.size(); ++i) {
      if (text_[i] == '"') {
        text_.remove_prefix(i + 1);
        return found.empty() ? std::nullopt : std::optional(std::move(found));
      }
      if (text_[i] == '\\' && ++i == text_.size()) break;
      if (!http::is_token_character(text_[i])) break;
      found += text_[i];
    }
    return std::nullopt;
  }

 private:
  void skip_white_space() {
    while (text_.starts_with(' ') || text_.starts_with('\t'))
      text_.remove_prefix(1);
  }

  std::string_view text_;
};

bool read_parameter(Reader& reader, ExtensionParameter& out) {
  out.name = reader.token();
  if (out.name.empty()) return false;
  if (!reader.take('=')) return true;
  if (reader.take('"')) {
    out.value = reader.rest_of_quoted_token();
  } else if (const std::string_view token = reader.token(); !token.empty()) {
    out.value = token;
  }
  return out.value.has_value();
}

}  // namespace

bool read_extensions(std::string_view value, std::vector<Extension>& out) {
  Reader reader(value);
  while (!reader.done()) {
    if (reader.take(',')) continue;  // an empty element
    Extension extension{.name = reader.token(), .parameters = {}};
    if (extension.name.empty()) return false;
    while (reader.take(';')) {
      if (!read_parameter(reader, extension.parameters.emplace_back())) return false;
    }
    out.push_back(std::move(extension));
    if (!reader.done() && !reader.take(',')) return false;
  }
  return true;
}

}  // namespace switchboard::ws
