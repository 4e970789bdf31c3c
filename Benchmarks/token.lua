-- wrk: client_credentials with HTTP Basic, a key drawn at random for every request.
-- Arguments: a file with one base64 of ":key" a line, all of one length; "close" for one connection per request.
require "result"

local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

-- The file as it is: a million lines as strings of their own would take seconds.
local keys, width, count
local head, tail

function init(args)
  math.randomseed(os.time() * 16 + number)
  local file = assert(io.open(args[1], "rb"))
  keys = file:read("*a")
  file:close()
  width = assert(keys:find("\n"))
  assert(#keys % width == 0, "lines of different lengths")
  count = #keys / width
  local form = "grant_type=client_credentials"
  local close = args[2] == "close" and "\r\nConnection: close" or ""
  head = "POST /oauth2/token HTTP/1.1\r\nHost: " .. wrk.host .. close .. "\r\nAuthorization: Basic "
  tail = "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " .. #form .. "\r\n\r\n" .. form
end

function request()
  local first = math.random(0, count - 1) * width
  return head .. keys:sub(first + 1, first + width - 1) .. tail
end
