#include "cli/bench/population.h"

namespace switchboard::cli::bench {
namespace {

std::string five_digits(std::uint32_t number) {
  std::string text = std::to_string(number);
  return text.size() < 5 ? std::string(5 - text.size(), '0') + text : text;
}

}  // namespace

Population::Population(const LoadOptions& options) : readers_(options.rooms + options.bystander_pairs, 0) {
  seats_.reserve(options.connections_total());
  const std::uint32_t first_slow = options.connections - options.slow_readers;
  for (std::uint32_t i = 0; i < options.connections; ++i) {
    const Role role = i >= first_slow ? Role::kSlowReader : i < options.publishers ? Role::kPublisher : Role::kMember;
    seats_.push_back({i % options.rooms, role});
    if (role != Role::kSlowReader) ++readers_[i % options.rooms];
  }
  for (std::uint32_t pair = 0; pair < options.bystander_pairs; ++pair) {
    const std::uint32_t room = options.rooms + pair;
    bystander_publishers_.push_back(size());
    seats_.push_back({room, Role::kBystanderPublisher});
    seats_.push_back({room, Role::kBystander});
    readers_[room] = 2;
  }
}

std::string room_name(std::string_view tag, std::uint32_t room, std::string_view space) {
  return std::string(space) + ":" + std::string(tag) + "-" + five_digits(room);
}

std::string user_name(std::uint32_t connection) {
  return "user-" + five_digits(connection);
}

}  // namespace switchboard::cli::bench
