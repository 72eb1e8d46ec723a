"""Compiled loops over pairs of particles: neighbour lists, histograms, forces, force-matching equations."""

from __future__ import annotations

from scalebridge.molecules.pairs._box import check_box as check_box
from scalebridge.molecules.pairs._design import add_pair_columns as add_pair_columns
from scalebridge.molecules.pairs._forces import pair_forces as pair_forces
from scalebridge.molecules.pairs._histogram import pair_distances as pair_distances
from scalebridge.molecules.pairs._histogram import pair_histogram as pair_histogram
from scalebridge.molecules.pairs._internal import internal_coordinates as internal_coordinates
from scalebridge.molecules.pairs._neighbours import Exclusions as Exclusions
from scalebridge.molecules.pairs._neighbours import Neighbours as Neighbours
from scalebridge.molecules.pairs._neighbours import neighbours as neighbours
from scalebridge.molecules.pairs._sorted import SortedPairs as SortedPairs
from scalebridge.molecules.pairs._sorted import sorted_pairs as sorted_pairs
from scalebridge.molecules.pairs._sorted import whole_coordinates as whole_coordinates

__all__ = [
    "Exclusions",
    "Neighbours",
    "SortedPairs",
    "add_pair_columns",
    "check_box",
    "internal_coordinates",
    "neighbours",
    "pair_distances",
    "pair_forces",
    "pair_histogram",
    "sorted_pairs",
    "whole_coordinates",
]
