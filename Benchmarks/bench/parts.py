"""The parts of a run. Each can be measured without the others, and one that fails does not take them along."""

import sys
import time
import traceback
from pathlib import Path

from . import beside, denials, figures, http, imports, instructions, latency, openloop, star, startup
from .cell import measure_rounds
from .signature import Denominators
from .turns import measure_turns
from .site import Site

#: All of a full run, in order: what leaves something behind on the base server comes late.
ALL = ("denials", "star", "starts", "latency", "peers", "revocations", "imports", "instructions")


class Parts:
    def __init__(self, options, report, tools):
        self.options, self.report, self.tools, self.scale = options, report, tools, tools.scale
        self.is_quick = report.result["mode"] == "quick"
        self.base, self.sites = None, {}

    def run(self, names):
        """What was measured before, in a run that is continued, is not measured again."""
        for name in names:
            if name in self.report.result["parts"]:
                continue
            print(f"{time.strftime('%H:%M:%S')} {name}", file=sys.stderr, flush=True)
            begin, before = time.monotonic(), self.report.names()
            try:
                getattr(self, name)()
            except (Exception, SystemExit) as failure:
                # Half a part is none: its figures would be taken for whole ones.
                self.report.keep(before)
                self.report.failed.append(name)
                print(f"{name} FAILED", file=sys.stderr)
                traceback.print_exception(failure)
                continue
            self.report.result["parts"][name] = round(time.monotonic() - begin)
            print(f"{name}: {self.report.result['parts'][name]} seconds", file=sys.stderr, flush=True)
            self.report.write_unfinished()

    def base_site(self):
        """The server of the base cell; a new one when it has gone."""
        if self.base is None or self.base.server.process.poll() is not None:
            name = "base" if self.base is None else f"base-{len(self.tools.running)}"
            self.base = Site(self.tools, name, star.BASE_KEYS)
        return self.base

    def keyed(self, count):
        """The server with that many keys."""
        if count not in self.sites:
            self.sites[count] = Site(self.tools, f"keys-{count}", self.scale.keys(count))
        return self.sites[count]

    def denials(self):
        denials.report(self.tools, self.report)

    def star(self):
        site = self.base_site()
        base = star.base_cell(site)
        others = star.quick_cells(site, self.scale) if self.is_quick else [
            *star.grant_cells(site, self.scale), *star.other_cells(self.tools, site, self.keyed)]
        cells = [base, *others]
        denominators = Denominators(["ES256"] if self.is_quick else ["ES256", "EdDSA", "RS256"])
        measure_rounds(cells, denominators, self.scale.rounds, self.scale.seconds)
        if not self.is_quick:
            denominators.runs["PS256"] = denominators.runs["RS256"]
        turns = star.turn_cells(site) if self.is_quick else star.turn_cells(
            site, Site(self.tools, "tls", star.BASE_KEYS, tls=True), self.keyed)
        measure_turns(turns, self.scale.rounds, self.scale.turns)
        cells += turns
        figures.verify_samples(cells)
        figures.report_base(self.report, base, denominators)
        figures.report_cells(self.report, {cell.name: cell for cell in cells}, denominators)
        figures.report_log(self.report, cells)

    def starts(self):
        """The servers with the most keys are stopped and started again and again."""
        for count in star.KEY_COUNTS[1:]:
            server = self.keyed(count).server
            basic = Path(server.directory / "credentials").read_bytes().split(b"\n", 1)[0]
            server.stop()
            runs = startup.first_token_ms(server, basic, self.scale.starts)
            self.report.figure(f"start_{count}", f"{star.number(count, 0)} keys: start to first token", runs, "ms", 0)
            self.report.runs(f"start_{count}_ms", runs)
        # Only the server of the base cell is needed from here on.
        self.sites = {}
        for server in self.tools.running:
            if self.base is None or server is not self.base.server:
                server.kill()

    def latency(self):
        site, scale = self.base_site(), self.scale
        requests = [http.token_request(basic) for basic in site.credentials]
        file = openloop.write_requests(self.tools.directory / "open-loop", requests)
        loop = latency.OpenLoop(self.tools.generator, site, file, requests[0])
        for _ in range(scale.rounds):
            loop.measure_capacity(scale.seconds)
            for share in latency.SHARES:
                loop.measure_below(share, scale.open_loop_seconds)
        for _ in range(scale.rounds):
            for factor in loop.above:
                loop.measure_capacity(scale.seconds)
                loop.measure_above(factor, scale.open_loop_seconds)
        figures.report_latency(self.report, loop)

    def peers(self):
        base, peers = star.base_cell(self.base_site()), beside.peer_cells(self.tools)
        measure_rounds([base, *peers], Denominators([]), self.scale.rounds, self.scale.peer_seconds)
        figures.verify_samples(peers)
        figures.report_peers(self.report, base.runs, peers)
        for peer in peers:
            peer.server.kill()

    def revocations(self):
        """After everything else on its server, by turns with the base cell."""
        site, scale = self.base_site(), self.scale
        base, revoke = star.base_cell(site), star.revoke_cell(site, scale)
        measure_rounds([base, revoke], Denominators([]), scale.rounds, scale.revoke_seconds)
        if any(run["requests"] > scale.revoked for run in revoke.runs):
            raise SystemExit("there were fewer tokens than revocations")
        figures.report_cells(self.report, {"token": base, "revoke": revoke}, Denominators([]))

    def imports(self):
        imports.report(self.tools, self.report)

    def instructions(self):
        site = self.base_site()
        site.server.stop()
        instructions.report(self.report, self.options.binary, self.options.probe, site, self.tools.directory)
