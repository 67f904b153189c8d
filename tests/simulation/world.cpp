#include "simulation/world.h"

#include <algorithm>
#include <numeric>

#include "simulation/failure.h"

namespace switchboard::simulation {
namespace {

constexpr std::uint32_t kRoundsToRestMax = 40'000;  // in which nothing is delivered any more
constexpr std::uint32_t kRoundsAtPace = 500;
constexpr std::uint32_t kRoundsSkippedMax = 3;
constexpr std::uint64_t kTurnsWithoutNewsMax = 20'000;  // a shard that still finds work then is spinning
constexpr std::uint32_t kLives = 2;
constexpr std::uint32_t kSnapshots = 3;

}  // namespace

World::World(const Config& config)
    : config_(config),
      random_(config.seed + 99),
      clock_(config.seed, config.look_ns_max),
      ledger_(config.keeps_history()),
      skipped_(config.shards, 0),
      persons_(config.persons) {
  for (std::size_t i = 0; i < persons_.size(); ++i)
    persons_[i].user = "person" + std::to_string(i);
  if (config_.history == History::kStore) {
    store_.emplace(config.seed + 7, config_.store, config_.shards, clock_,
                   std::chrono::milliseconds(config_.dedup_window_ms),
                   [this](std::uint32_t shard) { drivers_[shard]->wake(); });
  }
  start();
}

void World::start() {
  exchange_ = std::make_unique<shard::Exchange>(config_.shards, config_.ring_slots);
  for (std::uint32_t i = 0; i < config_.shards; ++i) {
    broker::StoreChannel* const channel = store_ ? &store_->channel(i) : nullptr;
    drivers_.push_back(std::make_unique<ShardDriver>(i, process_, config_, *exchange_, clock_, channel));
  }
}

void World::run() {
  for (std::uint32_t i = 0; i < kLives; ++i) {
    live();
    rest();
  }
  if (config_.keeps_history()) audit();
  end();
}

Client& World::add_client(const test::SimSocketSettings& settings, Person* person) {
  const std::uint32_t connection = ++connections_;
  auto socket = std::make_shared<test::SimSocket>(clock_, config_.seed * 31 + connection, settings);
  clients_.push_back(std::make_unique<Client>(connection, config_, clock_, ledger_, socket, person));
  drivers_[random_.below(config_.shards)]->connect(socket);
  return *clients_.back();
}

void World::connect() {
  auto settings = config_.socket;
  if (!config_.all_are_well && config_.socket.delay_max < std::chrono::milliseconds(1) && random_.below(4) == 0) {
    settings.send_buffer_bytes = 64;
  }
  Person* person = nullptr;
  if (!persons_.empty() && random_.below(4) != 0) {
    Person& drawn = persons_[random_.below(persons_.size())];
    if (!drawn.is_online) person = &drawn;
  }
  add_client(settings, person);
}

/// The process dies, perhaps with its machine, and is started again.
void World::crash() {
  ++ledger_.crashes;
  lagged_before_ += sum([](auto& s) -> auto& { return s.lagged_messages; });
  drivers_.clear();
  exchange_.reset();
  for (auto& client : clients_)
    client->on_server_death();
  clients_.clear();
  const bool is_machine = store_ && random_.below(100) < config_.machine_percent;
  if (store_) is_machine ? store_->lose_machine() : store_->lose_process();
  if (!store_ || is_machine) expect_new_epochs(!store_);
  ++process_;
  start();
}

/// The store is another one than it was, and may not know it.
void World::replace_store() {
  // What fails to be read is told as `unavailable`, which clients expect of a store that fails.
  switch (random_.below(config_.store_fails() ? 4 : 3)) {
    case 0:
      store_->lose_file();
      break;
    case 1:
      store_->damage();
      break;
    case 2:
      store_->restore(true);
      break;
    default:
      // Numbers are given again under the shards' hands, which have to see it; the store sees it later.
      store_->restore(false);
      expect_new_epochs(true);
  }
  if (random_.below(2) == 0) store_->reopen();
  expect_new_epochs(true);
}

void World::expect_new_epochs(bool also_of_power) {
  for (std::uint32_t i = 0; i < config_.rooms; ++i) {
    const std::string room = config_.room_name(i);
    const bool is_power = config_.shard.rooms.of(room).durability == room::Durability::kPower;
    if (also_of_power || !is_power) ledger_.expect_new_epoch(room);
  }
  for (const Person& person : persons_)
    ledger_.expect_new_epoch("@" + person.user);
}

/// Somebody looks at everything that is kept: nothing that was seen or acknowledged may be missing.
void World::audit() {
  add_client({.send_buffer_bytes = 16'000}, nullptr).audit();
  rest();
}

void World::live() {
  if (store_) store_->set_moods(config_.store);
  for (std::uint32_t i = 0; i < config_.rounds; ++i) {
    if (config_.crashes > 0 && random_.below(kLives * config_.rounds) < config_.crashes) crash();
    if (config_.replacements > 0 && random_.below(kLives * config_.rounds) < config_.replacements) replace_store();
    if (config_.replacements > 0 && random_.below(config_.rounds) < kSnapshots) store_->remember();
    if (clients_.size() < config_.clients && random_.below(3) == 0) connect();
    round(true);
  }
}

void World::round(bool is_active) {
  clock_.advance(std::chrono::microseconds(random_.below(config_.round_us_max + 1)));
  for (auto& client : clients_) {
    client->read();
    client->act(is_active);
  }
  for (auto& driver : drivers_)
    driver->step_network();
  if (store_) {
    store_->step();
    for (const std::string& room : store_->take_found())
      ledger_.expect_new_epoch(room);
  }
  step_shards();
  verify_the_dead_are_closed();
  std::erase_if(clients_, [](const auto& client) { return client->is_over(); });
}

void World::step_shards() {
  std::vector<std::uint32_t> order(drivers_.size());
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[random_.below(i)]);
  for (const std::uint32_t index : order) {
    std::uint64_t steps = random_.below(4);
    if (steps == 0 && ++skipped_[index] > kRoundsSkippedMax) steps = 1;
    if (steps > 0) skipped_[index] = 0;
    for (; steps > 0; --steps)
      drivers_[index]->step(random_);
    check(drivers_[index]->turns_without_news() < kTurnsWithoutNewsMax,
          "shard " + std::to_string(index) + " finds work for ever and does none");
  }
}

void World::verify_the_dead_are_closed() {
  const auto& session = config_.shard.session;
  const auto ms = [](std::uint32_t value) { return Duration(std::chrono::milliseconds(value)); };
  const Duration slack = ms(60) + std::chrono::microseconds(10 * config_.round_us_max) + 4 * config_.socket.delay_max;
  const Duration heartbeat = ms(2 * std::max(session.ping_interval_ms, session.pong_timeout_ms)) +
                             ms(4 * session.pong_timeout_ms + session.write_timeout_ms + session.close_timeout_ms);
  for (const auto& client : clients_) {
    const auto& socket = *client->socket();
    if (socket.is_stalled()) {
      check(clock_.peek() - socket.stalled_since() <= ms(session.write_timeout_ms) + slack,
            "takes not one byte and is not closed: " + client->describe());
    }
    if (client->is_silent() && session.ping_interval_ms > 0 && !socket.server_has_closed() && !socket.was_reset() &&
        socket.last_arrival() != Instant{}) {
      const Duration bound = std::max(heartbeat, ms(session.handshake_timeout_ms + session.close_timeout_ms)) + slack;
      const Instant last_alive = std::max({socket.last_arrival(), socket.last_taken(), socket.last_paused});
      check(clock_.peek() - last_alive <= bound, "is silent and not closed: " + client->describe());
    }
  }
}

bool World::is_at_rest() const {
  if (store_ && !store_->is_at_rest()) return false;
  for (const auto& driver : drivers_) {
    if (driver->shard().stats().replays.value() > 0) return false;  // it may wait to try again
  }
  for (const auto& driver : drivers_) {
    if (!driver->is_at_rest()) return false;
    bool is_closing = false;
    driver->shard().for_each_connection(
        [&](session::Connection& connection) { is_closing |= connection.state() == session::State::kClosing; });
    if (is_closing) return false;
  }
  return std::ranges::none_of(clients_, [](const auto& client) {
    return client->has_something_to_send() || client->is_over() || client->socket()->client_readable() > 0 ||
           (!client->is_over() && client->socket()->client_at_end()) || (!client->is_open() && !client->is_silent());
  });
}

std::string World::describe() const {
  std::string text;
  for (const auto& client : clients_)
    text += "\n  " + client->describe();
  for (const auto& driver : drivers_) {
    text += "\n  shard " + std::to_string(driver->is_at_rest()) + " work=" + std::to_string(driver->shard().has_work());
    driver->shard().for_each_connection([&](session::Connection& connection) {
      text += "\n    session " + connection.session().connection_id() + " user=" + connection.session().user_id() +
              " state=" + std::to_string(static_cast<int>(connection.state())) +
              " paused=" + std::to_string(connection.paused()) +
              " outbox=" + std::to_string(connection.outbox().size()) +
              " rooms=" + std::to_string(connection.session().memberships().size());
    });
  }
  return text;
}

void World::rest() {
  if (store_) store_->set_moods(config_.store.in_good_health());
  for (auto& client : clients_)
    client->rest();
  const bool finds_the_dead = config_.shard.session.ping_interval_ms > 0;
  // However much history the last ones are still being given: they are given it.
  std::uint64_t delivered = 0;
  std::uint32_t without_delivery = 0;
  for (std::uint64_t i = 0; without_delivery < kRoundsToRestMax; ++i) {
    round(false);
    const std::uint64_t before = std::exchange(delivered, sum([](auto& s) -> auto& { return s.deliveries; }));
    without_delivery = delivered == before ? without_delivery + 1 : 0;
    const bool is_anyone_silent =
        finds_the_dead && std::ranges::any_of(clients_, [](const auto& client) { return client->is_silent(); });
    if (is_anyone_silent && random_.below(4) == 0) clock_.advance(std::chrono::milliseconds(20));
    if (!is_anyone_silent && is_at_rest()) return verify_at_rest();
    if (i > kRoundsAtPace) clock_.advance(std::chrono::microseconds(random_.below(5'000)));  // much is under way
  }
  throw Failure("does not come to rest:" + describe());
}

void World::verify_at_rest() {
  for (std::size_t i = 0; i < drivers_.size(); ++i) {
    check(!drivers_[i]->shard().has_work(), "shard " + std::to_string(i) + " sleeps although it has work");
  }
  try {
    for (auto& client : clients_)
      client->verify_complete();
  } catch (const Failure& failure) {
    throw Failure(failure.what() + describe());
  }
  ledger_.verify_order();
  std::uint64_t memberships = 0;
  for (const auto& client : clients_)
    memberships += client->is_open() ? client->memberships() : 0;
  const bool all_are_open = std::ranges::all_of(clients_, [](const auto& client) { return client->is_open(); });
  if (all_are_open) {
    check(sum([](auto& s) -> auto& { return s.connections; }) == clients_.size(),
          "connections are counted wrongly: " + std::to_string(sum([](auto& s) -> auto& { return s.connections; })) +
              describe());
    check(sum([](auto& s) -> auto& { return s.members; }) == memberships, "members are counted wrongly");
    check(sum([](auto& s) -> auto& { return s.log_bytes; }) == 0, "logs hold what everybody has had");
  }
  const std::uint64_t lagged = lagged_before_ + sum([](auto& s) -> auto& { return s.lagged_messages; });
  check(ledger_.undeclared_gaps + ledger_.declared_gaps <= lagged,
        "clients missed " + std::to_string(ledger_.undeclared_gaps) + " without and " +
            std::to_string(ledger_.declared_gaps) + " with a word, the counter says " + std::to_string(lagged));
  if (config_.disconnects_the_slow() && !config_.keeps_history() && config_.persons == 0)
    check(lagged == 0, "somebody was moved on where the slow are disconnected");
}

void World::end() {
  if (config_.ends_in_drain) {
    for (auto& client : clients_)
      client->expect_drain();
    for (auto& driver : drivers_)
      driver->drain(std::chrono::milliseconds(200));
  } else {
    for (auto& client : clients_)
      client->go_away();
  }
  for (std::uint32_t i = 0; i < kRoundsToRestMax; ++i) {
    round(false);
    if (random_.below(4) == 0) clock_.advance(std::chrono::milliseconds(20));
    if (config_.shard.session.ping_interval_ms == 0) {
      // Nobody looks for the silent ones: their networks do at last.
      for (auto& client : clients_) {
        if (client->is_silent() && !client->is_over()) client->socket()->client_reset();
      }
    }
    if (!clients_.empty() || !is_at_rest()) continue;
    // What some were waiting for may still have its time.
    const auto has_timer = [](const auto& driver) { return driver->shard().next_deadline().has_value(); };
    if (std::ranges::none_of(drivers_, has_timer)) return verify_gone();
    clock_.advance(std::chrono::milliseconds(500));
  }
  throw Failure("connections or timers are left after everybody has gone:" + describe());
}

void World::verify_gone() {
  const auto is_zero = [&](const char* what, std::uint64_t value) {
    check(value == 0, std::string(what) + " are left after everybody has gone: " + std::to_string(value));
  };
  check(sum([](auto& s) -> auto& { return s.connections; }) == 0, "connections are left on the server" + describe());
  is_zero("members", sum([](auto& s) -> auto& { return s.members; }));
  is_zero("views", sum([](auto& s) -> auto& { return s.views; }));
  is_zero("home rooms", sum([](auto& s) -> auto& { return s.home_rooms; }));
  is_zero("log bytes", sum([](auto& s) -> auto& { return s.log_bytes; }));
  for (auto& driver : drivers_) {
    is_zero("clients", driver->shard().connections());
  }
}

}  // namespace switchboard::simulation
