"""Compiled loops over the atoms of one force evaluation: sum over zones, then force them and take the books.

Velocity Verlet is a leapfrog in disguise. When the forces F(n) at the positions x(n) are complete, the velocities are
those of the half step before, v(n-1/2), and the next half step's are v(n+1/2) = v(n-1/2) + dt F(n)/m, exactly. All
books are kept on half steps, where momentum changes by dt F and by nothing else.
"""

# mypy: allow-untyped-defs
from __future__ import annotations

import math

import numpy as np

from scalebridge._cache import compiled

SOURCES = ("constraint", "traction", "thermostat", "heater", "body force")
CONSTRAINT, TRACTION, THERMOSTAT, HEATER, BODY = range(5)
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


@compiled(error_model="numpy")
def gather(
    x, v, f, types, masses, external, dt, fluid, thermostats, axes, bath_time, body, rng, cells, zones, slabs, out_c,
    out_w, out_h,
):  # fmt: skip
    """Thermostat and body force into `external`; sums over constraint cells, buffers and heated slabs.

    bath_time: time that the thermostats make up for in this step; zero where they pause.
    out_c: (cells, 7) mass, momentum, force; out_w: (zones,) weights; out_h: (slabs, 5) mass, momentum, m v^2.
    Returns whether all is finite, and the impulse of the thermostats.
    """
    total = impulse_x = impulse_y = impulse_z = 0.0
    keep = [math.exp(-t[3] * bath_time) for t in thermostats]
    spread = [math.sqrt(12.0 * (1.0 - math.exp(-2.0 * t[3] * bath_time)) * t[2]) for t in thermostats]
    for i in range(len(x)):
        total += x[i, 1] + v[i, 0] + v[i, 1] + v[i, 2] + f[i, 0] + f[i, 1] + f[i, 2]
        external[i, 0] = external[i, 1] = external[i, 2] = 0.0
        if not fluid[types[i]]:
            continue
        m = masses[types[i]]
        y = x[i, 1]
        if bath_time > 0.0:
            for t in range(len(thermostats)):
                if thermostats[t, 0] <= y < thermostats[t, 1]:
                    for k in range(3):
                        if axes[t, k]:
                            # uniform noise: the same first three moments as normal noise, and a bound
                            noise = spread[t] / math.sqrt(m) * (rng.random() - 0.5)
                            external[i, k] += m * ((keep[t] - 1.0) * v[i, k] + noise) / dt
            impulse_x += dt * external[i, 0]
            impulse_y += dt * external[i, 1]
            impulse_z += dt * external[i, 2]
        for k in range(3):
            external[i, k] += m * body[k]
        c = cell_of(y, cells)
        if c >= 0:
            out_c[c, 0] += m
            for k in range(3):
                out_c[c, 1 + k] += m * v[i, k]
                out_c[c, 4 + k] += f[i, k] + external[i, k]
        for z in range(len(zones)):
            out_w[z] += weight(y, zones[z, 0], zones[z, 1])
        h = slab_of(y, slabs)
        if h >= 0:
            out_h[h, 0] += m
            for k in range(3):
                out_h[h, 1 + k] += m * v[i, k]
                out_h[h, 4] += m * v[i, k] * v[i, k]
    return math.isfinite(total), impulse_x, impulse_y, impulse_z


@compiled(error_model="numpy")
def push(i, m, c, h, y, v, external, constraint, zones, traction, sums_w, heat, sums_h):
    """Constraint, tractions and heater onto one atom."""
    for k in range(3):
        if c >= 0 and not math.isnan(constraint[c, k]):
            external[i, k] += m * constraint[c, k]
        if h >= 0:
            external[i, k] += m * heat[h] * (v[i, k] - sums_h[h, 1 + k] / sums_h[h, 0])
        for z in range(len(zones)):
            share = weight(y, zones[z, 0], zones[z, 1])
            if share > 0.0:
                external[i, k] += traction[z, k] * share / sums_w[z]


@compiled(error_model="numpy")
def account(i, m, y, c, h, path, dt, v, constraint, zones, traction, sums_w, heat, sums_h, books):
    """Impulse and work of constraint, tractions and heater on one atom, whose way through the kick is `path`, (3,)."""
    for k in range(3):
        if c >= 0 and not math.isnan(constraint[c, k]):
            books[CONSTRAINT, k] += dt * m * constraint[c, k]
            books[CONSTRAINT, 3] += path[k] * m * constraint[c, k]
        if h >= 0:
            scaled = m * heat[h] * (v[i, k] - sums_h[h, 1 + k] / sums_h[h, 0])
            books[HEATER, k] += dt * scaled
            books[HEATER, 3] += path[k] * scaled
        for z in range(len(zones)):
            share = weight(y, zones[z, 0], zones[z, 1])
            if share > 0.0:
                books[TRACTION, k] += dt * traction[z, k] * share / sums_w[z]
                books[TRACTION, 3] += path[k] * traction[z, k] * share / sums_w[z]


@compiled(error_model="numpy")
def cross(i, m, v, low, high, sign, crossed):
    """An atom has gone through the edges `low` to `high`."""
    kinetic = 0.5 * m * (v[i, 0] ** 2 + v[i, 1] ** 2 + v[i, 2] ** 2)
    for e in range(max(low, 0), min(high, len(crossed) - 1) + 1):
        crossed[e, 0] += sign
        for k in range(3):
            crossed[e, 1 + k] += sign * m * v[i, k]
        crossed[e, 4] += sign * kinetic


@compiled(error_model="numpy")
def apply(
    x, v, f, types, masses, external, dt, fluid, body, cells, constraint, zones, traction, sums_w, slabs, heat, sums_h,
    bins, books, sampled, last, now, sums, forces, crossed,
):  # fmt: skip
    """Forces of constraint, tractions and heater into `external`; all books of the step.

    constraint: (cells, 3) acceleration, NaN where an axis is free; traction: (zones, 3) force in sum; heat: (slabs,)
    rate at which peculiar velocities grow. books: (sources, 4) impulse and work. Per bin, if `sampled`, sums: (bins, 8)
    count, momentum, m v^2 per axis at the full step, mass; if `last`, now: (bins, 5) mass and momentum after the kick,
    kinetic energy at the full step with the work of the kick's second half; always, forces: (bins, 7) force between
    atoms and from outside, and the power of the latter. crossed: (edges, 5) atoms, momentum, kinetic energy that went
    up through each edge since the step before. Returns the force between atoms on the walls, (3,).
    """
    n_bins = len(bins) - 1
    low, per_width = bins[0], n_bins / (bins[n_bins] - bins[0])
    wall_x = wall_y = wall_z = 0.0
    work_bath = work_body = mass = 0.0
    path = np.empty(3)
    for i in range(len(x)):
        if not fluid[types[i]]:
            wall_x += f[i, 0]
            wall_y += f[i, 1]
            wall_z += f[i, 2]
            continue
        m = masses[types[i]]
        mass += m
        y = x[i, 1]
        place = (y - low) * per_width
        b = math.floor(place)
        came = place - dt * v[i, 1] * per_width
        if came < b or came >= b + 1:
            before = math.floor(came)
            if b > before:
                cross(i, m, v, before + 1, b, 1.0, crossed)
            else:
                cross(i, m, v, b + 1, before, -1.0, crossed)
        e_x, e_y, e_z = external[i, 0], external[i, 1], external[i, 2]
        c, h = cell_of(y, cells), slab_of(y, slabs)
        acts = c >= 0 or h >= 0
        for z in range(len(zones)):
            acts = acts or (y - zones[z, 0]) * (zones[z, 1] - zones[z, 0]) > 0.0
        if acts:
            push(i, m, c, h, y, v, external, constraint, zones, traction, sums_w, heat, sums_h)
        acted = external[i, 0] != 0.0 or external[i, 1] != 0.0 or external[i, 2] != 0.0
        power = 0.0
        if acted:
            for k in range(3):
                path[k] = dt * (v[i, k] + 0.5 * dt / m * (f[i, k] + external[i, k]))
                power += path[k] / dt * external[i, k]
                work_body += path[k] * m * body[k]
            work_bath += path[0] * (e_x - m * body[0]) + path[1] * (e_y - m * body[1]) + path[2] * (e_z - m * body[2])
        if acts:
            account(i, m, y, c, h, path, dt, v, constraint, zones, traction, sums_w, heat, sums_h, books)
        if b < 0 or b >= n_bins:
            continue
        for k in range(3):
            forces[b, k] += f[i, k]
        if acted:
            for k in range(3):
                forces[b, 3 + k] += external[i, k]
            forces[b, 6] += power
        if sampled:
            sums[b, 0] += 1.0
            sums[b, 7] += m
            for k in range(3):
                full = v[i, k] + 0.5 * dt / m * (f[i, k] + external[i, k])
                sums[b, 1 + k] += m * full
                sums[b, 4 + k] += m * full * full
        if last:
            now[b, 0] += m
            for k in range(3):
                now[b, 1 + k] += m * v[i, k] + dt * (f[i, k] + external[i, k])
                kick = dt / m * (f[i, k] + external[i, k])
                full = v[i, k] + 0.5 * kick
                now[b, 4] += 0.5 * m * full * full + 0.5 * dt * external[i, k] * (full + 0.25 * kick)
    books[THERMOSTAT, 3] += work_bath
    books[BODY, 3] += work_body
    for k in range(3):
        books[BODY, k] += dt * mass * body[k]
    return wall_x, wall_y, wall_z


@compiled(error_model="numpy")
def hold(sums, begin, end, part, axes, dt, pull):
    """Accelerations -<F>/m - (<v> - u)/dt that take each cell's mean to u = (1 - part) begin + part end.

    Nie, Chen, E, Robbins (2004), with masses; NaN into `pull`, (cells, 3), where an axis is free. Returns
    whether every cell has atoms.
    """
    for c in range(len(sums)):
        if not sums[c, 0] > 0.0:
            return False
        for k in range(3):
            if axes[k]:
                aim = (1.0 - part) * begin[c, k] + part * end[c, k]
                pull[c, k] = -sums[c, 4 + k] / sums[c, 0] - (sums[c, 1 + k] / sums[c, 0] - aim) / dt
            else:
                pull[c, k] = math.nan
    return True


@compiled(error_model="numpy")
def scatter(tags, order, stored, external):
    """External forces kept by tag, back onto the atoms as the engine has them now."""
    for i in range(len(external)):
        for k in range(3):
            external[i, k] = stored[order[tags[i]], k]
