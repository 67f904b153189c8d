// Who is who in a run: each connection's room, user and role. A function of the options alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/bench/load_options.h"

namespace switchboard::cli::bench {

enum class Role : std::uint8_t { kMember, kPublisher, kSlowReader, kBystander, kBystanderPublisher };

inline bool is_bystander(Role role) {
  return role == Role::kBystander || role == Role::kBystanderPublisher;
}

struct Seat {
  std::uint32_t room;
  Role role;
};

class Population {
 public:
  explicit Population(const LoadOptions& options);

  std::uint32_t size() const { return static_cast<std::uint32_t>(seats_.size()); }
  const Seat& seat(std::uint32_t connection) const { return seats_[connection]; }

  /// Rooms of the members come first, then one per pair of bystanders.
  std::uint32_t rooms() const { return static_cast<std::uint32_t>(readers_.size()); }
  /// Members of a room that read what they get; the caller lowers it when one of them is gone.
  std::uint32_t readers(std::uint32_t room) const { return readers_[room]; }
  void remove_reader(std::uint32_t room) { --readers_[room]; }

  /// The connections that publish on behalf of bystanders, one per pair.
  const std::vector<std::uint32_t>& bystander_publishers() const { return bystander_publishers_; }

 private:
  std::vector<Seat> seats_;
  std::vector<std::uint32_t> readers_;
  std::vector<std::uint32_t> bystander_publishers_;
};

/// `bench:k3f9-00007`: all rooms of a run have names of one length, so that all frames have one layout. They have a
/// namespace of their own, for which an operator may have other settings.
std::string room_name(std::string_view tag, std::uint32_t room, std::string_view space = "bench");
std::string user_name(std::uint32_t connection);

}  // namespace switchboard::cli::bench
