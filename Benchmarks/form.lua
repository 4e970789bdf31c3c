-- wrk: forms, taken from a file in order, each thread its own share; then from the beginning.
-- Argument: the file, one "<base64 of id:secret> <form>" a line; a credential "-" is none.
require "result"

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
      local authorization = credential == "-" and "" or "Authorization: Basic " .. credential .. "\r\n"
      requests[#requests + 1] = authorization
        .. "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " .. #form .. "\r\n\r\n" .. form
    end
  end
end

function request()
  next_request = next_request % #requests + 1
  return "POST " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.host .. "\r\n" .. requests[next_request]
end
