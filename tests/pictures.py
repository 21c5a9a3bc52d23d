"""Pictures for tests, made here: real JPEGs, each different."""

import io

from PIL import Image


def jpeg(seed: int = 0, *, pad_to: int = 0) -> bytes:
    """A small real JPEG, distinct by seed; `pad_to` bytes long at least (decoders ignore what follows the end)."""
    image = Image.new("RGB", (64, 48), ((seed * 37) % 256, (seed * 91) % 256, (seed * 13) % 256))
    image.putpixel((seed % 64, (seed // 64) % 48), (255, 255, 255))
    out = io.BytesIO()
    image.save(out, "JPEG", comment=f"picture {seed}".encode())
    return out.getvalue().ljust(pad_to, b"\x00")
