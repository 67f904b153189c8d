-- For wrk: publishes by the HTTP API. KEY and BATCH (messages in a request; 1: POST publish) come from the environment.
local batch = tonumber(os.getenv("BATCH") or "1")
local message = '{"room_id":"bench:%d","content":"' .. string.rep("x", 100) .. '"}'

wrk.method = "POST"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("KEY")
wrk.headers["Content-Type"] = "application/json"

local count = 0
function request()
  count = count + 1
  if batch == 1 then
    return wrk.format(nil, "/api/v1/publish", nil, string.format(message, count % 100))
  end
  local messages = {}
  for i = 1, batch do messages[i] = string.format(message, (count + i) % 100) end
  return wrk.format(nil, "/api/v1/batch", nil, '{"messages":[' .. table.concat(messages, ",") .. "]}")
end

function done(summary, latency)
  io.write(string.format("messages/s %.0f, requests/s %.0f, not 2xx %d, p99 %.2f ms\n",
    summary.requests * batch / (summary.duration / 1e6), summary.requests / (summary.duration / 1e6),
    summary.errors.status, latency:percentile(99) / 1000))
end
