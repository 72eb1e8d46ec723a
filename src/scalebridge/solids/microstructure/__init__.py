"""Microstructures: read from files, generated, measured and drawn."""

from __future__ import annotations

from scalebridge.solids.microstructure._correlation import TwoPointCorrelation as TwoPointCorrelation
from scalebridge.solids.microstructure._fibres import add_particle as add_particle
from scalebridge.solids.microstructure._fibres import extrude as extrude
from scalebridge.solids.microstructure._fibres import hexagonal_fibres as hexagonal_fibres
from scalebridge.solids.microstructure._fibres import random_fibres as random_fibres
from scalebridge.solids.microstructure._fibres import square_fibres as square_fibres
from scalebridge.solids.microstructure._laminate import laminate as laminate
from scalebridge.solids.microstructure._load import load as load
from scalebridge.solids.microstructure._microstructure import Microstructure as Microstructure
from scalebridge.solids.microstructure._read_hdf5 import read_hdf5 as read_hdf5
from scalebridge.solids.microstructure._read_image import read_image as read_image
from scalebridge.solids.microstructure._read_image import read_tiff_stack as read_tiff_stack
from scalebridge.solids.microstructure._read_numpy import read_npy as read_npy
from scalebridge.solids.microstructure._read_numpy import read_npz as read_npz
from scalebridge.solids.microstructure._read_vti import read_vti as read_vti
from scalebridge.solids.microstructure._segment import segment as segment
from scalebridge.solids.microstructure._spheres import centred_sphere as centred_sphere
from scalebridge.solids.microstructure._spheres import random_spheres as random_spheres
from scalebridge.solids.microstructure._voronoi import polycrystal as polycrystal
from scalebridge.solids.microstructure._voronoi import voronoi_mosaic as voronoi_mosaic

__all__ = [
    "Microstructure",
    "TwoPointCorrelation",
    "add_particle",
    "centred_sphere",
    "extrude",
    "hexagonal_fibres",
    "laminate",
    "load",
    "polycrystal",
    "random_fibres",
    "random_spheres",
    "read_hdf5",
    "read_image",
    "read_npy",
    "read_npz",
    "read_tiff_stack",
    "read_vti",
    "segment",
    "square_fibres",
    "voronoi_mosaic",
]
