"""A long line: packets that come in by a TUN interface go out of it again, later, and as if routers stood between.

    long_line.py INTERFACE MILLISECONDS HOPS

The kernel routes packets into the interface and takes them from it; HOPS routers 198.18.0.1, .2 … lower the time to live
(RFC 1812 section 5.3.1) and say "time exceeded" (RFC 792) where it ends. IPv6 is delayed only. Standard library only.
"""

import asyncio
import fcntl
import os
import struct
import sys

IFF_TUN_NO_PI = 0x0001 | 0x1000
TUNSETIFF = 0x400454CA


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[: len(data) // 2 * 2])) + (data[-1] << 8 if len(data) % 2 else 0)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def header(packet, **fields):
    """The packet's IPv4 header with other fields, its checksum new."""
    head = bytearray(packet[: (packet[0] & 15) * 4])
    for name, value in fields.items():
        at, form = {"length": (2, "!H"), "ttl": (8, "!B"), "protocol": (9, "!B"), "source": (12, "!4s"), "to": (16, "!4s")}[name]
        struct.pack_into(form, head, at, value)
    struct.pack_into("!H", head, 10, 0)
    struct.pack_into("!H", head, 10, checksum(bytes(head)))
    return bytes(head)


def time_exceeded(packet, hop):
    size = (packet[0] & 15) * 4
    body = struct.pack("!BBHI", 11, 0, 0, 0) + packet[: size + 8]
    body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
    router = bytes([198, 18, 0, hop])
    return header(packet[:20], length=20 + len(body), ttl=64, protocol=1, source=router, to=packet[12:16]) + body


def carried(packet, hops):
    """What comes out of the line, and after which part of the delay."""
    if packet[0] >> 4 != 4 or packet[0] & 15 != 5 or not hops:
        return packet, 1
    ttl = packet[8]
    if ttl <= hops:
        return time_exceeded(packet, ttl), ttl / hops
    return header(packet, ttl=ttl - hops) + packet[20:], 1


async def main(interface, milliseconds, hops):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", interface.encode(), IFF_TUN_NO_PI))
    loop = asyncio.get_running_loop()

    def read():
        packet = os.read(device, 65536)
        out, part = carried(packet, int(hops))
        loop.call_later(float(milliseconds) / 1000 * part, os.write, device, out)

    loop.add_reader(device, read)
    await asyncio.Event().wait()


asyncio.run(main(*sys.argv[1:]))
