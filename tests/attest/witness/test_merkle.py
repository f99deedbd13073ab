"""Merkle trees of RFC 6962 have the published hashes, and a proof holds for what it proves and for nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.attest.witness import merkle

# Test vectors of transparency-dev/merkle, testonly/constants.go (Apache-2.0), which those of RFC 6962's authors are, too.
LEAVES = [bytes.fromhex(one) for one in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
LEAF_HASHES = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
    "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658",
    "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
    "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1",
)
PAIRS = (
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
)
FOURS = (
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
)
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
TREE = merkle.of_leaves([merkle.leaf(one) for one in LEAVES])


def hexed(hashes):
    return [one.hex() for one in hashes]


def test_leaves_and_subtrees_have_the_published_hashes():
    assert hexed(merkle.leaf(one) for one in LEAVES) == [*LEAF_HASHES]
    assert hexed(TREE(1, place) for place in range(4)) == [*PAIRS]
    assert hexed(TREE(2, place) for place in range(2)) == [*FOURS]


@pytest.mark.parametrize("size", range(9))
def test_a_tree_of_every_size_has_the_published_root(size):
    assert merkle.root(TREE, size).hex() == ROOTS[size]


# The proofs of RFC 6962, 2.1.3, are of a tree of seven leaves; these are the same of the published leaves.
@pytest.mark.parametrize(
    ("index", "size", "path"),
    [
        (0, 1, []),
        (0, 8, [LEAF_HASHES[1], PAIRS[1], FOURS[1]]),
        (5, 8, [LEAF_HASHES[4], PAIRS[3], FOURS[0]]),
        (2, 3, [PAIRS[0]]),
        (1, 5, [LEAF_HASHES[0], PAIRS[1], LEAF_HASHES[4]]),
    ],
)
def test_inclusion_proofs_are_the_published_ones(index, size, path):
    assert hexed(merkle.inclusion(TREE, index, size)) == path


@pytest.mark.parametrize(
    ("old", "size", "path"),
    [
        (1, 1, []),
        (1, 8, [LEAF_HASHES[1], PAIRS[1], FOURS[1]]),
        (6, 8, [PAIRS[2], PAIRS[3], FOURS[0]]),
        (2, 5, [PAIRS[1], LEAF_HASHES[4]]),
        (6, 7, [PAIRS[2], LEAF_HASHES[6], FOURS[0]]),
    ],
)
def test_consistency_proofs_are_the_published_ones(old, size, path):
    assert hexed(merkle.consistency(TREE, old, size)) == path


def long_tree(size):
    return merkle.of_leaves([merkle.leaf(n.to_bytes(2, "big")) for n in range(size)])


def whole(hashes):
    """The root by the recursion of RFC 6962, 2.1, which shares nothing with the module but the two hashes."""
    if len(hashes) <= 1:
        return hashes[0] if hashes else merkle.EMPTY
    middle = 1
    while middle * 2 < len(hashes):
        middle *= 2
    return merkle.inner(whole(hashes[:middle]), whole(hashes[middle:]))


@given(st.integers(0, 300))
def test_the_root_is_that_of_the_standards_own_recursion(size):
    hashes = [merkle.leaf(n.to_bytes(2, "big")) for n in range(size)]
    assert merkle.root(merkle.of_leaves(hashes), size) == whole(hashes)


@given(st.integers(1, 200), st.data())
def test_an_inclusion_proof_holds_for_its_leaf_place_and_size_and_for_no_other(size, data):
    index = data.draw(st.integers(0, size - 1))
    tree = long_tree(size)
    root, leaf, path = merkle.root(tree, size), tree(0, index), merkle.inclusion(tree, index, size)
    assert merkle.includes(root, size, index, leaf, path)
    assert not merkle.includes(root, size, index, merkle.leaf(b"another"), path)
    other = data.draw(st.integers(0, size))
    assert other == index or not merkle.includes(root, size, other, leaf, path)
    assert not merkle.includes(root, size, index, leaf, (*path, root))
    assert not path or not merkle.includes(root, size, index, leaf, path[:-1])
    assert not merkle.includes(merkle.leaf(b"another root"), size, index, leaf, path)


@given(st.integers(0, 200), st.data())
def test_a_consistency_proof_holds_for_the_beginning_of_a_tree_and_for_no_other(size, data):
    old = data.draw(st.integers(0, size))
    tree = long_tree(size)
    root, before, path = merkle.root(tree, size), merkle.root(tree, old), merkle.consistency(tree, old, size)
    assert merkle.extends(root, size, before, old, path)
    assert not merkle.extends(root, size, merkle.leaf(b"another"), old, path)
    assert not merkle.extends(root, size, before, old, (*path, root))
    assert not path or not merkle.extends(root, size, before, old, path[:-1])
    assert not merkle.extends(root, size, before, size + 1, path)


def test_what_is_not_in_a_tree_cannot_be_proved():
    with pytest.raises(ValueError, match="no such entry"):
        merkle.inclusion(TREE, 8, 8)
    with pytest.raises(ValueError, match="no such tree"):
        merkle.consistency(TREE, 9, 8)
    assert not merkle.includes(merkle.EMPTY, 0, 0, merkle.leaf(b""), ())


def test_a_leaf_never_passes_for_an_inner_node():
    left, right = merkle.leaf(b"a"), merkle.leaf(b"b")
    assert merkle.leaf(left + right) != merkle.inner(left, right)
