"""The benchmark of Tokenbooth: drives the release binary through its sockets."""
