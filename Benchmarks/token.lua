-- wrk: client_credentials with HTTP Basic, a key drawn at random for every request.
-- Arguments: a file with one base64 of ":key" a line; "close" for one connection per request.
require "result"

local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

local keys = {}
local head, tail

function init(args)
  math.randomseed(os.time() * 16 + number)
  for line in io.lines(args[1]) do keys[#keys + 1] = line end
  local form = "grant_type=client_credentials"
  local close = args[2] == "close" and "\r\nConnection: close" or ""
  head = "POST /oauth2/token HTTP/1.1\r\nHost: " .. wrk.host .. close .. "\r\nAuthorization: Basic "
  tail = "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " .. #form .. "\r\n\r\n" .. form
end

function request()
  return head .. keys[math.random(#keys)] .. tail
end
