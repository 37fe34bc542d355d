"""What the property tests of this folder share."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from app.crypto.errors import SealBroken, UnknownSuite

law = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
slow_law = settings(law, max_examples=15)

KEYS = st.binary(min_size=32, max_size=32)
ADDRESSES = st.binary(max_size=80)
VALUES = st.binary(max_size=300)
EPOCHS = st.integers(0, 2**32 - 1)
REFUSED = (SealBroken, UnknownSuite)


def flip(data, bit):
    """The data with one bit turned over; ``bit`` wraps around."""
    place, within = divmod(bit % (len(data) * 8), 8)
    return data[:place] + bytes([data[place] ^ (1 << within)]) + data[place + 1 :]
