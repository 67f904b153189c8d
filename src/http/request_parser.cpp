#include "http/request_parser.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include "base/assert.h"
#include "http/host.h"
#include "http/token.h"

namespace switchboard::http {

namespace {

using Failure = std::unexpected<RequestError>;

Failure refuse(int status, std::string message) {
  return Failure(RequestError{status, std::move(message)});
}

bool is_decimal(char c) {
  return c >= '0' && c <= '9';
}

/// RFC 9110 section 5.5: no control characters but tabs. What is above ASCII is anybody's.
bool is_value_character(char c) {
  return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != 0x7f);
}

std::string_view without_white_space(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view{}
                                         : text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

/// RFC 9112 section 3.2.2: a server must take a whole URI for a target as well; its host then overrides the Host field.
struct AbsoluteTarget {
  std::string_view host;
  std::string_view rest;  // "" or from the path or query on
};

/// Nothing for a target that is no http or https URI, or one without a host or with a user's name in front of it.
std::optional<AbsoluteTarget> read_absolute_target(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equals_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    const std::string_view host = target.substr(0, target.find_first_of("/?"));
    if (host.empty() || !is_host(host)) return std::nullopt;
    return AbsoluteTarget{host, target.substr(host.size())};
  }
  return std::nullopt;
}

bool is_list_of_tokens(std::string_view list) {
  std::string_view element;
  while (next_list_element(list, element)) {
    if (!is_token(element)) return false;
  }
  return true;
}

/// A complete head, line by line, into a Request. The request line has been checked.
class HeadReader {
 public:
  explicit HeadReader(Request& request) : request_(request) {}

  /// `head` ends with the empty line; each of its lines with CR LF.
  std::expected<void, RequestError> read(std::string_view head) {
    std::string_view line = next_line(head);
    read_request_line(line);
    while (!(line = next_line(head)).empty()) {
      if (auto error = read_field(line)) return Failure(*std::move(error));
    }
    if (auto error = read_framing()) return Failure(*std::move(error));
    if (hosts_ > 1) return refuse(400, "More than one Host field.");
    if (hosts_ == 0 && request_.version >= 11) return refuse(400, "The Host field is missing.");
    if (!host_is_valid_) return refuse(400, "The Host field is no host.");  // RFC 9112 section 3.2
    return {};
  }

 private:
  static std::string_view next_line(std::string_view& head) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 2);
    return line;
  }

  void read_request_line(std::string_view line) {
    const std::size_t method_end = line.find(' ');
    const std::size_t target_end = line.rfind(' ');
    request_.method = line.substr(0, method_end);
    request_.target = line.substr(method_end + 1, target_end - method_end - 1);
    if (const auto absolute = read_absolute_target(request_.target)) {
      request_.target = absolute->rest;
      request_.host = absolute->host;
    }
    request_.version = line.back() == '0' ? 10 : 11;
  }

  /// RFC 9112 section 5.
  std::optional<RequestError> read_field(std::string_view line) {
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    if (colon == std::string_view::npos || !is_token(name)) {
      return RequestError{400, "A field name is malformed (white space before the colon is not allowed either)."};
    }
    const std::string_view value = without_white_space(line.substr(colon + 1));
    if (value.find('\r') != std::string_view::npos)
      return RequestError{400, "A carriage return stands without a line feed."};
    if (!std::all_of(value.begin(), value.end(), is_value_character))
      return RequestError{400, "A field value holds a control character or is malformed."};
    request_.fields.push_back({name, value});
    if (equals_ignoring_case(name, "Host")) return read_host(value);
    if (equals_ignoring_case(name, "Content-Length")) return read_content_length(value);
    if (equals_ignoring_case(name, "Transfer-Encoding")) has_codings_ = true;
    // It names what a proxy is to take off (RFC 9110 section 7.6.1): both are to read the same there.
    if (equals_ignoring_case(name, "Connection") && !is_list_of_tokens(value))
      return RequestError{400, "The Connection field is no list of names."};
    return std::nullopt;
  }

  std::optional<RequestError> read_host(std::string_view value) {
    ++hosts_;
    host_is_valid_ = host_is_valid_ && is_host(value);
    if (request_.host.empty()) request_.host = value;
    return std::nullopt;
  }

  std::optional<RequestError> read_content_length(std::string_view value) {
    std::uint64_t bytes = 0;
    const char* const end = value.data() + value.size();
    const auto read = std::from_chars(value.data(), end, bytes);  // takes no sign
    if (read.ec != std::errc() || read.ptr != end || ++content_lengths_ > 1)
      return RequestError{400, "Content-Length must be one decimal number."};
    request_.content_length = bytes;
    return std::nullopt;
  }

  /// How long the body is, if that is the same for everybody who reads the head (RFC 9112 sections 6.1 and 6.3).
  std::optional<RequestError> read_framing() {
    if (!has_codings_) return std::nullopt;
    if (content_lengths_ > 0) return RequestError{400, "Transfer-Encoding and Content-Length contradict each other."};
    if (request_.version < 11) return RequestError{400, "HTTP/1.0 has no Transfer-Encoding."};
    std::size_t codings = 0;
    std::size_t chunked = 0;
    std::string_view last;
    for (const RequestField& field : request_.fields) {
      if (!equals_ignoring_case(field.name, "Transfer-Encoding")) continue;
      std::string_view list = field.value;
      for (std::string_view coding; next_list_element(list, coding); last = coding) {
        ++codings;
        chunked += equals_ignoring_case(coding, "chunked") ? 1 : 0;
      }
    }
    if (chunked != 1 || !equals_ignoring_case(last, "chunked"))
      return RequestError{400, "Transfer-Encoding must end with \"chunked\", once."};
    if (codings > 1) return RequestError{501, "No other transfer coding than \"chunked\" is understood here."};
    request_.is_chunked = true;
    return std::nullopt;
  }

  Request& request_;
  std::size_t hosts_ = 0;
  bool host_is_valid_ = true;
  bool has_codings_ = false;
  std::size_t content_lengths_ = 0;
};

/// What must have been encoded (RFC 3986 section 2), as far as browsers do so: the URL standard leaves `|`, `^`, braces
/// and more as they are. A fragment is never sent (RFC 9112 section 3.2).
bool is_target_character(char c) {
  return c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '#';
}

/// The version first, so that a client of another version learns it (RFC 9110 section 15.6.6), then the target.
/// `line` is without its line end.
std::expected<void, RequestError> check_request_line(std::string_view line) {
  if (line.starts_with("PRI * HTTP/2")) return refuse(505, "HTTP/2 is not spoken here; use HTTP/1.1.");
  const std::size_t method_end = line.find(' ');
  const std::size_t target_end = line.rfind(' ');
  if (method_end == std::string_view::npos || target_end == method_end) {
    return refuse(400, "The request line must be a method, a target and a version.");
  }
  const std::string_view version = line.substr(target_end + 1);
  if (version.size() != 8 || !version.starts_with("HTTP/") || !is_decimal(version[5]) || version[6] != '.' ||
      !is_decimal(version[7])) {
    return refuse(400, "The HTTP version is malformed.");
  }
  if (version[5] != '1') return refuse(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
  const std::string_view target = line.substr(method_end + 1, target_end - method_end - 1);
  const bool is_of_server = target == "*" && line.starts_with("OPTIONS ");  // RFC 9112 section 3.2.4
  if (!target.starts_with('/') && !is_of_server && !read_absolute_target(target)) {
    return refuse(400, "The request target must begin with '/' or be a whole http URI.");
  }
  if (!is_token(line.substr(0, method_end))) return refuse(400, "The method is not a token.");
  if (!std::all_of(target.begin(), target.end(), is_target_character))
    return refuse(400, "The request target holds a character that is not allowed there.");
  return {};
}

}  // namespace

struct RequestParser::State {
  std::size_t head_bytes_max;
  std::unique_ptr<char[]> text;
  std::size_t size = 0;      // bytes held in `text`
  std::size_t begin = 0;     // where the request line begins
  std::size_t capacity = 0;  // of `text`
  std::size_t line = 0;      // where the unfinished line begins
  std::size_t lines = 0;     // finished ones
  bool done = false;
  Request request;

  void append(std::string_view bytes);
  std::expected<bool, RequestError> finish_line(std::size_t line_feed);
};

void RequestParser::State::append(std::string_view bytes) {
  if (bytes.size() > capacity - size) {
    capacity = std::max(size + bytes.size(), 2 * capacity);
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (size > 0) std::memcpy(larger.get(), text.get(), size);
    text = std::move(larger);
  }
  if (!bytes.empty()) std::memcpy(text.get() + size, bytes.data(), bytes.size());
  size += bytes.size();
}

/// True when the line that ends with this line feed is the empty one after the fields.
std::expected<bool, RequestError> RequestParser::State::finish_line(std::size_t line_feed) {
  if (line_feed == line || text[line_feed - 1] != '\r') return refuse(400, "A line must end with CR LF.");
  const std::string_view content(text.get() + line, line_feed - 1 - line);
  if (lines == 0 && content.empty()) {  // RFC 9112 section 2.2: it belongs to what came before
    begin = line = line_feed + 1;
    return false;
  }
  if (lines == 0) {
    if (auto checked = check_request_line(content); !checked) return Failure(std::move(checked.error()));
  } else if (content.empty()) {
    return true;
  } else if (content.front() == ' ' || content.front() == '\t') {
    return refuse(400, "A line begins with white space (obsolete line folding).");  // RFC 9112 section 5.2
  }
  ++lines;
  line = line_feed + 1;
  return false;
}

RequestParser::RequestParser(std::size_t head_bytes_max) : state_(std::make_unique<State>()) {
  SB_ASSERT(head_bytes_max > 0);
  state_->head_bytes_max = head_bytes_max;
}
RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;

std::expected<std::size_t, RequestError> RequestParser::feed(std::string_view bytes) {
  State& state = *state_;
  SB_ASSERT(!state.done);
  if (bytes.empty()) return 0;
  const std::size_t held = state.size;
  std::size_t scanned = held;
  state.append(bytes.substr(0, state.head_bytes_max - held));

  // A TLS ClientHello: record type 22, version 3.x (RFC 8446 section 5.1).
  if (state.size >= 2 && state.text[0] == 0x16 && state.text[1] == 0x03) {
    return refuse(400, "TLS was spoken to a port that expects plain HTTP.");
  }
  while (const void* found = std::memchr(state.text.get() + scanned, '\n', state.size - scanned)) {
    const std::size_t line_feed = static_cast<std::size_t>(static_cast<const char*>(found) - state.text.get());
    auto ended = state.finish_line(line_feed);
    if (!ended) return Failure(std::move(ended.error()));
    scanned = line_feed + 1;
    if (*ended) {
      state.request.fields.reserve(state.lines - 1);
      HeadReader reader(state.request);
      if (auto read = reader.read({state.text.get() + state.begin, scanned - state.begin}); !read)
        return Failure(std::move(read.error()));
      state.request.text = std::move(state.text);
      state.done = true;
      return scanned - held;
    }
  }
  if (state.size == state.head_bytes_max) {
    if (state.lines == 0) return refuse(414, "The request line is too long.");
    return refuse(431, "The request's head is too large.");
  }
  return bytes.size();
}

bool RequestParser::done() const {
  return state_->done;
}
bool RequestParser::started() const {
  return state_->size > 0;
}

const Request& RequestParser::request() const {
  SB_ASSERT(state_->done);
  return state_->request;
}

Request RequestParser::take_request() {
  SB_ASSERT(state_->done);
  return std::move(state_->request);
}

}  // namespace switchboard::http
