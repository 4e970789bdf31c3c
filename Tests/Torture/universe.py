"""One universe of three keys: an operation gives a request, and says what its answer must be.

An operation is a tuple of a name and small numbers; the numbers choose among what there is when it is carried out,
so that any part of a sequence is a sequence too.
"""

from booth import ACCESS_TOKEN_TYPE, API_KEY_TYPE, EXCHANGE, form
from grants import Grants
from reference import API, CREDENTIAL_REFUSED, FINE, LIFETIME, SCOPES, Key, Step


class Universe(Grants):
    """Three keys of one project, their families and tokens, as they must be at `now`.

    `now` never goes back; `wall` is the clock, which may be behind it.
    """

    # The second key may exchange the others' tokens, the third may revoke them.
    ROLES = ((), ("may_exchange",), ("may_revoke",))

    def __init__(self, booth, inspector, project, offers):
        self.booth, self.inspector, self.project = booth, inspector, project
        self.keys, self.families, self.tokens = [], [], []
        self.seen = set()
        self.now = self.wall = 0
        self.can_refresh = "refresh_token" in offers
        self.can_revoke = {"revocation", "introspection"} <= offers
        self.can_swap = ACCESS_TOKEN_TYPE in offers

    def creations(self, name):
        """The requests that make its keys; their answers go to `born`, in order."""
        for number, roles in enumerate(self.ROLES):
            body = {
                "name": f"{name}-{number}", "audiences": [API], "access_token_ttl": LIFETIME,
                "scopes": self._scopes(SCOPES, "may_revoke" in roles),
                "grant_types": ["client_credentials", EXCHANGE] + ["refresh_token"] * self.can_refresh,
            }
            if "may_exchange" in roles and self.can_swap:
                body["may_exchange"] = [self.project]
            yield self.booth.administration("POST", "keys", body)

    def born(self, shown):
        roles = self.ROLES[len(self.keys)]
        key = Key(shown["key"], shown["id"], "may_revoke" in roles, "may_exchange" in roles)
        key.scopes = tuple(shown["scopes"])
        self.keys.append(key)

    @staticmethod
    def _scopes(scopes, may_revoke):
        return [*scopes, *["tokens:revoke"] * may_revoke]

    def step(self, operation):
        """The request of an operation, or None where there is nothing that it could be about."""
        name, *numbers = operation
        return getattr(self, name)(*numbers)

    def deny(self, t, k):
        """Revokes one access token."""
        token = self._token(t)
        return token and self._end(token, self._mostly(token.client, k), token.text, "denied")

    def end(self, f, back, k):
        """Revokes a refresh token, and so its family."""
        family = self._family(f)
        text = family and family.tokens[self._generation(family, back)]
        return family and self._end(family, self._mostly(family.key, k), text, "ended")

    def _end(self, thing, key, text, mark):
        if not self.can_revoke:
            return None
        data = form("/oauth2/revoke", key.secret, token=text)
        if key.status != "active":
            return Step("public", data, (CREDENTIAL_REFUSED,))
        if key is thing.client or key.may_revoke:
            setattr(thing, mark, True)
            return Step("public", data, FINE)
        # What is over may be unknown by now.
        return Step("public", data, ((400, "unauthorized_client"),) + FINE * (not thing.is_live(self.now)))

    def see(self, t, k):
        """Introspects an access token, as its own key, another one, or a resource server."""
        token = self._token(t)
        if token is None or not self.can_revoke:
            return None
        caller = None if k % 3 == 0 else self._mostly(token.client, k)
        data = form("/oauth2/introspect", caller.secret if caller else self.inspector, token=token.text)
        if caller and caller.status != "active":
            return Step("public", data, (CREDENTIAL_REFUSED,))
        is_seen = token.is_live(self.now) and caller in (None, token.client)
        members = {"active": True, "client_id": token.client.id, "exp": token.expires, "iat": token.issued,
                   "act": token.act}
        return Step("public", data, FINE, self._report(is_seen, members, token.scope))

    def see_family(self, f, back, k):
        """Introspects a refresh token."""
        family = self._family(f)
        if family is None or not self.can_revoke:
            return None
        key = self._mostly(family.key, k)
        generation = self._generation(family, back)
        data = form("/oauth2/introspect", key.secret, token=family.tokens[generation])
        if key.status != "active":
            return Step("public", data, (CREDENTIAL_REFUSED,))
        is_seen = family.is_live(self.now) and key is family.key and generation == len(family.tokens) - 1
        members = {"active": True, "client_id": key.id, "token_use": "refresh_token"}
        return Step("public", data, FINE, self._report(is_seen, members, None))

    @staticmethod
    def _report(is_seen, members, scope):
        def check(body):
            if not is_seen:
                return None if body == {"active": False} else f"introspected as {body}, expected inactive"
            wrong = {name: body.get(name) for name, value in members.items() if body.get(name) != value}
            if scope is not None and sorted(body.get("scope", "").split()) != sorted(scope):
                wrong["scope"] = body.get("scope")
            return f"introspected with {wrong}, expected {members} and {scope}" if wrong else None

        return check

    # Administration.

    def disable(self, k):
        return self._switch(k, "disabled", "disable")

    def enable(self, k):
        return self._switch(k, "active", "enable")

    def _switch(self, k, status, verb):
        key = self.keys[k % 3]
        data = self.booth.administration("POST", f"keys/{key.id}/{verb}", {})
        if key.status == "revoked":
            return Step("admin", data, ((409, None),))
        key.status = status
        return Step("admin", data, FINE)

    def delete(self, k):
        key = self.keys[k % 3]
        key.status = "revoked"
        return Step("admin", self.booth.administration("DELETE", f"keys/{key.id}"), ((204, None),))

    def betray(self, k):
        """Whoever holds an API key can end it."""
        key = self.keys[k % 3]
        key.status = "revoked"
        data = form("/oauth2/revoke", token=key.secret, token_type_hint=API_KEY_TYPE)
        return Step("public", data, FINE) if self.can_revoke else self.delete(k)

    def hold(self, k, mask):
        """Changes the scopes of a key; it acts on the next token."""
        key = self.keys[k % 3]
        scopes = tuple(scope for bit, scope in enumerate(SCOPES) if mask >> bit & 1)
        scopes = tuple(self._scopes(scopes, key.may_revoke))
        data = self.booth.administration("PATCH", f"keys/{key.id}", {"scopes": scopes})
        if key.status == "revoked":
            return Step("admin", data, ((409, None),))
        key.scopes = scopes
        return Step("admin", data, FINE)

    # Choice.

    def _mostly(self, key, k):
        """The key that something belongs to, and now and then another one."""
        return self.keys[k // 5 % 3] if k % 5 == 0 else key

    @staticmethod
    def _generation(family, back):
        """Of a refresh token: mostly the current one, else the one before, or an older one."""
        return max(0, len(family.tokens) - 1 - (0, 0, 0, 0, 0, 1, 1, 2)[back % 8])

    def _family(self, f):
        """One of the newest, which are the most telling."""
        return self.families[-1 - f % min(len(self.families), 6)] if self.families else None

    def _token(self, t):
        return self.tokens[-1 - t % min(len(self.tokens), 12)] if self.tokens else None
