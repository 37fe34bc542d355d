"""The tree against the reference roots of Certificate Transparency and against RFC 6962's words.

``slow_*`` below are the recursive definitions of RFC 6962, section 2.1, written down as they
stand; every size up to 40 is compared with them in full.
"""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto.errors import ProofInvalid
from app.crypto.merkle import (
    EMPTY_ROOT,
    Edge,
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from tests.crypto.laws import flip, law

REFERENCE_LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
REFERENCE_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LARGEST = 40
LEAVES = [leaf_hash(bytes([number])) for number in range(LARGEST)]
TREE = Tree(LEAVES)
SIZES = st.integers(1, LARGEST)


def largest_power_below(size):
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def slow_root(leaves):
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    cut = largest_power_below(len(leaves))
    return sha256(b"\1" + slow_root(leaves[:cut]) + slow_root(leaves[cut:])).digest()


def slow_path(index, leaves):
    if len(leaves) == 1:
        return []
    cut = largest_power_below(len(leaves))
    if index < cut:
        return [*slow_path(index, leaves[:cut]), slow_root(leaves[cut:])]
    return [*slow_path(index - cut, leaves[cut:]), slow_root(leaves[:cut])]


def slow_subproof(old, leaves, *, whole):
    if old == len(leaves):
        return [] if whole else [slow_root(leaves)]
    cut = largest_power_below(len(leaves))
    if old <= cut:
        return [*slow_subproof(old, leaves[:cut], whole=whole), slow_root(leaves[cut:])]
    return [*slow_subproof(old - cut, leaves[cut:], whole=False), slow_root(leaves[:cut])]


@pytest.mark.parametrize("size", range(len(REFERENCE_ROOTS)))
def test_roots_are_those_of_the_reference_implementation(size):
    assert (
        root_of([leaf_hash(leaf) for leaf in REFERENCE_LEAVES[:size]]).hex()
        == (REFERENCE_ROOTS[size])
    )


def test_leaves_and_nodes_are_kept_apart():
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)
    assert leaf_hash(b"") == sha256(b"\0").digest()
    assert root_of([]) == EMPTY_ROOT


def test_roots_and_proofs_of_every_size_are_those_of_the_definition():
    for size in range(LARGEST + 1):
        assert TREE.root(size) == slow_root(LEAVES[:size])
        for index in range(size):
            assert inclusion_proof(TREE.node, index, size) == slow_path(index, LEAVES[:size])
        for old in range(1, size + 1):
            assert consistency_proof(TREE.node, old, size) == slow_subproof(
                old, LEAVES[:size], whole=True
            )
        assert consistency_proof(TREE.node, 0, size) == []


def test_every_proof_of_every_size_verifies():
    for size in range(1, LARGEST + 1):
        expected = TREE.root(size)
        for index in range(size):
            proof = inclusion_proof(TREE.node, index, size)
            verify_inclusion(LEAVES[index], index, size, proof, expected)
        for old in range(size + 1):
            proof = consistency_proof(TREE.node, old, size)
            verify_consistency(old, size, proof, TREE.root(old), expected)
    verify_consistency(0, 0, [], EMPTY_ROOT, EMPTY_ROOT)


def test_a_tree_grows_one_leaf_at_a_time_and_remembers_its_past():
    tree = Tree()
    for number, leaf in enumerate(LEAVES):
        assert tree.append(leaf) == number
        assert len(tree) == number + 1
        assert tree.root() == TREE.root(number + 1)
    assert tree.levels == TREE.levels
    assert [len(level) for level in tree.levels] == [40, 20, 10, 5, 2, 1]


@law
@given(st.data())
def test_a_leaf_is_not_proven_at_another_place_or_size(data):
    size = data.draw(SIZES)
    index, claimed = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, LARGEST))
    other = data.draw(SIZES)
    proof = inclusion_proof(TREE.node, index, size)
    if (claimed, other) == (index, size):
        verify_inclusion(LEAVES[index], claimed, other, proof, TREE.root(size))
        return
    with pytest.raises(ProofInvalid):
        verify_inclusion(LEAVES[index], claimed, other, proof, TREE.root(other))


@law
@given(st.data())
def test_an_altered_inclusion_proof_does_not_verify(data):
    size = data.draw(SIZES)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(TREE.node, index, size)
    leaf, expected = LEAVES[index], TREE.root(size)
    bit = data.draw(st.integers(0, 255))
    altered = [[*proof, leaf], [leaf, *proof]]
    for place, step in enumerate(proof):
        altered.append([*proof[:place], flip(step, bit), *proof[place + 1 :]])
        altered.append(proof[:place] + proof[place + 1 :])
    for wrong in altered:
        with pytest.raises(ProofInvalid):
            verify_inclusion(leaf, index, size, wrong, expected)
    with pytest.raises(ProofInvalid):
        verify_inclusion(flip(leaf, bit), index, size, proof, expected)
    with pytest.raises(ProofInvalid):
        verify_inclusion(leaf, index, size, proof, flip(expected, bit))


@law
@given(st.data())
def test_an_altered_consistency_proof_does_not_verify(data):
    new = data.draw(SIZES)
    old = data.draw(st.integers(0, new))
    proof = consistency_proof(TREE.node, old, new)
    ends = TREE.root(old), TREE.root(new)
    bit = data.draw(st.integers(0, 255))
    altered = [[*proof, ends[0]], [ends[0], *proof]]
    for place, step in enumerate(proof):
        altered.append([*proof[:place], flip(step, bit), *proof[place + 1 :]])
        altered.append(proof[:place] + proof[place + 1 :])
    for wrong in altered:
        with pytest.raises(ProofInvalid):
            verify_consistency(old, new, wrong, *ends)
    with pytest.raises(ProofInvalid):
        verify_consistency(old, new, proof, flip(ends[0], bit), ends[1])
    if old:
        with pytest.raises(ProofInvalid):
            verify_consistency(old, new, proof, ends[0], flip(ends[1], bit))


@law
@given(st.data())
def test_a_history_that_was_rewritten_is_not_consistent(data):
    new = data.draw(st.integers(2, LARGEST))
    old = data.draw(st.integers(1, new - 1))
    place = data.draw(st.integers(0, old - 1))
    rewritten = Tree([*LEAVES[:place], leaf_hash(b"another story"), *LEAVES[place + 1 : new]])
    proof = consistency_proof(rewritten.node, old, new)
    with pytest.raises(ProofInvalid):
        verify_consistency(old, new, proof, TREE.root(old), rewritten.root())


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (4, 3), (0, 0)])
def test_a_leaf_that_is_not_there_has_no_proof(index, size):
    with pytest.raises(ProofInvalid):
        inclusion_proof(TREE.node, index, size)
    with pytest.raises(ProofInvalid):
        verify_inclusion(LEAVES[0], index, size, [], TREE.root(3))


@pytest.mark.parametrize(("old", "new"), [(-1, 3), (4, 3)])
def test_a_tree_does_not_shrink(old, new):
    with pytest.raises(ProofInvalid):
        consistency_proof(TREE.node, old, new)
    with pytest.raises(ProofInvalid):
        verify_consistency(old, new, [], TREE.root(3), TREE.root(3))


def test_equal_sizes_need_equal_roots_and_nothing_else():
    with pytest.raises(ProofInvalid):
        verify_consistency(3, 3, [], TREE.root(3), TREE.root(4))
    with pytest.raises(ProofInvalid):
        verify_consistency(0, 0, [], TREE.root(3), TREE.root(3))
    with pytest.raises(ProofInvalid):
        verify_consistency(0, 5, [], TREE.root(3), TREE.root(5))


def test_a_proof_asks_only_for_subtrees_that_are_complete():
    asked = []

    def node(level, index):
        asked.append((index + 1) << level)
        return TREE.node(level, index)

    inclusion_proof(node, 4, 21)
    consistency_proof(node, 13, 21)
    assert asked
    assert max(asked) <= 21


@given(size=SIZES, more=st.integers(0, LARGEST))
def test_an_edge_gives_the_root_of_the_whole_tree_after_each_leaf(size, more):
    edge = Edge()
    for leaf in LEAVES[:size]:
        edge.append(leaf)
    assert edge.root() == TREE.root(size)
    kept = Edge.unpack(edge.size, edge.pack())
    for leaf in LEAVES[size : size + more]:
        kept.append(leaf)
    assert kept.root() == TREE.root(min(size + more, LARGEST))


def test_an_edge_of_nothing_is_the_empty_root():
    assert Edge().root() == EMPTY_ROOT
    assert Edge.unpack(0, b"").size == 0


@pytest.mark.parametrize("packed", [b"", bytes(32), bytes(96)])
def test_an_edge_that_does_not_fit_its_size_is_refused(packed):
    with pytest.raises(ProofInvalid):
        Edge.unpack(3, packed)
