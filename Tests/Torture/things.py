"""What the ledger outside knows of each object: its possible states, from what was sent and what was answered.

An acknowledged change makes the new state the only possible one. A change whose answer never came leaves two:
before and after. A change that was refused leaves what there was. After a restart the service is asked, and what it
says must be one of the possible states, whole.
"""

import collections
import time

Call = collections.namedtuple("Call", "kind thing listener data change expected answered copies")
# The longest grace there is; a replay is only tried within two thirds of it.
GRACE = 60


def call(kind, thing, listener, data, change=lambda state: state, expected=(200,), answered=None, copies=1):
    """One mutation: `change` says what it does to a state, `answered` takes the acknowledgement, gives complaints."""
    return Call(kind, thing, listener, data, change, expected, answered, copies)


def distinct(states):
    return [state for index, state in enumerate(states) if state not in states[:index]]


class Thing:
    """An object of the service; a state is None (absent), a word, or a dict of fields."""

    def __init__(self, kind, name, state=None):
        self.kind, self.name = kind, name
        self.possible = [state]
        self.past = []
        self.touched = True

    def acknowledged(self, change):
        self.past = distinct(self.past + self.possible)[-20:]
        self.possible = distinct([change(state) for state in self.possible])
        self.touched = True

    def unanswered(self, change):
        self.possible = distinct(self.possible + [change(state) for state in self.possible])
        self.touched = True

    @property
    def state(self):
        """The state when only one is possible, else None."""
        return self.possible[0] if len(self.possible) == 1 else None

    def seen(self, state, complain):
        """The service says that the object is in this state."""
        self.touched = False
        if state in self.possible:
            self.possible = [state]
            return
        word = "lost" if state in self.past or state is None else "half"
        complain(word, self, f"found {state}, possible {self.possible}")
        self.possible = [state]

    def __repr__(self):
        return f"{self.kind} {self.name}"


class Record(Thing):
    """A row of the admin API, such as a key or a scope. Each version of it has fields of its own."""

    def __init__(self, kind, name):
        super().__init__(kind, name)
        self.id = name if kind in ("scope", "audience") else None
        self.secret = None
        self.version = 0

    @property
    def collection(self):
        return f"{self.kind}s"

    def next_fields(self, number):
        """The fields of one version; any two of neighbouring versions differ in several places."""
        self.version = number
        some = ["torture:a"] + (["torture:b"] if number & 1 else []) + (["torture:c"] if number & 2 else [])
        if self.kind == "key":
            return {
                "description": f"v{number}", "scopes": some, "claims": {"version": number},
                "audiences": ["https://api.example", f"https://v{number}.example"],
            }
        if self.kind == "project":
            return {
                "default_audiences": [f"https://v{number}.example"], "default_scopes": some,
                "access_token_ttl": 30 + number % 3500,
            }
        if self.kind == "role":
            return {"description": f"v{number}", "scopes": some}
        if self.kind in ("scope", "group"):
            return {"description": f"v{number}"}
        return {"typ": "at+jwt" if number & 1 else "JWT", "alg": "ES256" if number & 2 else "EdDSA"}

    def visible(self, answer):
        """The state that the admin API shows; the order of scopes is the server's."""
        names = set(self.next_fields(self.version)) | ({"status"} if self.kind == "key" else set())
        fields = {name: answer[name] for name in names}
        for name in ("scopes", "default_scopes"):
            if name in fields:
                fields[name] = sorted(fields[name])
        return fields


class AccessToken(Thing):
    """`live` or `denied` by its own jti; whether it is active also hangs on its key and its family."""

    def __init__(self, key, token, family=None):
        super().__init__("access token", token[-8:], "live")
        self.key, self.token, self.family = key, token, family


class Family(Thing):
    """A refresh family: `live` or `revoked`, and the chain of its tokens as far as it was answered."""

    def __init__(self, key, answer):
        super().__init__("family", answer["refresh_token"][4:14], "live")
        self.key = key
        self.chain = [answer["refresh_token"]]
        self.successors = {}
        self.rotated = time.monotonic()
        self.in_doubt = False
        self.access = AccessToken(key, answer["access_token"], self)

    @property
    def current(self):
        return self.chain[-1]

    def refreshed(self, presented, answer):
        """Takes the answer to a refresh; gives what is wrong with it."""
        successor = answer["refresh_token"]
        known = self.successors.setdefault(presented, successor)
        self.in_doubt = False
        if known != successor:
            return "half", "two successors of one refresh token"
        if presented == self.current:
            self.chain = [*self.chain[-3:], successor]
            self.rotated = time.monotonic()
            self.access = AccessToken(self.key, answer["access_token"], self)
        return None

    @property
    def is_young(self):
        return time.monotonic() - self.rotated < GRACE * 2 / 3


class Ledger:
    """Counts what was sent, acknowledged, left open and refused, by kind, and keeps what was found wrong."""

    def __init__(self):
        self.counts = collections.defaultdict(collections.Counter)
        self.complaints = []

    def complain(self, word, thing, text):
        self.counts[thing.kind][word] += 1
        self.complaints.append(f"{word}: {thing}: {text}")

    def sent(self, mutation):
        self.counts[mutation.kind]["sent"] += 1

    def unanswered(self, mutation):
        self.counts[mutation.kind]["maybe"] += 1
        mutation.thing.unanswered(mutation.change)
        if isinstance(mutation.thing, Family):
            mutation.thing.in_doubt = True

    def answered(self, mutation, answer):
        if answer.status in mutation.expected:
            mutation.thing.acknowledged(mutation.change)
            # What goes on after the answer counts when it has come to its end.
            wrong = mutation.answered(answer) if mutation.answered else None
            self.counts[mutation.kind]["refused" if wrong and wrong[0] == "refused" else "acknowledged"] += 1
            if wrong is not None and wrong[0] != "refused":
                self.complain(wrong[0], mutation.thing, f"{mutation.kind}: {wrong[1]}")
        elif answer.status == 503:
            # Nothing was changed, it says: the possible states stay what they were.
            self.counts[mutation.kind]["refused"] += 1
            mutation.thing.touched = True
        else:
            self.complain("wrong", mutation.thing, f"{mutation.kind} was answered {answer}")

    def merge(self, other):
        for kind, counter in other.counts.items():
            self.counts[kind].update(counter)
        self.complaints += other.complaints

    def table(self):
        """One line for each kind of mutation."""
        words = ("sent", "acknowledged", "maybe", "refused")
        yield f"{'mutation':22}" + "".join(f"{word:>13}" for word in words)
        for kind in sorted(kind for kind, counter in self.counts.items() if counter["sent"]):
            yield f"{kind:22}" + "".join(f"{self.counts[kind][word]:13}" for word in words)
        total = sum(self.counts.values(), collections.Counter())
        yield f"lost={total['lost']} half={total['half']} wrong={total['wrong']}"
