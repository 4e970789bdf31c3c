-- wrk: every connection follows a chain of refresh tokens; one connection for each thread (-t and -c alike).
-- The argument is a file with a base64 of ":key" and a refresh token a line, one line for each thread.
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

local head, token

function init(args)
  local count = 0
  for line in io.lines(args[1]) do
    count = count + 1
    if count == number then
      local key
      key, token = line:match("^(%S+) (%S+)$")
      -- A form of 60 characters of token: its length never changes.
      head = "POST /oauth2/token HTTP/1.1\r\nHost: " .. wrk.host .. "\r\nAuthorization: Basic " .. key
        .. "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 99\r\n\r\n"
        .. "grant_type=refresh_token&refresh_token="
    end
  end
end

function request()
  return head .. token
end

function response(status, headers, body)
  token = body:match('"refresh_token":"([^"]+)"') or token
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    "RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
