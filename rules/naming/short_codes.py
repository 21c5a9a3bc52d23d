"""Short codes: four characters that people can read to one another, random, from bytes that the caller brings."""

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without 0 and O, 1 and I and L, and U."""

SHORT_CODE_LENGTH = 4
SHORT_CODE_BYTES = 8
"""64 random bits for 30^4 codes: no code is likelier than another by more than one in ten million million."""


def short_code(random_bytes: bytes) -> str:
    """The code of a session (`8F3K`) from at least 8 random bytes."""
    if len(random_bytes) < SHORT_CODE_BYTES:
        raise ValueError(f"A short code is made from at least {SHORT_CODE_BYTES} random bytes.")
    return code(random_bytes, SHORT_CODE_LENGTH)


def code(random_bytes: bytes, length: int) -> str:
    """So many characters of the alphabet; two bytes or more for each keep them evenly likely."""
    number = int.from_bytes(random_bytes, "big")
    characters = []
    for _ in range(length):
        number, index = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[index])
    return "".join(characters)
