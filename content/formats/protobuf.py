"""The little of protocol buffers that Anki's files need: the fields of one message. Pure."""


def fields(data):
    """[(number, value)] of a message: ints for numbers, bytes for the rest. Stops where the data makes no sense."""
    found, at = [], 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if at is None or not number:
            break
        if wire == 0:
            value, at = _varint(data, at)
            if at is None:
                break
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            value, at = data[at : at + size], at + size
        elif wire == 2:
            size, at = _varint(data, at)
            if at is None or at + size > len(data):
                break
            value, at = data[at : at + size], at + size
        else:
            break
        found.append((number, value))
    return found


def message(*pairs):
    """The bytes of a message with these (number, int or bytes) fields."""
    parts = []
    for number, value in pairs:
        if isinstance(value, int):
            parts.append(_written(number << 3) + _written(value))
        else:
            parts.append(_written(number << 3 | 2) + _written(len(value)) + value)
    return b"".join(parts)


def _varint(data, at):
    """(number, place behind it); the place is None where the number has no end."""
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
    return 0, None


def _written(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])
