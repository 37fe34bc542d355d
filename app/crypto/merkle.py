"""The Merkle tree of RFC 6962, with the proofs and checks of RFC 9162, section 2.1.

Knows hashes and positions, not what a leaf says. Proofs are made from a ``Node`` lookup, the hash
of the complete subtree at (level, index), so that they come as well from tiles on a disk as from
a ``Tree`` in memory. A lookup is asked only for subtrees that are complete within the size given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from app.crypto.derive import equal
from app.crypto.errors import ProofInvalid

Node = Callable[[int, int], bytes]

EMPTY_ROOT = sha256(b"").digest()
_HASH_BYTES = 32


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of one leaf's bytes (RFC 6962, section 2.1)."""
    return sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two subtrees (RFC 6962, section 2.1)."""
    return sha256(b"\1" + left + right).digest()


class Tree:
    """A growing tree in memory: every complete subtree's hash, by level from the leaves."""

    __slots__ = ("levels",)

    def __init__(self, leaf_hashes: Iterable[bytes] = ()) -> None:
        self.levels: list[list[bytes]] = [[]]
        for leaf in leaf_hashes:
            self.append(leaf)

    def __len__(self) -> int:
        return len(self.levels[0])

    def append(self, leaf: bytes) -> int:
        """Add a leaf's hash and return its index."""
        index = len(self)
        hashed, level = leaf, 0
        while True:
            if level == len(self.levels):
                self.levels.append([])
            row = self.levels[level]
            row.append(hashed)
            if len(row) % 2:
                return index
            hashed, level = node_hash(row[-2], row[-1]), level + 1

    def node(self, level: int, index: int) -> bytes:
        """The hash of the complete subtree at a level, counted from the left."""
        return self.levels[level][index]

    def root(self, size: int | None = None) -> bytes:
        """The root over the first ``size`` leaves, by default all."""
        return root(self.node, len(self) if size is None else size)


class Edge:
    """The right edge of a tree: what is needed to add leaves and to state the root.

    The hashes of the complete subtrees that the size's binary digits name, largest first (a
    compact range from 0, RFC 9162 section 2.1.2's stack). 32 bytes for each: 640 at a million.
    """

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)
        if len(self.hashes) != size.bit_count():
            raise ProofInvalid

    @classmethod
    def unpack(cls, size: int, packed: bytes) -> Edge:
        """Read an edge of a size; raises ProofInvalid where the bytes do not fit it."""
        starts = range(0, len(packed), _HASH_BYTES)
        return cls(size, [packed[start : start + _HASH_BYTES] for start in starts])

    def pack(self) -> bytes:
        """Return the hashes one after the other."""
        return b"".join(self.hashes)

    def append(self, leaf: bytes) -> None:
        """Add a leaf's hash."""
        hashed, size = leaf, self.size
        while size % 2:
            hashed, size = node_hash(self.hashes.pop(), hashed), size // 2
        self.hashes.append(hashed)
        self.size += 1

    def root(self) -> bytes:
        """The root over all leaves that were added."""
        if not self.hashes:
            return EMPTY_ROOT
        hashed = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            hashed = node_hash(left, hashed)
        return hashed


def root(node: Node, size: int) -> bytes:
    """The root over the first ``size`` leaves (RFC 6962, section 2.1: MTH)."""
    return _range_hash(node, 0, size) if size else EMPTY_ROOT


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over these leaf hashes."""
    return Tree(leaf_hashes).root()


def inclusion_proof(node: Node, index: int, size: int) -> list[bytes]:
    """The path from leaf ``index`` to the root over ``size`` leaves, leaf end first.

    RFC 6962, section 2.1.1. Raises ProofInvalid unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ProofInvalid("there is no such leaf in a tree of that size")
    path: list[bytes] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append(_range_hash(node, middle, stop))
            stop = middle
        else:
            path.append(_range_hash(node, start, middle))
            start = middle
    return path[::-1]


def consistency_proof(node: Node, old: int, new: int) -> list[bytes]:
    """What shows that the first ``old`` of ``new`` leaves are unchanged.

    RFC 6962, section 2.1.2. Empty for equal sizes and from nothing. Raises ProofInvalid unless
    0 <= old <= new.
    """
    if not 0 <= old <= new:
        raise ProofInvalid("a tree does not shrink")
    if old in {0, new}:
        return []
    path: list[bytes] = []
    start, stop = 0, new
    while stop != old:
        middle = start + _split(stop - start)
        if old <= middle:
            path.append(_range_hash(node, middle, stop))
            stop = middle
        else:
            path.append(_range_hash(node, start, middle))
            start = middle
    if start:
        path.append(_range_hash(node, start, stop))
    return path[::-1]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes
) -> None:
    """Return if the leaf hash is at ``index`` under the root (RFC 9162, section 2.1.3.2).

    Raises ProofInvalid for anything else.
    """
    if not 0 <= index < size:
        raise ProofInvalid("there is no such leaf in a tree of that size")
    position, last, hashed = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise ProofInvalid("the proof is too long")
        if position & 1 or position == last:
            hashed = node_hash(step, hashed)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            hashed = node_hash(hashed, step)
        position, last = position >> 1, last >> 1
    if last or not equal(hashed, expected):
        raise ProofInvalid("the proof does not lead to the root")


def verify_consistency(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Return if the new tree begins with the old one (RFC 9162, section 2.1.4.2).

    Raises ProofInvalid for anything else.
    """
    if not 0 <= old <= new:
        raise ProofInvalid("a tree does not shrink")
    if old in {0, new}:
        starts = old_root == (EMPTY_ROOT if old == 0 else new_root)
        if proof or not starts or (new == 0 and new_root != EMPTY_ROOT):
            raise ProofInvalid("the trees differ")
        return
    # A whole left subtree is its own first step; the proof then leaves it out.
    steps = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not steps or not _leads(steps, old - 1, new - 1, old_root, new_root):
        raise ProofInvalid("the proof does not lead from one root to the other")


def _leads(steps: list[bytes], position: int, last: int, old_root: bytes, new_root: bytes) -> bool:
    while position & 1:
        position, last = position >> 1, last >> 1
    from_old = from_new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            from_old, from_new = node_hash(step, from_old), node_hash(step, from_new)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            from_new = node_hash(from_new, step)
        position, last = position >> 1, last >> 1
    return last == 0 and equal(from_old, old_root) and equal(from_new, new_root)


def _split(size: int) -> int:
    """The largest power of two smaller than ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def _range_hash(node: Node, start: int, stop: int) -> bytes:
    """MTH over leaves ``start`` to ``stop``, where ``start`` is aligned as the RFC's cuts are."""
    size = stop - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return node(level, start >> level)
    middle = start + _split(size)
    return node_hash(_range_hash(node, start, middle), _range_hash(node, middle, stop))
