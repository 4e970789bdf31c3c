"""What a disk may hold after a power cut, from a record of the system calls that wrote to it.

Certain is what was there at the beginning, and what a sync has ended for since; of everything later any part may be
there too, in sectors: none of it, all of it, or some. The same holds for names: those of a folder are certain since
its last sync, and of the changes after it any number, in their order.
"""

import collections
import pathlib
import re

SECTOR = 512
WRITING = ("pwrite64", "write", "ftruncate")
# All calls that change a file or a folder; those that are not understood end the run when they do.
CALLS = (*WRITING, "openat", "rename", "unlink", "fsync", "fdatasync", "writev", "sendto", "sendmsg", "pwritev", "open",
         "creat", "fallocate", "renameat", "renameat2", "unlinkat", "link", "linkat", "sync_file_range", "truncate")
# Shared memory is gone with the power, whatever file it was.
MEMORY = "-shm"
UNFINISHED = " <unfinished ...>"

LINE = re.compile(r"(\d+) +(?:(\w+)\((.*)|<\.\.\. (\w+) resumed>(.*))$")
FILE = re.compile(r"(\d+)<(.*?)>")
PLACE = re.compile(r'(?:AT_FDCWD|\d+)<((?:\\x[0-9a-f]{2})*)>, "((?:\\x[0-9a-f]{2})*)"')
TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
PEER = re.compile(r"TCP:\[[\d.:]+->[\d.]+:(\d+)\]")

Call = collections.namedtuple("Call", "thread name arguments is_end result")


def calls(lines):
    """Two calls for each line of strace's record, or for each half of one: the beginning, and the end."""
    begun = {}
    for line in lines:
        match = LINE.match(line)
        if not match:
            continue
        thread, name, arguments, resumed, rest = match.groups()
        if resumed:
            name, arguments = resumed, begun.pop((thread, resumed), "") + rest
        elif arguments.endswith(UNFINISHED):
            begun[thread, name] = arguments.removesuffix(UNFINISHED)
            yield Call(thread, name, begun[thread, name], False, None)
            continue
        arguments, _, result = arguments.rpartition(" = ")
        arguments = arguments.rstrip().removesuffix(")")
        if not resumed:
            yield Call(thread, name, arguments, False, None)
        yield Call(thread, name, arguments, True, result)


def plain(text):
    return bytes.fromhex(text.replace("\\x", ""))


def strings(call):
    """What the call was given as bytes, each whole."""
    found = TEXT.findall(call.arguments)
    if any(is_cut for _, is_cut in found):
        raise RuntimeError(f"strace has cut an argument of {call.name}")
    return [plain(text) for text, _ in found]


class File:
    def __init__(self, content=b""):
        self.certain = bytearray(content)
        # What was done since, in order, and how much of it was done before a sync that has begun.
        self.later = []

    def content(self, chosen):
        """The certain bytes and, of each later write, the sectors that `chosen` says."""
        bytes_ = bytearray(self.certain)
        for change in self.later:
            apply(bytes_, change, chosen)
        return bytes_


def apply(content, change, chosen=lambda: True):
    position, data = change
    if data is None:
        if chosen():
            del content[position:]
            content.extend(bytes(position - len(content)))
        return
    start = 0
    while start < len(data):
        end = min(len(data), start + SECTOR - (position + start) % SECTOR)
        if chosen():
            content.extend(bytes(max(0, position + start - len(content))))
            content[position + start : position + end] = data[start:end]
        start = end


class Disk:
    """Some folders, as they may be after a power cut at this moment."""

    def __init__(self, parent, names, saved):
        """The folders of these names; `saved` has them as they were when the record begins."""
        self.parent, self.folders = parent, tuple(str(parent / name) for name in names)
        paths = [path for name in names for path in (saved / name).rglob("*") if path.is_file()]
        self.certain = {str(parent / path.relative_to(saved)): File(path.read_bytes()) for path in paths}
        # Changes of names that no sync of their folder has followed, in order.
        self.names, self.later = dict(self.certain), []
        self.positions, self.syncing, self.checkpoints = {}, {}, 0

    def see(self, call):
        """Takes one half of a call."""
        kind = getattr(self, f"_{call.name}", None)
        if kind is not None:
            kind(call)
        elif any(folder in plain_paths(call) for folder in self.folders):
            raise RuntimeError(f"{call.name} is not understood: {call.arguments[:200]}")

    def left(self, target, rng, share):
        """Writes what may be there below another folder; of all later sectors and names about this share survives."""
        def chosen():
            return rng.random() < share

        names = dict(self.certain)
        for path, file in self.later[: sum(chosen() for _ in self.later)]:
            rename(names, path, file)
        for path, file in names.items():
            if not path.endswith(MEMORY):
                place = target / pathlib.Path(path).relative_to(self.parent)
                place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                place.write_bytes(file.content(chosen))
                place.chmod(0o600)

    # Calls. A write may be on the disk as soon as it begins, and a sync counts when it has ended.

    def _file(self, call):
        """The descriptor's number, its path and its file; the path is None when it is not of this folder."""
        match = FILE.match(call.arguments)
        path = plain(match.group(2)).decode() if match and match.group(2).startswith("\\x") else ""
        if not path.startswith(self.folders) or path.endswith(MEMORY):
            return None, None, None
        return match.group(1), path, self.names.get(path)

    def _openat(self, call):
        match = FILE.match(call.result or "")
        if match is None or "\\x" not in match.group(2):
            return
        path = plain(match.group(2)).decode()
        if path.startswith(self.folders) and ("O_WRONLY" in call.arguments or "O_RDWR" in call.arguments):
            if path not in self.names:
                self._named(path, File())
            elif "O_TRUNC" in call.arguments:
                self.names[path].later.append((0, None))
            self.positions[match.group(1)] = 0

    def _pwrite64(self, call):
        _, path, file = self._file(call)
        if path is not None and not call.is_end:
            file.later.append((int(call.arguments.rsplit(", ", 1)[1]), strings(call)[-1]))
            self.checkpoints += path.endswith(".db")

    def _write(self, call):
        number, path, file = self._file(call)
        if path is not None and not call.is_end:
            data = strings(call)[-1]
            file.later.append((self.positions[number], data))
            self.positions[number] += len(data)

    def _ftruncate(self, call):
        _, path, file = self._file(call)
        if path is not None and not call.is_end:
            file.later.append((int(call.arguments.rsplit(", ", 1)[1]), None))

    def _fdatasync(self, call):
        _, path, file = self._file(call)
        if path is None:
            return
        if not call.is_end:
            # A write that has not ended before the sync began is not covered by it; none overlaps here but in time.
            self.syncing[call.thread] = len(file.later) if file else len(self.later)
            return
        count = self.syncing.pop(call.thread)
        if not call.result.startswith("0"):
            return
        if file:
            for change in file.later[:count]:
                apply(file.certain, change)
            del file.later[:count]
        else:
            kept = [change for change in self.later[:count] if str(pathlib.Path(change[0]).parent) != path]
            for name, content in self.later[:count]:
                if str(pathlib.Path(name).parent) == path:
                    rename(self.certain, name, content)
            self.later[:count] = kept

    _fsync = _fdatasync

    def _rename(self, call, paths=None):
        if call.is_end and call.result.startswith("0"):
            source, target = paths or [text.decode() for text in strings(call)]
            if target.startswith(self.folders):
                self._named(target, self.names[source])
                self._named(source, None)

    def _renameat(self, call):
        self._rename(call, places(call))

    def _unlink(self, call, paths=None):
        if call.is_end and call.result.startswith("0"):
            path = (paths or [strings(call)[0].decode()])[0]
            if path in self.names:
                self._named(path, None)

    def _unlinkat(self, call):
        self._unlink(call, places(call))

    def _named(self, path, file):
        self.later.append((path, file))
        rename(self.names, path, file)


def rename(names, path, file):
    if file is None:
        names.pop(path, None)
    else:
        names[path] = file


def places(call):
    """The paths of a call that has each as an open folder and a name there."""
    return [str(pathlib.Path(plain(folder).decode(), plain(name).decode())) for folder, name in PLACE.findall(call.arguments)]


def plain_paths(call):
    """All paths and texts of a call, in one."""
    found = re.findall(r"(?:\\x[0-9a-f]{2})+", call.arguments)
    return " ".join(plain(text).decode(errors="replace") for text in found)


def answered(call):
    """The client's port when a call begins to send the head of an answer, else None."""
    if call.is_end or call.name not in ("write", "writev", "sendto", "sendmsg"):
        return None
    peer = PEER.search(call.arguments)
    first = TEXT.search(call.arguments)
    if peer is None or first is None or not plain(first.group(1)).startswith(b"HTTP/1.1 "):
        return None
    return int(peer.group(1))
