// The rates in [limits] and in [rooms.NAME]: how often something may be done.
#include "config/setting_builders.h"
#include "config/setting_groups.h"
#include "room/operation.h"

namespace switchboard::config {
namespace {

using room::Operation;

constexpr std::string_view kBurstDoc =
    "How many of them may come at once after a pause. 0 means as many as in one second.";

/// The two fields of a rate.
template <typename RateOf>
struct PerSecond {
  auto& operator()(const SettingTarget& target) const { return RateOf{}(target).per_second; }
};
template <typename RateOf>
struct Burst {
  auto& operator()(const SettingTarget& target) const { return RateOf{}(target).burst; }
};

/// One rate is two settings: how much comes in a second, and how much may be used at once.
struct RateSection {
  std::vector<Setting>& out;
  std::string_view section;

  template <typename RateOf>
  void add(std::string_view per_second_key, std::string_view burst_key, RateOf, std::string_view unit,
           std::string_view doc) const {
    out.push_back(integer(section, per_second_key, PerSecond<RateOf>(), 0, room::kRateMax, unit, kReload, doc));
    out.push_back(integer(section, burst_key, Burst<RateOf>(), 0, room::kRateMax, unit, kReload, kBurstDoc));
  }
};

}  // namespace

void add_rates(std::vector<Setting>& out) {
  const RateSection limits{out, "limits"};
  limits.add(
      "messages_per_second", "messages_burst", SB_FIELD(config.shard.session.rate.messages), "messages",
      "Commands one connection may send; more are answered `rate_limited`, and 4102 if it goes on (errors_max). "
      "Pings, pongs and fragments count like commands. 0 means no limit; 50 with a burst of 100 suits people and "
      "most games.");
  limits.add(
      "bytes_per_second", "bytes_burst", SB_FIELD(config.shard.session.rate.bytes), "bytes",
      "Bytes one connection may send; while there are more, it is not read from, so that it has to wait. 0 means "
      "no limit.");
  limits.add("control_frames_per_second", "control_frames_burst", SB_FIELD(config.shard.session.rate.control_frames),
             "frames", "WebSocket pings and pongs one connection may send; more close it with 4102. 0 means no limit.");
  limits.add(
      "address_messages_per_second", "address_messages_burst", SB_FIELD(config.shard.session.rate.address_messages),
      "messages",
      "The same as messages_per_second for all connections of one IP address together (of one IPv6 /64). 0 means "
      "no limit: behind a proxy or a large NAT many people share one address. From 0 to a limit: for connections "
      "to come.");
  limits.add(
      "address_bytes_per_second", "address_bytes_burst", SB_FIELD(config.shard.session.rate.address_bytes), "bytes",
      "The same as bytes_per_second for all connections of one IP address together (of one IPv6 /64). 0 means no "
      "limit. From 0 to a limit: for connections to come.");
  limits.add(
      "connects_per_address_per_second", "connects_per_address_burst", SB_FIELD(config.connects_per_address),
      "connections",
      "How often one IP address (one IPv6 /64) may connect, also for pages; some more are told so (4102), further "
      "ones dropped before their handshake. 0 means no limit: behind a proxy without trusted_proxies all "
      "clients are one address.");
}

void add_operation_rates(std::vector<Setting>& out) {
  const RateSection limits{out, "limits"};
  limits.add("joins_per_second", "joins_burst", SB_FIELD(config.shard.session.rate.operations[Operation::kJoin]),
             "joins",
             "Joins one connection may ask for, besides being held to messages_per_second; more are answered "
             "`rate_limited`. A client that comes back joins all its rooms at once: let the burst be as many. 0 means "
             "no limit. A token may say otherwise for its connection, as for the four operations below.");
  limits.add("publishes_per_second", "publishes_burst",
             SB_FIELD(config.shard.session.rate.operations[Operation::kPublish]), "messages",
             "The same for messages to rooms (`broadcast`).");
  limits.add("directs_per_second", "directs_burst", SB_FIELD(config.shard.session.rate.operations[Operation::kDirect]),
             "messages", "The same for messages to users (`direct`).");
  limits.add("history_per_second", "history_burst", SB_FIELD(config.shard.session.rate.operations[Operation::kHistory]),
             "queries", "The same for queries of a room's history.");
  limits.add("presence_per_second", "presence_burst",
             SB_FIELD(config.shard.session.rate.operations[Operation::kPresence]), "queries",
             "The same for queries of who is in a room.");
}

void add_user_rates(std::vector<Setting>& out) {
  const RateSection limits{out, "limits"};
  limits.add("user_joins_per_second", "user_joins_burst",
             SB_FIELD(config.shard.session.rate.user_operations[Operation::kJoin]), "joins",
             "The same as joins_per_second for all connections of one user together, on all shards, whatever a token "
             "says. 0 means no limit. From 0 to a limit by user: for connections to come. Without authentication users "
             "are who they say, and one that is held back may say something else; the join that says it first does not "
             "count.");
  limits.add("user_publishes_per_second", "user_publishes_burst",
             SB_FIELD(config.shard.session.rate.user_operations[Operation::kPublish]), "messages",
             "The same for messages to rooms (`broadcast`).");
  limits.add("user_directs_per_second", "user_directs_burst",
             SB_FIELD(config.shard.session.rate.user_operations[Operation::kDirect]), "messages",
             "The same for messages to users (`direct`).");
  limits.add("user_history_per_second", "user_history_burst",
             SB_FIELD(config.shard.session.rate.user_operations[Operation::kHistory]), "queries",
             "The same for queries of a room's history.");
  limits.add("user_presence_per_second", "user_presence_burst",
             SB_FIELD(config.shard.session.rate.user_operations[Operation::kPresence]), "queries",
             "The same for queries of who is in a room.");
}

void add_api_rates(std::vector<Setting>& out) {
  const RateSection api{out, "api"};
  api.add(
      "requests_per_second", "requests_burst", SB_FIELD(config.api.requests), "requests",
      "Requests that one key may make, on all shards together; more get 429 with Retry-After. A batch counts as many "
      "as it has messages: if these are more than are left it is done all the same, and the requests behind it "
      "wait for longer. 0 means no limit.");
}

void add_room_rates(std::vector<Setting>& out) {
  const RateSection rooms{out, "rooms"};
  rooms.add("joins_per_second", "joins_burst", SB_FIELD(room.joins), "joins",
            "How often one connection may join rooms of this namespace, all of them together; more are answered "
            "`rate_limited`. Holds besides limits.joins_per_second, whatever a token says. 0 means no limit.");
  rooms.add("publishes_per_second", "publishes_burst", SB_FIELD(room.publishes), "messages",
            "How many messages one connection may send to rooms of this namespace, all of them together (in "
            "[rooms.\"@\"]: direct messages). Holds besides limits.publishes_per_second, whatever a token says. 0 "
            "means no limit.");
}

}  // namespace switchboard::config
