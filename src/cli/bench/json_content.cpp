#include "cli/bench/json_content.h"

#include <array>

#include "base/assert.h"
#include "base/random.h"

namespace switchboard::cli::bench {
namespace {

constexpr std::array<std::string_view, 128> kWords = {
    "the",     "of",      "and",      "to",      "a",       "in",      "that",     "is",     "was",      "it",
    "for",     "on",      "with",     "he",      "as",      "you",     "at",       "this",   "but",      "his",
    "by",      "from",    "they",     "we",      "say",     "her",     "she",      "or",     "an",       "will",
    "my",      "one",     "all",      "would",   "there",   "their",   "what",     "so",     "up",       "out",
    "if",      "about",   "who",      "get",     "which",   "go",      "me",       "when",   "make",     "can",
    "like",    "time",    "no",       "just",    "him",     "know",    "take",     "people", "into",     "year",
    "your",    "good",    "some",     "could",   "them",    "see",     "other",    "than",   "then",     "now",
    "look",    "only",    "come",     "its",     "over",    "think",   "also",     "back",   "after",    "use",
    "two",     "how",     "our",      "work",    "first",   "well",    "way",      "even",   "new",      "want",
    "because", "any",     "these",    "give",    "day",     "most",    "meeting",  "report", "tomorrow", "release",
    "deploy",  "server",  "client",   "screen",  "morning", "coffee",  "ticket",   "review", "branch",   "weather",
    "evening", "station", "picture",  "garden",  "problem", "answer",  "question", "number", "window",   "letter",
    "project", "running", "finished", "waiting", "started", "another", "between",  "without"};
constexpr std::array<std::string_view, 8> kNames = {"Amelia Winters", "Jonas Keller", "Priya Raman",    "Mateo Alvarez",
                                                    "Yuki Tanaka",    "Sofia Rossi",  "Noah Lindqvist", "Chidi Okafor"};

/// Exactly so many bytes of words.
void append_text(std::string& out, Random& random, std::size_t bytes) {
  const std::size_t end = out.size() + bytes;
  while (out.size() < end) {
    out += kWords[random.below(kWords.size())];
    out += random.below(9) == 0 ? ", " : " ";
  }
  out.resize(end);
}

}  // namespace

void append_json_content(std::string& out, std::string_view stamp, std::uint32_t number, std::uint32_t bytes) {
  SB_ASSERT(bytes >= kJsonContentBytesMin);
  Random random(number + 1);  // the same number makes the same content
  const std::size_t begin = out.size();
  out.append(R"({"id":")").append(stamp).append(R"(","kind":"message","author":{"id":"u-)");
  out.append(std::to_string(10'000 + random.below(90'000))).append(R"(","name":")");
  out.append(kNames[random.below(kNames.size())]).append(R"(","avatar":null},"sent_at":"2026-03-14T09:)");
  const auto two_digits = [&](std::uint64_t value) {
    out += static_cast<char>('0' + value / 10);
    out += static_cast<char>('0' + value % 10);
  };
  two_digits(random.below(60));
  out += ':';
  two_digits(random.below(60));
  out += R"(Z","mentions":[],"text":")";
  constexpr std::string_view kEnd = R"("})";
  append_text(out, random, begin + bytes - out.size() - kEnd.size());
  out += kEnd;
}

}  // namespace switchboard::cli::bench
