-- wrk: forms with HTTP Basic, taken from a file in order, each thread its own share; then from the beginning.
-- Arguments: the file, one "<base64 of :key> <form>" a line.
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

local requests = {}
local next_request = 0

function init(args)
  local line_number = 0
  for line in io.lines(args[1]) do
    line_number = line_number + 1
    if line_number % 2 == number % 2 then
      local credential, form = line:match("^(%S+) (%S+)$")
      requests[#requests + 1] = "Authorization: Basic " .. credential
        .. "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " .. #form .. "\r\n\r\n" .. form
    end
  end
end

function request()
  next_request = next_request % #requests + 1
  return "POST " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.host .. "\r\n" .. requests[next_request]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    "RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
