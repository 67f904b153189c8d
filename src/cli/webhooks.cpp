// `switchboard webhooks`: the endpoints of webhooks, asked of a running server by its HTTP API.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/json_members.h"
#include "base/time.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "fetch/http_client.h"
#include "fetch/key_url.h"
#include "log/log_escape.h"
#include "net/regular_file.h"
#include "protocol/json_array.h"

namespace switchboard::cli {
namespace {

constexpr std::string_view kActions[] = {"list", "pause", "resume", "replay", "test"};

int explain(std::string_view problem) {
  std::fprintf(stderr, "switchboard webhooks: %.*s\n", static_cast<int>(problem.size()), problem.data());
  return kExitFailure;
}

/// On a terminal it is nothing but text.
std::string shown(std::string_view text) {
  std::string out;
  log::append_plain_text(out, text);
  return out;
}

/// The server's API, and who asks.
struct ApiOptions {
  std::string url = "http://127.0.0.1:8090";
  std::string key;
  std::string key_file;
  std::string ca_file;

  void add_to(Options& options) {
    options.value("--api", "URL", "Where the server's API is, as in api.listen.", url);
    options.value("--key-file", "FILE", "A file whose first line is a key of the API with the scope admin.", key_file);
    options.value("--key", "TEXT", "The key itself. Others can see it in the list of processes.", key);
    options.value("--ca", "FILE", "Certificates (PEM) of who may vouch for the server, instead of the system's.",
                  ca_file);
  }

  /// "" or what is wrong, as a sentence.
  std::string read() {
    while (url.ends_with('/'))
      url.pop_back();
    if (const std::string problem = fetch::problem_with_key_url(url, fetch::PlainHttp::kAnywhere); !problem.empty()) {
      return "--api " + problem;
    }
    if (key.empty() && !key_file.empty()) {
      const auto text = net::read_regular_file(key_file);
      if (!text) return key_file + ": " + text.error();
      key = text->substr(0, text->find_first_of("\r\n"));
    }
    if (key.empty()) return "there is no key: give --key-file (or --key)";
    const auto is_visible = [](char c) { return c > ' ' && c < 0x7F; };
    return std::ranges::all_of(key, is_visible) ? "" : "the key has a blank or what is not ASCII";
  }

  /// The body of a good answer. The error is a sentence.
  std::expected<std::string, std::string> ask(const std::string& path, std::optional<std::string> body) const {
    constexpr std::chrono::seconds kTurn(1);
    fetch::HttpClient client;
    std::vector<std::string> headers{"Authorization: Bearer " + key};
    if (body) headers.emplace_back("Content-Type: application/json");
    client.start(0, {.url = url + path, .headers = std::move(headers), .body = std::move(body), .ca_file = ca_file});
    auto done = client.take_done();
    for (; !done; done = client.take_done())
      client.run(kTurn);
    if (!done->second) return std::unexpected(url + ": " + done->second.error());
    const fetch::HttpAnswer& answer = *done->second;
    if (answer.status == 200) return answer.body;
    const auto problem = auth::JsonMembers::read(answer.body);
    const auto detail = problem ? problem->text("detail") : std::nullopt;
    return std::unexpected(url + " answered with status " + std::to_string(answer.status) +
                           (detail ? ": " + shown(*detail) : ""));
  }
};

// --- list ----------------------------------------------------------------------------------------------------------

std::string age_text(UnixMillis since, UnixMillis now) {
  const std::int64_t seconds = std::max<std::int64_t>(0, (now - since) / 1'000);
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 7'200) return std::to_string(seconds / 60) + " min";
  return std::to_string(seconds / 3'600) + " h";
}

std::int64_t number_of(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

void print_endpoint(const auth::JsonMembers& endpoint, UnixMillis now) {
  const auto text = [&](std::string_view name) { return shown(endpoint.text(name).value_or("")); };
  const auto number = [&](std::string_view name) { return std::string(endpoint[name]); };
  std::cout << text("name") << "  " << text("state") << "  " << text("url") << "\n";
  std::cout << "    " << number("events_waiting") << " events wait (" << number("bytes_waiting") << " bytes), "
            << number("events_delivered") << " delivered, " << number("events_lost") << " lost\n";
  if (endpoint.has("delivered_at_ms")) {
    std::cout << "    the last request was taken " << age_text(number_of(endpoint["delivered_at_ms"]), now) << " ago\n";
  }
  if (!endpoint.has("problem")) return;
  std::cout << "    fails: " << text("problem");
  if (endpoint.has("next_attempt_at_ms")) {
    std::cout << "; tried again in " << age_text(now, number_of(endpoint["next_attempt_at_ms"]));
  }
  std::cout << "\n";
}

int print_list(const std::string& body) {
  const auto root = auth::JsonMembers::read(body);
  if (!root) return explain("the server's answer " + root.error());
  bool has_any = false;
  const UnixMillis now = SystemClock().unix_ms();
  const std::string_view list = (*root)["webhooks"];
  if (!protocol::is_json_array(list)) return explain("the server's answer is no list of webhooks");
  protocol::JsonArray endpoints(list);
  for (std::string_view element; endpoints.next(element);) {
    const auto endpoint = auth::JsonMembers::read(element);
    if (!endpoint) return explain("the server's answer is no list of webhooks");
    print_endpoint(*endpoint, now);
    has_any = true;
  }
  if (!has_any) std::cout << "there are no webhooks: they stand under [[webhooks]] in the configuration\n";
  return kExitSuccess;
}

// --- one endpoint --------------------------------------------------------------------------------------------------

/// "90s", "15m", "2h", "3d".
std::optional<UnixMillis> milliseconds_of(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const char unit = text.back();
  const UnixMillis factor = unit == 's'   ? 1'000
                            : unit == 'm' ? 60'000
                            : unit == 'h' ? 3'600'000
                            : unit == 'd' ? 86'400'000
                                          : 0;
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size() - 1;
  const auto read = std::from_chars(text.data(), end, number);
  if (factor == 0 || read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return number * factor;
}

/// RFC 3986 section 2.1.
std::string escaped_segment(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool is_plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    const auto byte = static_cast<unsigned char>(c);
    is_plain ? out += c : (out += '%', out += kDigits[byte >> 4], out += kDigits[byte & 15]);
  }
  return out;
}

int run_list(int argc, char** argv) {
  ApiOptions api;
  Options options("webhooks list [OPTIONS]", "Says of each endpoint how it is doing.");
  api.add_to(options);
  if (const auto code = options.parse(argc, argv)) return *code;
  if (const std::string problem = api.read(); !problem.empty()) return explain(problem);
  const auto body = api.ask("/api/v1/webhooks", std::nullopt);
  return body ? print_list(*body) : explain(body.error());
}

int run_on_one(std::string_view action, int argc, char** argv) {
  ApiOptions api;
  std::string name, since;
  const bool is_replay = action == "replay";
  const std::string about = action == "pause" ? "Sends an endpoint nothing from now on; its events wait."
                            : action == "resume"
                                ? "Sends an endpoint events again, at once: also one that has answered "
                                  "410, or waits after a failure."
                            : is_replay ? "Sends an endpoint again what it has had, as far as that is kept (72 h)."
                                        : "Sends an endpoint an event webhook.test.";
  Options options("webhooks " + std::string(action) + " NAME [OPTIONS]", about);
  options.positional("NAME", "The endpoint's name in the configuration; without one there its place: 1, 2, ...", name);
  if (is_replay)
    options.value("--since", "TIME", "How far back, such as 90s, 15m, 2h or 3d; all, when left out.", since);
  api.add_to(options);
  if (const auto code = options.parse(argc, argv)) return *code;
  std::string body;
  if (!since.empty()) {
    const auto back = milliseconds_of(since);
    if (!back) return explain("--since must be a number and s, m, h or d: " + shown(since));
    body = R"({"since_ms":)" + std::to_string(std::max<UnixMillis>(0, SystemClock().unix_ms() - *back)) + "}";
  }
  if (const std::string problem = api.read(); !problem.empty()) return explain(problem);
  const auto answer = api.ask("/api/v1/webhooks/" + escaped_segment(name) + "/" + std::string(action), body);
  if (!answer) return explain(answer.error());
  if (is_replay) {
    const auto members = auth::JsonMembers::read(*answer);
    if (members) std::cout << (*members)["events"] << " events are sent again\n";
  }
  return kExitSuccess;
}

}  // namespace

int run_webhooks(int argc, char** argv) {
  const std::string_view action = argc > 1 ? argv[1] : "";
  if (action == "list") return run_list(argc - 1, argv + 1);
  if (std::ranges::find(kActions, action) != std::end(kActions)) return run_on_one(action, argc - 1, argv + 1);
  if (!action.empty() && !action.starts_with('-')) {
    explain("there is no action " + shown(action) + "; there are list, pause, resume, replay and test");
    return kExitUsage;
  }
  Options options("webhooks ACTION [OPTIONS]",
                  "Looks after the endpoints of webhooks of a running server, by its HTTP API. Each action has its own "
                  "--help.");
  options.examples(
      "Examples:\n"
      "  switchboard webhooks list --key-file admin.key     how each is doing\n"
      "  switchboard webhooks test billing ...              sends it an event\n"
      "  switchboard webhooks pause billing ...             its events wait\n"
      "  switchboard webhooks resume billing ...            and are sent\n"
      "  switchboard webhooks replay billing --since 2h ... once more\n");
  std::string unknown;
  options.positional("ACTION", "list, pause, resume, replay or test.", unknown);
  return options.parse(argc, argv).value_or(kExitUsage);  // --help, or that it is missing
}

}  // namespace switchboard::cli
