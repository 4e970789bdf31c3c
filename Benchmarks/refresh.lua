-- wrk: refreshes. Each answer brings the refresh token of a later request of the same family.
-- Arguments: a file, one "<base64 of :key> <refresh token>" a line; at least one for each connection.
require "result"

local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

-- Families that no request is under way for, oldest first. An answer does not say which connection it came on:
-- so its credential is found by the family, the first 22 characters of a refresh token after its prefix.
local waiting, first, last = {}, 1, 0
local credentials = {}

local function put(token)
  last = last + 1
  waiting[last] = token
end

function init(args)
  local line_number = 0
  for line in io.lines(args[1]) do
    line_number = line_number + 1
    if line_number % 2 == number % 2 then
      local credential, token = line:match("^(%S+) (%S+)$")
      credentials[token:sub(5, 26)] = credential
      put(token)
    end
  end
end

function request()
  local token = waiting[first]
  waiting[first] = nil
  first = first + 1
  local form = "grant_type=refresh_token&refresh_token=" .. token
  return "POST " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.host .. "\r\nAuthorization: Basic "
    .. credentials[token:sub(5, 26)]
    .. "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " .. #form .. "\r\n\r\n" .. form
end

function response(status, headers, body)
  local token = body:match('"refresh_token":"([^"]+)"')
  if token then put(token) end
end
