"""The chart of a full run, as SVG without any library: `python3 -m bench.chart` draws results/latest.svg.

Three panels: CPU of each kind of request beside a bare signature, latency over the share of capacity, and tokens
per CPU-second beside the peers. It follows the reader's colour scheme.
"""

import json
import math
from xml.sax.saxutils import escape

from .report import RESULTS, number

WIDTH, MARGIN, LABELS, ROW = 860, 24, 268, 22
STYLE = """
  svg { --page: #ffffff; --ink: #1f2328; --faint: #656d76; --line: #d0d7de; --bar: #2f6fb5; --other: #a8b3bf;
        --mark: #c2410c; --first: #2f6fb5; --second: #0f7b53; --third: #b35900; font: 13px system-ui, sans-serif }
  @media (prefers-color-scheme: dark) { svg { --page: #0d1117; --ink: #e6edf3; --faint: #9198a1; --line: #3d444d;
        --bar: #6cb0f5; --other: #656c76; --mark: #ff9a62; --first: #6cb0f5; --second: #4fc78f; --third: #f0a95a } }
  text { fill: var(--ink) } .faint { fill: var(--faint); font-size: 12px;
    paint-order: stroke; stroke: var(--page); stroke-width: 4px } .title { font-weight: 600; font-size: 15px }
  .end { text-anchor: end } .middle { text-anchor: middle } .bar { fill: var(--bar) } .other { fill: var(--other) }
  .spread { stroke: var(--ink); stroke-width: 1.5 } .grid { stroke: var(--line) }
  .mark { stroke: var(--mark); stroke-width: 1.5; stroke-dasharray: 4 3 } .marked { fill: var(--mark); font-size: 12px }
"""
CPU = (
    ("cpu_per_token", "client_credentials, ES256"), ("exchange_cpu", "token exchange"),
    ("refresh_cpu", "refresh, durable"), ("introspect_cpu", "introspection"), ("revoke_cpu", "revocation, durable"),
    ("jwks_cpu", "JWKS"), ("status_list_cpu", "status list"), ("metadata_cpu", "metadata"),
    ("empty_cpu", "empty answer"), ("EdDSA_cpu", "EdDSA"), ("RS256_cpu", "RS256"), ("PS256_cpu", "PS256"),
    ("tls_cpu", "TLS 1.3, kept open"), ("close_cpu", "one connection per request"),
    ("keys_100000_cpu", "100 000 keys"), ("keys_1000000_cpu", "1 000 000 keys"), ("zipf_cpu", "1 000 000 keys, Zipf"),
)
PEERS = (
    ("cpu_per_token", "Tokenbooth"), ("authlib_cpu", "Authlib, gunicorn with threads"),
    ("authlib_sync_cpu", "Authlib, gunicorn's default"),
    ("glewlwyd_cpu", "glewlwyd, fastest hash"), ("glewlwyd_default_cpu", "glewlwyd, its default"),
)
PERCENTILES = (("p999", "p99.9", "--third"), ("p99", "p99", "--second"), ("p50", "p50", "--first"))


class Drawing:
    def __init__(self):
        self.parts = []
        self.height = MARGIN

    def text(self, x, y, text, *classes):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" class="{" ".join(classes)}">{escape(text)}</text>')

    def line(self, x1, y1, x2, y2, name):
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{name}"/>')

    def title(self, text, explanation):
        self.height += 14
        self.text(MARGIN, self.height, text, "title")
        self.text(MARGIN, self.height + 19, explanation, "faint")
        self.height += 34

    def bars(self, rows, unit, mark=None):
        """Rows of (label, value, least, most, class); `mark` is a (value, label) to compare them with."""
        room = WIDTH - LABELS - MARGIN - 84
        scale = room / max(row[3] for row in rows)
        bottom = self.height + ROW * len(rows)
        if mark is not None:
            x = LABELS + mark[0] * scale
            self.line(x, self.height, x, bottom, "mark")
            self.text(x + 5, bottom + 13, mark[1], "marked")
        for label, value, least, most, name in rows:
            y = self.height
            self.text(LABELS - 10, y + 14, label, "end")
            self.parts.append(
                f'<rect x="{LABELS}" y="{y + 3}" width="{value * scale:.1f}" height="{ROW - 7}" rx="2" class="{name}"/>')
            if least != most:
                self.line(LABELS + least * scale, y + ROW / 2, LABELS + most * scale, y + ROW / 2, "spread")
            digits = 1 if value < 1000 else 0
            self.text(LABELS + max(value, most) * scale + 8, y + 14, f"{number(value, digits)} {unit}", "faint")
            self.height += ROW
        self.height += 20 if mark is None else 38

    def latencies(self, figures, shares):
        """Percentiles over the share of capacity; the scale of milliseconds is logarithmic."""
        values = [figures[f"open_loop_{share}_{name}"]["value"] for share in shares for name, _, _ in PERCENTILES]
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        left, right, top, bottom = 90, WIDTH - 110, self.height, self.height + 190

        def x(share):
            return left + (right - left) * (share - shares[0]) / (shares[-1] - shares[0])

        def y(value):
            return bottom - (bottom - top) * (math.log10(value) - low) / max(1, high - low)

        for power in range(low, high + 1):
            self.line(left, y(10 ** power), right, y(10 ** power), "grid")
            self.text(left - 10, y(10 ** power) + 4, f"{10.0 ** power:g} ms", "faint", "end")
        for share in shares:
            self.text(x(share), bottom + 18, f"{share} %", "faint", "middle")
        last = top - 20
        for name, label, colour in PERCENTILES:
            points = [(x(share), y(figures[f"open_loop_{share}_{name}"]["value"])) for share in shares]
            path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
            self.parts.append(
                f'<polyline points="{path}" style="fill: none; stroke: var({colour}); stroke-width: 2"/>')
            for a, b in points:
                self.parts.append(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" style="fill: var({colour})"/>')
            last = max(points[-1][1], last + 16)
            self.parts.append(f'<text x="{right + 12}" y="{last + 4:.1f}" style="fill: var({colour})">{label}</text>')
        self.height = bottom + 44

    def svg(self):
        height = self.height
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" '
                f'height="{height:.0f}" role="img">\n<style>{STYLE}</style>\n'
                f'<rect width="100%" height="100%" style="fill: var(--page)"/>\n' + "\n".join(self.parts) + "\n</svg>\n")


def draw(result):
    figures, drawing = result["figures"], Drawing()
    drawing.title("CPU of the server for one request", "microseconds, median and spread; less is better")
    rows = [
        (label, figures[name]["value"], figures[name]["least"], figures[name]["most"], "bar")
        for name, label in CPU if name in figures]
    signature = figures["cpu_per_signature"]["value"]
    drawing.bars(rows, "µs", (signature, f"one bare ES256 signature, {signature:.1f} µs"))
    shares = [share for share in (25, 50, 70, 90) if f"open_loop_{share}_p99" in figures]
    if len(shares) > 1:
        drawing.title("Latency from the intended start", "open loop, over the share of the capacity that is offered")
        drawing.latencies(figures, shares)
    peers = [(label, *(1e6 / figures[name][key] for key in ("value", "most", "least")))
             for name, label in PEERS if name in figures]
    if len(peers) > 1:
        drawing.title("Tokens for a second of CPU", "ES256 client_credentials, measured by turns; more is better")
        drawing.bars([(*row, "other" if number else "bar") for number, row in enumerate(peers)], "")
    return drawing.svg()


def write(result):
    (RESULTS / "latest.svg").write_text(draw(result))


if __name__ == "__main__":
    write(json.loads((RESULTS / "latest.json").read_text()))
