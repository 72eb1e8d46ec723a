"""Compiled loops over the atoms of one force evaluation: sum over zones, then force them and take the books.

Velocity Verlet is a leapfrog in disguise. When the forces F(n) at the positions x(n) are complete, the velocities are
those of the half step before, v(n-1/2), and the next half step's are v(n+1/2) = v(n-1/2) + dt F(n)/m, exactly. All
books are kept on half steps, where momentum changes by dt F and by nothing else.
"""

# mypy: allow-untyped-defs
from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from scalebridge._cache import compiled
from scalebridge.fluids.atomistic._state import Floats

SOURCES = ("constraint", "traction", "thermostat", "heater", "body force")
CONSTRAINT, TRACTION, THERMOSTAT, HEATER, BODY = range(5)
_RUNS = 256  # runs of atoms whose sums are held together
_CLOSEST = 1e-3  # of the width of a buffer: weights beyond this are cut


@compiled(inline="always")
def weight(y, inner, outer):
    """Flekkoy's share of an atom at y in a buffer; zero outside, cut at the edge where it diverges."""
    s = (y - inner) / (outer - inner)
    if s <= 0.0:
        return 0.0
    rest = max(1.0 - s, _CLOSEST)
    return 1.0 / rest - 2.0 + rest


@compiled(inline="always")
def cell_of(y, edges):
    """Index of the cell of rising `edges` that holds y; -1 outside."""
    n = len(edges) - 1
    if n < 1 or y < edges[0] or y >= edges[n]:
        return -1
    c = 0
    while y >= edges[c + 1]:
        c += 1
    return c


@compiled(inline="always")
def slab_of(y, slabs):
    """Index of the first slab (low, high) that holds y; -1 where there is none."""
    for h in range(len(slabs)):
        if slabs[h, 0] <= y < slabs[h, 1]:
            return h
    return -1


def busy_bins(bins: Floats, cells: Floats, zones: Floats, slabs: Floats) -> npt.NDArray[np.bool_]:
    """Bins that a cell, a buffer or a heated slab touches: in all others the loops have little to do, (b,)."""
    busy = np.zeros(len(bins) - 1, dtype=np.bool_)
    spans = [(cells[0], cells[-1])] if len(cells) else []
    # a buffer has no end: its outermost atoms go beyond, and are pushed back
    buffers = [(inner, math.inf) if inner < outer else (-math.inf, inner) for inner, outer in zones]
    for low, high in (*spans, *buffers, *slabs):
        busy |= (bins[:-1] < high) & (bins[1:] > low)
    return busy


@compiled(error_model="numpy")
def same(a, b):
    """Whether two lists of whole numbers are equal."""
    if len(a) != len(b):
        return False
    differs = 0
    for i in range(len(a)):
        differs |= a[i] ^ b[i]
    return differs == 0


@compiled(inline="always")
def mixed(h):
    """SplitMix64: each bit depends on all of those given (Steele, Lea, Flood 2014, doi 10.1145/2660193.2660195)."""
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


@compiled(inline="always")
def numbered(salt, number):
    """64 random bits of an atom: those of its tag and of nothing that depends on where it is stored."""
    return mixed(salt + np.uint64(number) * np.uint64(0x9E3779B97F4A7C15))


@compiled(inline="always")
def part_of(bits, k):
    """Uniform number between -1/2 and 1/2 from the k-th 21 of 64 bits."""
    return (np.float64((bits >> np.uint64(21 * k)) & np.uint64(0x1FFFFF)) + 0.5) * 2.0**-21 - 0.5


@compiled(inline="always")
def locate(x, fluid_at, bins, busy, bin_of, touched, crossers):
    """Where each atom of the fluid is: its bin, whether anything is there that acts, whether it has changed bins.

    fluid_at: places of the fluid's atoms among all n. busy: (b + 1,) `busy_bins`, and true for what is beyond all bins.
    bin_of: (n,) bin of each atom, b beyond all bins, at the step before and then now. touched: (n,) set to the places
    of those in busy bins. crossers: (n,) set to those of atoms whose bin is another one now.
    Returns the numbers of both.
    """
    n_bins = len(bins) - 1
    low, per_width = bins[0], n_bins / (bins[n_bins] - bins[0])
    # unsigned: no index is counted from the end
    zero, one, beyond = np.uint64(0), np.uint64(1), np.uint64(n_bins)
    held = went = zero
    for i in fluid_at:  # without branches: neighbours in memory are in different bins too often to guess
        b = np.uint64(math.floor((x[i, 1] - low) * per_width))
        inside = b if b < beyond else beyond
        touched[held] = i
        held += one if busy[inside] else zero
        crossers[went] = i
        went += zero if bin_of[i] == inside else one
        bin_of[i] = inside
    return held, went


@compiled(error_model="numpy")
def shake(v, tags, types, masses, external, dt, fluid_at, x, thermostats, axes, bath_time, key, step):
    """Noise and friction of the thermostats into `external`; returns their impulse."""
    impulse_x = impulse_y = impulse_z = 0.0
    keep = [math.exp(-t[3] * bath_time) for t in thermostats]
    spread = [math.sqrt(12.0 * (1.0 - math.exp(-2.0 * t[3] * bath_time)) * t[2]) for t in thermostats]
    salts = [numbered(numbered(np.uint64(key), step), t) for t in range(len(thermostats))]
    for i in fluid_at:
        m, y = masses[types[i]], x[i, 1]
        for t in range(len(thermostats)):
            if thermostats[t, 0] <= y < thermostats[t, 1]:
                bits = numbered(salts[t], tags[i])
                for k in range(3):
                    if axes[t, k]:
                        # uniform noise: the same first three moments as normal noise, and a bound
                        noise = spread[t] / math.sqrt(m) * part_of(bits, k)
                        external[i, k] += m * ((keep[t] - 1.0) * v[i, k] + noise) / dt
        impulse_x += dt * external[i, 0]
        impulse_y += dt * external[i, 1]
        impulse_z += dt * external[i, 2]
    return impulse_x, impulse_y, impulse_z


@compiled(error_model="numpy")
def gather(
    x, v, f, types, tags, masses, external, dt, fluid_at, thermostats, axes, bath_time, body, key, step, cells, zones,
    slabs, bins, busy, bin_of, touched, crossers, counts, out_c, out_w, out_h,
):  # fmt: skip
    """Thermostat and body force into `external`; sums over constraint cells, buffers and heated slabs.

    bath_time: time that the thermostats make up for in this step; zero where they pause. key, step: the noise of an
    atom depends on them and on its tag alone, so it is the same however atoms are stored. fluid_at to crossers: see
    `locate`; touched still holds the places of the step before. counts: (3,) numbers of the last two, and whether
    `external` may be other than zero at other places than the touched ones, before and after.
    out_c: (cells, 7) mass, momentum, force; out_w: (zones, 3) weights, mass, momentum along y; out_h: (slabs, 5) mass,
    momentum, m v^2; all from zero.
    Returns the impulse of the thermostats.
    """
    out_c[:] = 0.0
    out_w[:] = 0.0
    out_h[:] = 0.0
    if counts[2]:
        external[:] = 0.0
    else:  # most atoms feel nothing from outside: their memory is not touched
        for n in range(counts[0]):
            i = touched[n]
            external[i, 0] = external[i, 1] = external[i, 2] = 0.0
    counts[0], counts[1] = locate(x, fluid_at, bins, busy, bin_of, touched, crossers)
    impulse = (0.0, 0.0, 0.0)
    bath = bath_time > 0.0 and len(thermostats) > 0
    forced = body[0] != 0.0 or body[1] != 0.0 or body[2] != 0.0
    counts[2] = bath or forced
    if bath:
        impulse = shake(v, tags, types, masses, external, dt, fluid_at, x, thermostats, axes, bath_time, key, step)
    if forced:
        for i in fluid_at:
            for k in range(3):
                external[i, k] += masses[types[i]] * body[k]
    for n in range(counts[0]):
        i = touched[n]
        y, m = x[i, 1], masses[types[i]]
        c = cell_of(y, cells)
        if c >= 0:
            out_c[c, 0] += m
            for k in range(3):
                out_c[c, 1 + k] += m * v[i, k]
                out_c[c, 4 + k] += f[i, k] + external[i, k]
        for z in range(len(zones)):
            share = weight(y, zones[z, 0], zones[z, 1])
            if share > 0.0:
                out_w[z, 0] += share
                out_w[z, 1] += m
                out_w[z, 2] += m * v[i, 1]
        h = slab_of(y, slabs)
        if h >= 0:
            out_h[h, 0] += m
            for k in range(3):
                out_h[h, 1 + k] += m * v[i, k]
                out_h[h, 4] += m * v[i, k] * v[i, k]
    return impulse


@compiled(error_model="numpy")
def cross(i, m, v, low, high, sign, crossed):
    """An atom has gone through the edges `low` to `high`."""
    kinetic = 0.5 * m * (v[i, 0] ** 2 + v[i, 1] ** 2 + v[i, 2] ** 2)
    for e in range(max(low, 0), min(high, len(crossed) - 1) + 1):
        crossed[e, 0] += sign * m
        for k in range(3):
            crossed[e, 1 + k] += sign * m * v[i, k]
        crossed[e, 4] += sign * kinetic


@compiled(inline="always")
def moved(i, m, v, before, now, crossed):
    """Book all edges that atom i went through on its way from one bin to another."""
    if now > before:
        cross(i, m, v, before + 1, now, 1.0, crossed)
    else:
        cross(i, m, v, now + 1, before, -1.0, crossed)


@compiled(inline="always")
def added(x, y, z, sums):
    """Add a vector to the first three of some sums; its components' sum, which is finite where they are."""
    sums[0] += x
    sums[1] += y
    sums[2] += z
    return x + y + z


@compiled(inline="always")
def warmed(i, rate, v, held):
    """Force of a heater on atom i: along its velocity relative to the mean of those held."""
    return (
        rate * (v[i, 0] - held[1] / held[0]),
        rate * (v[i, 1] - held[2] / held[0]),
        rate * (v[i, 2] - held[3] / held[0]),
    )


@compiled(inline="always")
def pulled(y, zones, traction, sums_w):
    """Force of all tractions on an atom at y: its shares of them."""
    z_x = z_y = z_z = 0.0
    for z in range(len(zones)):
        share = weight(y, zones[z, 0], zones[z, 1])
        if share > 0.0:
            share /= sums_w[z, 0]
            z_x += share * traction[z, 0]
            z_y += share * traction[z, 1]
            z_z += share * traction[z, 2]
    return z_x, z_y, z_z


@compiled(inline="always")
def sample(i, m, dt, v, f, external, sums):
    """Add atom i at the full step to the sums of its bin: count, momentum, m v^2 per axis, mass."""
    sums[0] += 1.0
    sums[7] += m
    for k in range(3):
        full = v[i, k] + 0.5 * dt / m * (f[i, k] + external[i, k])
        sums[1 + k] += m * full
        sums[4 + k] += m * full * full


@compiled(inline="always")
def take_stock(i, m, dt, v, f, external, now):
    """Add atom i to its bin: mass, momentum after the kick, kinetic energy with the second half of the kick's work."""
    now[0] += m
    for k in range(3):
        now[1 + k] += m * v[i, k] + dt * (f[i, k] + external[i, k])
        kick = dt / m * (f[i, k] + external[i, k])
        full = v[i, k] + 0.5 * kick
        now[4] += 0.5 * m * full * full + 0.5 * dt * external[i, k] * (full + 0.25 * kick)


@compiled(inline="always")
def add_runs(runs, run_of, begin, end, forces):
    """Add the sums of some runs to those of their bins, if these are known."""
    for n in range(begin, end):
        b = run_of[n]
        if b < len(forces):
            forces[b, 0] += runs[n, 0]
            forces[b, 1] += runs[n, 1]
            forces[b, 2] += runs[n, 2]


@compiled(inline="always")
def add_forces(f, fluid_at, bin_of, forces):
    """Add the forces between atoms to those of their bins, those beyond all bins to none; returns a sum of them.

    Atoms are stored by neighbourhood, and runs of atoms of the same bin are summed first. Where a run ends is not
    guessed but computed, since a wrong guess costs more than the sum of a run.
    """
    runs, run_of = np.empty((_RUNS, 3)), np.empty(_RUNS, np.uint32)
    zero, one = np.uint64(0), np.uint64(1)
    last, total, f_x, f_y, f_z = len(forces) + 1, 0.0, 0.0, 0.0, 0.0
    number = zero  # the first is none
    for i in fluid_at:
        b = bin_of[i]
        on = b == last
        if number == _RUNS - 1:  # this run may go on
            add_runs(runs, run_of, 1, number, forces)
            runs[1, 0], runs[1, 1], runs[1, 2] = f_x, f_y, f_z
            run_of[1], number = last, one
        number += zero if on else one
        f_x = (f_x if on else 0.0) + f[i, 0]
        f_y = (f_y if on else 0.0) + f[i, 1]
        f_z = (f_z if on else 0.0) + f[i, 2]
        runs[number, 0], runs[number, 1], runs[number, 2] = f_x, f_y, f_z
        run_of[number] = last = b
        total += f[i, 0] + f[i, 1] + f[i, 2]
    add_runs(runs, run_of, 1, number + one, forces)
    return total


@compiled(error_model="numpy")
def apply(
    x, v, f, types, masses, external, dt, fluid_at, walls_at, body, cells, constraint, zones, traction, sums_w, slabs,
    heat, sums_h, bins, busy, bin_of, touched, crossers, counts, books, sampled, last, now, sums, forces, crossed,
):  # fmt: skip
    """Forces of constraint, tractions and heater into `external`; all books of the step.

    walls_at: (w,) places of atoms that are not fluid. constraint: (cells, 3) acceleration; traction: (zones, 3) force
    in sum; heat: (slabs,) rate at which peculiar velocities grow; fluid_at, busy to counts: see `gather`.
    books: (sources, 4) impulse and work. Per bin, if `sampled`, sums: (bins, 8) count, momentum, m v^2 per axis at the
    full step, mass; if `last`, now: (bins, 5) mass and momentum after the kick, kinetic energy at the full step with
    the work of the kick's second half; always, forces: (bins, 7) force between atoms and from outside, and the power of
    the latter. crossed: (edges, 5) mass, momentum, kinetic energy that went up through each edge since the step
    before. Returns whether all is finite, and the force between atoms on the walls.
    """
    n_bins = len(forces)
    wall_x = wall_y = wall_z = 0.0
    mass = work_c = work_z = work_t = work_h = work_b = 0.0
    impulse_c_x = impulse_c_y = impulse_c_z = impulse_h_x = impulse_h_y = impulse_h_z = 0.0
    impulse_z_x = impulse_z_y = impulse_z_z = 0.0
    total = add_forces(f, fluid_at, bin_of, forces)
    for i in walls_at:
        wall_x += f[i, 0]
        wall_y += f[i, 1]
        wall_z += f[i, 2]
    low, per_width = bins[0], n_bins / (bins[n_bins] - bins[0])
    for n in range(counts[1]):
        i = crossers[n]
        place = (x[i, 1] - low) * per_width
        moved(i, masses[types[i]], v, math.floor(place - dt * v[i, 1] * per_width), math.floor(place), crossed)
    concerned = fluid_at if sampled or last or counts[2] else touched[: counts[0]]
    for i in concerned:
        b = bin_of[i]
        known = b < n_bins
        y, m = x[i, 1], masses[types[i]]
        mass += m
        b_x, b_y, b_z = m * body[0], m * body[1], m * body[2]
        t_x, t_y, t_z = external[i, 0] - b_x, external[i, 1] - b_y, external[i, 2] - b_z  # of thermostats
        c_x = c_y = c_z = h_x = h_y = h_z = z_x = z_y = z_z = 0.0
        if busy[b]:
            c, h = cell_of(y, cells), slab_of(y, slabs)
            if c >= 0:
                c_x, c_y, c_z = m * constraint[c, 0], m * constraint[c, 1], m * constraint[c, 2]
            if h >= 0:
                h_x, h_y, h_z = warmed(i, m * heat[h], v, sums_h[h])
            z_x, z_y, z_z = pulled(y, zones, traction, sums_w)
        e_x, e_y, e_z = t_x + b_x + c_x + h_x + z_x, t_y + b_y + c_y + h_y + z_y, t_z + b_z + c_z + h_z + z_z
        if e_x != 0.0 or e_y != 0.0 or e_z != 0.0:
            external[i, 0], external[i, 1], external[i, 2] = e_x, e_y, e_z
            half = 0.5 * dt / m
            p_x = dt * (v[i, 0] + half * (f[i, 0] + e_x))  # the way of the atom through the kick
            p_y = dt * (v[i, 1] + half * (f[i, 1] + e_y))
            p_z = dt * (v[i, 2] + half * (f[i, 2] + e_z))
            impulse_c_x, impulse_c_y, impulse_c_z = impulse_c_x + c_x, impulse_c_y + c_y, impulse_c_z + c_z
            impulse_h_x, impulse_h_y, impulse_h_z = impulse_h_x + h_x, impulse_h_y + h_y, impulse_h_z + h_z
            impulse_z_x, impulse_z_y, impulse_z_z = impulse_z_x + z_x, impulse_z_y + z_y, impulse_z_z + z_z
            work_c += p_x * c_x + p_y * c_y + p_z * c_z
            work_h += p_x * h_x + p_y * h_y + p_z * h_z
            work_z += p_x * z_x + p_y * z_y + p_z * z_z
            work_t += p_x * t_x + p_y * t_y + p_z * t_z
            work_b += p_x * b_x + p_y * b_y + p_z * b_z
            if known:
                forces[b, 3] += e_x
                forces[b, 4] += e_y
                forces[b, 5] += e_z
                forces[b, 6] += (p_x * e_x + p_y * e_y + p_z * e_z) / dt
        if sampled and known:
            sample(i, m, dt, v, f, external, sums[b])
        if last and known:
            take_stock(i, m, dt, v, f, external, now[b])
    pushes = (
        (CONSTRAINT, impulse_c_x, impulse_c_y, impulse_c_z, work_c),
        (TRACTION, impulse_z_x, impulse_z_y, impulse_z_z, work_z),
        (HEATER, impulse_h_x, impulse_h_y, impulse_h_z, work_h),
        # with a body force no atom was passed over; the impulse of thermostats is known to `gather`
        (BODY, mass * body[0], mass * body[1], mass * body[2], work_b),
        (THERMOSTAT, 0.0, 0.0, 0.0, work_t),
    )
    for source, p_x, p_y, p_z, work in pushes:
        added(dt * p_x, dt * p_y, dt * p_z, books[source])
        books[source, 3] += work
    return math.isfinite(total + wall_x + wall_y + wall_z), wall_x, wall_y, wall_z


@compiled(error_model="numpy")
def hold(sums, begin, end, part, axes, dt, pull):
    """Accelerations -<F>/m - (<v> - u)/dt that take each cell's mean to u = (1 - part) begin + part end.

    Nie, Chen, E, Robbins (2004), with masses; into `pull`, (cells, 3), zero where an axis is free. Returns whether
    every cell has atoms.
    """
    for c in range(len(sums)):
        if not sums[c, 0] > 0.0:
            return False
        for k in range(3):
            if axes[k]:
                aim = (1.0 - part) * begin[c, k] + part * end[c, k]
                pull[c, k] = -sums[c, 4 + k] / sums[c, 0] - (sums[c, 1 + k] / sums[c, 0] - aim) / dt
            else:
                pull[c, k] = 0.0
    return True


@compiled(error_model="numpy")
def scatter(tags, order, stored, external):
    """External forces kept by tag, back onto the atoms as the engine has them now."""
    for i in range(len(external)):
        for k in range(3):
            external[i, k] = stored[order[tags[i]], k]
