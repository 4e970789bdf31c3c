#!/usr/bin/env python3
"""Prints cases for the match of addresses and ranges, judged by Python's `ipaddress`.

usage: address_cases.py SEED COUNT

One case a line: a range, an address, and `1` for a match, `0` for none, `x` for a range that is to be refused.
Tests/AuthorizationServerTests holds ours against them.
"""

import ipaddress
import random
import sys

MAPPED = 0xFFFF << 32


def number(chance, width):
    """Any number of so many bits; every other one with long runs of zeros or ones, as real addresses have them."""
    if chance.random() < 0.5:
        return chance.getrandbits(width)
    few = chance.getrandbits(width) & chance.getrandbits(width) & chance.getrandbits(width)
    return few if chance.random() < 0.7 else few ^ ((1 << width) - 1)


def length(chance, width):
    """A prefix length; one in five is at an end."""
    return chance.choice((0, 1, width - 1, width)) if chance.random() < 0.2 else chance.randint(0, width)


def peer(chance, base, size, width):
    """An address that is about as often within the range as it is not, and often at the rim."""
    top = (1 << width) - 1
    last = base | (1 << size) - 1
    kind = chance.randrange(8)
    if kind < 2:
        return base | chance.getrandbits(size) if size else base
    if kind == 2:
        return chance.choice((base, last))
    if kind == 3:
        return chance.choice((base - 1, last + 1)) & top
    if kind == 4:  # One bit off, most often the last that counts.
        return base ^ (1 << (min(size, width - 1) if chance.random() < 0.5 else chance.randrange(width)))
    return number(chance, width)


def text(chance, address):
    """One of the usual ways to write it."""
    if address.version == 4:
        if chance.random() < 0.5:
            return str(address)
        value = int(address)
        return chance.choice((f"::ffff:{address}", f"::FFFF:{value >> 16:x}:{value & 0xffff:x}", f"0:0:0:0:0:ffff:{address}"))
    return chance.choice((str, lambda a: a.exploded, lambda a: str(a).upper()))(address)


def case(chance):
    width = chance.choice((32, 128))
    kind = ipaddress.IPv4Address if width == 32 else ipaddress.IPv6Address
    prefix = length(chance, width)
    size = width - prefix
    written = number(chance, width)
    if chance.random() < 0.95:
        written = written >> size << size
    elif width == 128 and chance.random() < 0.5:
        written, prefix = MAPPED | written & 0xFFFFFFFF, chance.randint(96, 128)
    rule = f"{kind(written)}/{prefix}"

    other = 160 - width if chance.random() < 0.05 else width
    value = peer(chance, written, size, width) if other == width else number(chance, other)
    address = ipaddress.IPv4Address(value) if other == 32 else ipaddress.IPv6Address(value)
    # An IPv4 address that comes as IPv6 is the IPv4 address, to us.
    if other == 128 and address.ipv4_mapped:
        address = address.ipv4_mapped
    try:
        network = ipaddress.ip_network(rule, strict=True)
    except ValueError:
        return rule, text(chance, address), "x"
    # And a mapped range could be read in two ways: nobody may write it.
    if network.version == 6 and network.network_address.ipv4_mapped:
        return rule, text(chance, address), "x"
    return rule, text(chance, address), "1" if address in network else "0"


def main(seed, count):
    chance = random.Random(int(seed))
    for _ in range(int(count)):
        print(*case(chance))


if __name__ == "__main__":
    main(*sys.argv[1:])
