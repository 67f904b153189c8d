// The rows of the table, by section: each appends those of its section.
#pragma once

#include <vector>

#include "config/setting.h"

namespace switchboard::config {

void add_server(std::vector<Setting>& out);
void add_listeners(std::vector<Setting>& out);
void add_limits(std::vector<Setting>& out);
void add_rates(std::vector<Setting>& out);            // of "limits"
void add_operation_rates(std::vector<Setting>& out);  // too
void add_user_rates(std::vector<Setting>& out);       // too
void add_heartbeat(std::vector<Setting>& out);
void add_delivery(std::vector<Setting>& out);
void add_compression(std::vector<Setting>& out);
void add_tls(std::vector<Setting>& out);
void add_auth(std::vector<Setting>& out);
void add_issuers(std::vector<Setting>& out);
void add_api(std::vector<Setting>& out);
void add_hooks(std::vector<Setting>& out);
void add_webhooks(std::vector<Setting>& out);
void add_api_rates(std::vector<Setting>& out);  // of "api"
void add_log(std::vector<Setting>& out);
void add_rooms(std::vector<Setting>& out);
void add_room_rates(std::vector<Setting>& out);  // of "rooms"
void add_history(std::vector<Setting>& out);
void add_direct(std::vector<Setting>& out);

}  // namespace switchboard::config
