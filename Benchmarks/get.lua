-- wrk: GET of the path, again and again.
require "result"
