import AsyncHTTPClient
enum AdminClientPlaceholder {}
