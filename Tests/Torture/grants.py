"""The operations of the model that give tokens."""

from booth import ACCESS_TOKEN_TYPE, API_KEY_TYPE, EXCHANGE, form
from reference import ACTORS, CREDENTIAL_REFUSED, FAMILIES, FINE, GRACE, LIFETIME, TOKEN_REFUSED, WISHES, Family, Step, Token


class Grants:
    """What the token endpoint gives; the keys, families and tokens are those of a ``Universe``."""

    def get(self, k, wish):
        return self._own(k, wish, grant_type="client_credentials")

    def open(self, k, wish):
        key = self.keys[k % 3]
        return self._own(k, wish, self.can_refresh, grant_type=EXCHANGE, subject_token=key.secret,
                         subject_token_type=API_KEY_TYPE)

    def _own(self, k, wish, opens=False, **parameters):
        key, wanted = self.keys[k % 3], WISHES[wish % len(WISHES)]
        data = form("/oauth2/token", key.secret, scope=wanted, **parameters)
        if key.status != "active":
            return Step("public", data, (CREDENTIAL_REFUSED,))
        scope = tuple(wanted.split()) if wanted else key.scopes
        if not set(scope) <= set(key.scopes):
            return Step("public", data, ((400, "invalid_scope"),))
        if not opens:
            return Step("public", data, FINE, self._granted(key, scope))
        return Step("public", data, FINE, self._granted(key, scope, self._opened(key, scope), 0))

    def _opened(self, key, scope):
        """The new family; those idle longest end where there would be too many."""
        live = [family for family in self.families if family.key is key and family.is_live(self.now)]
        live.sort(key=lambda family: (family.rotated, family.number))
        for surplus in live[: max(0, len(live) - FAMILIES + 1)]:
            surplus.ended = True
        family = Family(key, scope, self.now, self.now, len(self.families), [None])
        self.families.append(family)
        return family

    def _granted(self, key, scope, family=None, generation=None, actors=(), end=None):
        """Binds what comes to what it must be; `generation` is that of the refresh token beside it."""
        # Judged by the time that never goes back, issued by the clock as it stands.
        issued = self.wall
        end = min(filter(None, (issued + LIFETIME, family and family.expires, end)))
        token = Token(key, family, scope, issued, end, actors=actors)
        self.tokens.append(token)

        def check(body):
            token.text = body["access_token"]
            if token.text in self.seen:
                return "an access token came twice"
            self.seen.add(token.text)
            if sorted(body.get("scope", "").split()) != sorted(scope):
                return f"scope {body.get('scope')}, expected {scope}"
            if body["expires_in"] != end - token.issued:
                return f"expires_in {body['expires_in']}, expected {end - token.issued}"
            return self._successor(family, generation, body.get("refresh_token"))

        return check

    def _successor(self, family, generation, text):
        """Each generation has one refresh token, however often it is given out."""
        if text is None or generation is None:
            return None if (text is None) == (generation is None) else f"refresh token {text}"
        if family.tokens[generation] is None:
            if text in self.seen:
                return "a refresh token came twice"
            self.seen.add(text)
            family.tokens[generation] = text
        return None if family.tokens[generation] == text else "a second successor of one refresh token"

    def refresh(self, f, back, wish, k):
        family = self._family(f)
        if family is None:
            return None
        key = self._mostly(family.key, k)
        generation = self._generation(family, back)
        wanted = WISHES[wish % len(WISHES)]
        data = form("/oauth2/token", key.secret, grant_type="refresh_token", scope=wanted,
                    refresh_token=family.tokens[generation])
        if key.status != "active":
            return Step("public", data, (CREDENTIAL_REFUSED,))
        if key is not family.key or not family.is_live(self.now):
            return Step("public", data, (TOKEN_REFUSED,))
        back = len(family.tokens) - 1 - generation
        if back > 1 or (back == 1 and self.now - family.rotated >= GRACE):
            family.ended = True
            return Step("public", data, (TOKEN_REFUSED,))
        scope = tuple(wanted.split()) if wanted else tuple(s for s in family.scope if s in key.scopes)
        if not set(scope) <= set(family.scope) & set(key.scopes):
            return Step("public", data, ((400, "invalid_scope"),))
        if back == 0:
            family.rotated = self.now
            family.tokens.append(None)
        return Step("public", data, FINE, self._granted(key, scope, family, len(family.tokens) - 1))

    def swap(self, t, wish, k, a):
        """A token of ours for one that is as wide or narrower; k: who asks; a: now and then with an actor token."""
        token = self._token(t)
        if token is None or not self.can_swap:
            return None
        key, wanted = self._mostly(token.client, k), WISHES[wish % len(WISHES)]
        actor = self._token(a // 3) if a % 3 == 0 else None
        data = form("/oauth2/token", key.secret, grant_type=EXCHANGE, subject_token=token.text, scope=wanted,
                    subject_token_type=ACCESS_TOKEN_TYPE, actor_token=actor and actor.text,
                    actor_token_type=actor and ACCESS_TOKEN_TYPE)
        if key.status != "active":
            return Step("public", data, (CREDENTIAL_REFUSED,))
        is_one_more = actor is not None or key is not token.client
        if (not token.is_live(self.now) or not (key is token.client or key.may_exchange)
                or actor and not (actor.is_live(self.now) and actor.client is key and not actor.actors)
                or is_one_more and len(token.actors) == ACTORS):
            return Step("public", data, ((400, "invalid_request"),))
        scope = tuple(wanted.split()) if wanted else token.scope
        if not set(scope) <= set(token.scope):
            return Step("public", data, ((400, "invalid_scope"),))
        actors = (key, *token.actors) if is_one_more else token.actors
        granted = self._granted(token.key, scope, token.family, actors=actors, end=token.expires)
        return Step("public", data, FINE, granted)
