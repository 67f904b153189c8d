// What a room's home knows of it: how many members it has and on which shards, how its broker stands to it, and who
// waits for that. Plain data: HomeRooms works on it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "broker/broker.h"
#include "broker/failure.h"
#include "broker/held_publish.h"
#include "protocol/error.h"
#include "shard/messages.h"
#include "wire/format.h"

namespace switchboard::shard {

/// A shard with members.
struct Subscriber {
  std::uint32_t shard;
  wire::PerFormat<std::uint32_t> members{};
  ViewsByFormat views;
};

struct WaitingJoin {
  std::uint32_t from;
  JoinRequest request;
};
struct WaitingRead {
  PageWish wish;
  PageReader reader;
};
using Waiting = std::variant<WaitingJoin, broker::HeldPublish, WaitingRead>;  // publish and read by name

struct HomeRoom {
  enum class State : std::uint8_t { kOpening, kOpen, kFailed };

  std::string id;
  std::vector<Subscriber> subscribers;
  std::uint64_t members = 0;
  Seq last;                                  // what was told of it as committed, or where it stood at first
  wire::PerFormat<std::uint64_t> readers{};  // of them, by what they read
  std::uint32_t under_way = 0;               // publishes and reads that its broker has not answered
  State state = State::kOpening;
  broker::Failure failure{};  // why, when kFailed
  bool has_history = false;
  std::uint8_t broker = 0;  // whose it is, among the home's brokers
  bool is_served = false;   // stands in the line of rooms for whose waiting there is an answer
  /// What came before there was an answer, in order; null when nothing did. Bounded where it comes from: a connection
  /// has one join under way, and of publishes what PublishWindows lets pass; one to the API has one request.
  std::unique_ptr<std::deque<Waiting>> waiting;

  bool has_waiting() const { return waiting != nullptr; }
  /// What comes next must not overtake what waits.
  bool must_wait() const { return state != State::kOpen || has_waiting(); }
  bool is_unused() const { return members == 0 && under_way == 0 && !has_waiting() && state != State::kOpening; }
};

}  // namespace switchboard::shard
