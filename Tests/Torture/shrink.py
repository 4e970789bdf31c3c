"""Cuts a sequence that fails down to what is needed to fail (delta debugging)."""


def shrink(sequence, fails):
    """The sequence with every part left out that is not needed to fail."""
    size = max(1, len(sequence) // 2)
    while True:
        position, has_shrunk = 0, False
        while position < len(sequence):
            shorter = sequence[:position] + sequence[position + size:]
            if fails(shorter):
                sequence, has_shrunk = shorter, True
            else:
                position += size
        if size == 1 and not has_shrunk:
            return sequence
        size = size if has_shrunk else max(1, size // 2)
