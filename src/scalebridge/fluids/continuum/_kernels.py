"""Compiled loops over the staggered grid: momentum flux, its divergence, viscous heating, face books.

The momentum flux is one symmetric tensor P_ab = rho u_a u_b - tau_ab, its diagonal in cells and the rest on edges.
Edges along axis c carry P_ab with the other two axes a < b.
Central differences of Harlow and Welch (1965), doi 10.1063/1.1761178: kinetic energy is neither made nor lost by them.
"""

from __future__ import annotations

from scalebridge._cache import compiled

WALL, OUTLET, FLUX, CHARACTERISTIC = 0, 1, 2, 3


@compiled(inline="always")
def neighbours(i, n, periodic):  # type: ignore[no-untyped-def]
    """Cells on both sides of a face; on the outside of a side that is not periodic, the cell inside."""
    low, high = i - 1, i
    if low < 0:
        low = n - 1 if periodic else 0
    if high == n:
        high = 0 if periodic else n - 1
    return low, high


@compiled(inline="always")
def edges_along(c, a, b, u, rho, mu, fluid, corners, h, periodic, edges):  # type: ignore[no-untyped-def]
    """P_ab on the edges along axis c; the axes are constants where this is called, so that loops are made for each."""
    n0, n1, n2 = fluid.shape
    ua, ub, out, count = u[a], u[b], edges[c], corners[c]
    inverse_a, inverse_b = 1.0 / h[a], 1.0 / h[b]
    for i in range(out.shape[0]):
        i0, i1 = i, i
        if c != 0:
            i0, i1 = neighbours(i, n0, periodic[0])
        for j in range(out.shape[1]):
            j0, j1 = j, j
            if c != 1:
                j0, j1 = neighbours(j, n1, periodic[1])
            for k in range(out.shape[2]):
                if count[i, j, k] < 3:
                    out[i, j, k] = 0.0
                    continue
                k0, k1 = k, k
                if c != 2:
                    k0, k1 = neighbours(k, n2, periodic[2])
                # cells on the lower side of a and the upper side of b, and the other way round
                jab, jba = (j1 if b == 1 else j0), (j1 if a == 1 else j0)
                low_a = ua[i, (j0 if b == 1 else j), (k0 if b == 2 else k)]
                high_a = ua[i, (j1 if b == 1 else j), (k1 if b == 2 else k)]
                low_b = ub[(i0 if a == 0 else i), (j0 if a == 1 else j), k]
                high_b = ub[(i1 if a == 0 else i), (j1 if a == 1 else j), k]
                if count[i, j, k] == 4:
                    r = 0.25 * (rho[i0, j0, k0] + rho[i0, jab, k1] + rho[i1, jba, k0] + rho[i1, j1, k1])
                    m = 0.25 * (mu[i0, j0, k0] + mu[i0, jab, k1] + mu[i1, jba, k0] + mu[i1, j1, k1])
                else:
                    r, m = 0.0, 0.0
                    for p, q, s in ((i0, j0, k0), (i0, jab, k1), (i1, jba, k0), (i1, j1, k1)):
                        if fluid[p, q, s]:
                            r += rho[p, q, s] / 3.0
                            m += mu[p, q, s] / 3.0
                rate = (high_a - low_a) * inverse_b + (high_b - low_b) * inverse_a
                out[i, j, k] = 0.25 * r * (low_a + high_a) * (low_b + high_b) - m * rate


@compiled()
def inner_flux(u, rho, mu, fluid, corners, h, periodic, diagonal, edges):  # type: ignore[no-untyped-def]
    """P_aa in cells without pressure, P_ab on edges with three or four fluid cells; zero elsewhere.

    Args:
        u: velocities on faces; three arrays, as `corners`, `diagonal` and `edges`.
        rho, mu, fluid: in cells.
        corners: number of fluid cells around the edges along each axis.
        h, periodic: of each axis.
        diagonal, edges: out.
    """
    n0, n1, n2 = fluid.shape
    for a in range(3):
        velocity, out = u[a], diagonal[a]
        d0, d1, d2 = (1 if a == 0 else 0), (1 if a == 1 else 0), (1 if a == 2 else 0)
        inverse = 1.0 / h[a]
        for i in range(n0):
            for j in range(n1):
                for k in range(n2):
                    low, high = velocity[i, j, k], velocity[i + d0, j + d1, k + d2]
                    mean, rate = 0.5 * (low + high), (high - low) * inverse
                    flux = rho[i, j, k] * mean * mean - 2.0 * mu[i, j, k] * rate
                    out[i, j, k] = flux if fluid[i, j, k] else 0.0
    edges_along(0, 1, 2, u, rho, mu, fluid, corners, h, periodic, edges)
    edges_along(1, 0, 2, u, rho, mu, fluid, corners, h, periodic, edges)
    edges_along(2, 0, 1, u, rho, mu, fluid, corners, h, periodic, edges)


@compiled(inline="always")
def further(place, step, n, periodic):  # type: ignore[no-untyped-def]
    """The next place, or -1 where there is none."""
    place += step
    if periodic:
        return place % n
    return place if place < n else -1


@compiled(inline="always")
def forces_along(a, b, c, diagonal, edges, passage, area, periodic, force):  # type: ignore[no-untyped-def]
    """`add_forces` for one axis; the axes are constants where this is called."""
    shape = diagonal[0].shape
    out, flux, n = force[a], diagonal[a], shape[a]
    pab, pac, wab, wac = edges[3 - a - b], edges[3 - a - c], passage[2 * a], passage[2 * a + 1]
    d0, d1, d2 = (1 if a == 0 else 0), (1 if a == 1 else 0), (1 if a == 2 else 0)
    b0, b1 = (1 if b == 0 else 0), (1 if b == 1 else 0)
    c1, c2 = (1 if c == 1 else 0), (1 if c == 2 else 0)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for k in range(out.shape[2]):
                total = area[b] * (wab[i, j, k] * pab[i, j, k] - wab[i + b0, j + b1, k] * pab[i + b0, j + b1, k])
                total += area[c] * (wac[i, j, k] * pac[i, j, k] - wac[i, j + c1, k + c2] * pac[i, j + c1, k + c2])
                p = i if a == 0 else (j if a == 1 else k)
                if p > 0:
                    total += area[a] * flux[i - d0, j - d1, k - d2]
                elif periodic[a]:
                    total += area[a] * flux[i + d0 * (n - 1), j + d1 * (n - 1), k + d2 * (n - 1)]
                if p < n:
                    total -= area[a] * flux[i, j, k]
                elif periodic[a]:
                    total -= area[a] * flux[i - d0 * n, j - d1 * n, k - d2 * n]
                out[i, j, k] += total


@compiled()
def add_forces(diagonal, edges, passage, area, periodic, force):  # type: ignore[no-untyped-def]
    """Add the force of fluxes between fluid cells on the control volumes of all faces.

    Args:
        diagonal, edges: P_aa in cells, P_ab on edges; three arrays each.
        passage: `Grid.passage` of (0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1).
        area, periodic: of each axis.
        force: in and out; three arrays.
    """
    forces_along(0, 1, 2, diagonal, edges, passage, area, periodic, force)
    forces_along(1, 0, 2, diagonal, edges, passage, area, periodic, force)
    forces_along(2, 0, 1, diagonal, edges, passage, area, periodic, force)


@compiled()
def divergence(u, fluid, h, scale, out):  # type: ignore[no-untyped-def]
    """`scale` times the divergence in fluid cells, zero in others."""
    n0, n1, n2 = fluid.shape
    x, y, z = u
    a, b, c = scale / h[0], scale / h[1], scale / h[2]
    for i in range(n0):
        for j in range(n1):
            for k in range(n2):
                total = (x[i + 1, j, k] - x[i, j, k]) * a + (y[i, j + 1, k] - y[i, j, k]) * b
                total += (z[i, j, k + 1] - z[i, j, k]) * c
                out[i, j, k] = total if fluid[i, j, k] else 0.0


@compiled(inline="always")
def gradient_along(a, u, impulse, share, h, periodic, density):  # type: ignore[no-untyped-def]
    """`take_gradient` for one axis, a constant where this is called."""
    out, part, n = u[a], share[a], impulse.shape[a]
    factor = 1.0 / (density * h[a])
    d0, d1, d2 = (1 if a == 0 else 0), (1 if a == 1 else 0), (1 if a == 2 else 0)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for k in range(out.shape[2]):
                if part[i, j, k] == 1.0:
                    p = i if a == 0 else (j if a == 1 else k)
                    low, high = neighbours(p, n, periodic[a])
                    step = low - p
                    before = impulse[i + d0 * step, j + d1 * step, k + d2 * step]
                    step = high - p
                    after = impulse[i + d0 * step, j + d1 * step, k + d2 * step]
                    out[i, j, k] -= factor * (after - before)


@compiled()
def take_gradient(u, impulse, share, h, periodic, density):  # type: ignore[no-untyped-def]
    """Subtract the gradient of a pressure impulse over density from the velocity on faces between fluid cells."""
    gradient_along(0, u, impulse, share, h, periodic, density)
    gradient_along(1, u, impulse, share, h, periodic, density)
    gradient_along(2, u, impulse, share, h, periodic, density)


@compiled()
def wall_flux(  # type: ignore[no-untyped-def]
    kind,
    axis,
    side,
    cell,
    face,
    given,
    pressure,
    slip,
    number,
    corners,
    rho,
    mu,
    u,
    edges,
    force,
    w,
    heat,
    h,
    area,
    periodic,
):
    """Momentum flux along the axis through both halves of each end face, and the force it exerts.

    Args:
        given: velocity of walls (and of what enters), or momentum flux into the fluid, (F, 3).
        number: for each axis, what its faces are.
        corners: fluid cells around edges, numbered as `edges`.
        u, edges, force: velocities, P on edges (numbered by the axis that the edge runs along), forces: three each.
        w: the fluxes, (F, 3, 2): component and half; the component along the axis is not used.
        heat: power of friction per end face, out; at a given flux less the work that it does on the fluid's motion.
    """
    for f in range(len(kind)):
        b, s = axis[f], side[f]
        c0, c1, c2 = cell[f]
        here = (face[f, 0], face[f, 1], face[f, 2])
        un = u[b][here]
        heat[f] = 0.0
        if kind[f] == OUTLET or kind[f] == CHARACTERISTIC:
            force[b][here] -= s * area[b] * (pressure[f] + rho[c0, c1, c2] * un * un)
        for a in range(3):
            if a == b:
                continue
            for half in range(2):
                dof = (c0 + (half if a == 0 else 0), c1 + (half if a == 1 else 0), c2 + (half if a == 2 else 0))
                inside = u[a][dof]
                # friction from a normal velocity that changes along the end
                sheared = 0.0
                step = 2 * half - 1
                n = rho.shape[a]
                place = here[a] + step
                if periodic[a]:
                    place %= n
                if 0 <= place < n:
                    other = (
                        place if a == 0 else here[0],
                        place if a == 1 else here[1],
                        place if a == 2 else here[2],
                    )
                    g = number[b][other]
                    if g >= 0 and side[g] == s:
                        sheared -= mu[c0, c1, c2] * step * (u[b][other] - un) / h[a]
                if kind[f] == WALL:
                    # gradient out of the fluid: a parabola through wall and two places, a line where there is one
                    gradient = (given[f, a] - inside) / (0.5 * h[b] + slip[f])
                    next0, next1, next2 = dof
                    if b == 0:
                        next0 = further(next0, -s, rho.shape[0], periodic[0])
                    elif b == 1:
                        next1 = further(next1, -s, rho.shape[1], periodic[1])
                    else:
                        next2 = further(next2, -s, rho.shape[2], periodic[2])
                    if min(next0, next1, next2) >= 0 and number[a][next0, next1, next2] != -2:
                        second = u[a][next0, next1, next2]
                        gradient = (8.0 * given[f, a] - 9.0 * inside + second) / (3.0 * h[b] + 8.0 * slip[f])
                    friction = -mu[c0, c1, c2] * s * gradient
                    friction += sheared
                    heat[f] += 0.5 * area[b] * friction * s * (inside - given[f, a])
                    flux = friction + rho[c0, c1, c2] * un * given[f, a]
                elif kind[f] == FLUX:
                    flux = -s * given[f, a]
                    heat[f] -= 0.5 * area[b] * given[f, a] * inside
                else:
                    flux = sheared + rho[c0, c1, c2] * un * (inside if s * un > 0.0 else given[f, a])
                w[f, a, half] = flux
                # on a periodic axis the last place is the first
                shift = half
                if periodic[a] and face[f, a] + half == rho.shape[a]:
                    shift = half - rho.shape[a]
                dof = (c0 + (shift if a == 0 else 0), c1 + (shift if a == 1 else 0), c2 + (shift if a == 2 else 0))
                force[a][dof] -= 0.5 * s * area[b] * flux
                edge = (
                    here[0] + (shift if a == 0 else 0),
                    here[1] + (shift if a == 1 else 0),
                    here[2] + (shift if a == 2 else 0),
                )
                if corners[3 - a - b][edge] < 3:
                    edges[3 - a - b][edge] += 0.5 * flux


@compiled()
def edge_heating(ua, ub, mu, fluid, corners, wab, wba, ha, hb, volume, periodic_a, periodic_b, heat):  # type: ignore[no-untyped-def]
    """Add the power of shear friction on edges to the cells around them, as the kinetic energy loses it."""
    na, nb, nc = fluid.shape
    for i in range(na if periodic_a else na + 1):
        im, ip = i - 1, i
        if periodic_a:
            im, ip = (i - 1) % na, i % na
        for j in range(nb if periodic_b else nb + 1):
            jm, jp = j - 1, j
            if periodic_b:
                jm, jp = (j - 1) % nb, j % nb
            for k in range(nc):
                count = corners[i, j, k]
                if count < 3:
                    continue
                m = 0.0
                for p in (im, ip):
                    for q in (jm, jp):
                        if fluid[p, q, k]:
                            m += mu[p, q, k] / count
                rate_a, rate_b = (ua[i, jp, k] - ua[i, jm, k]) / hb, (ub[ip, j, k] - ub[im, j, k]) / ha
                power = volume * m * (rate_a + rate_b) * (wab[i, j, k] * rate_a + wba[i, j, k] * rate_b) / count
                for p in (im, ip):
                    for q in (jm, jp):
                        if fluid[p, q, k]:
                            heat[p, q, k] += power


@compiled()
def face_momentum(faces, cells, axis, side, number, diagonal, edges, w, gain, force, area, out):  # type: ignore[no-untyped-def]
    """Momentum through faces along their axis, from the fluxes of a step; exact for any box of whole cells.

    The normal component is what the half control volume behind the face did not keep: cell flux plus what its sides
    brought plus body force minus what it gained.

    Args:
        faces, cells, axis, side: faces (F, 3), the cell behind (F, 3), axis and +1 or -1 where the face is on the upper
            or lower side of that cell.
        diagonal, edges, w: fluxes of the step per area, P_aa in cells, P_ab on edges, w on end faces.
        gain, force: momentum gained and given by body force on half a cell's volume, on faces of each axis.
        out: (F, 3).
    """
    for f in range(len(axis)):
        b, s = axis[f], side[f]
        here = (faces[f, 0], faces[f, 1], faces[f, 2])
        c0, c1, c2 = cells[f]
        end = number[b][here]
        brought = 0.0
        for a in range(3):
            if a == b:
                continue
            through = 0.0
            for half in range(2):
                if end >= 0:
                    through += 0.5 * area[b] * w[end, a, half]
                else:
                    edge = (
                        here[0] + (half if a == 0 else 0),
                        here[1] + (half if a == 1 else 0),
                        here[2] + (half if a == 2 else 0),
                    )
                    through += 0.5 * area[b] * edges[3 - a - b][edge]
                # the sides of the half control volume: faces of axis a of the cell behind
                lid = (c0 + (half if a == 0 else 0), c1 + (half if a == 1 else 0), c2 + (half if a == 2 else 0))
                wall = number[a][lid]
                which = 1 if s > 0 else 0
                if wall >= 0:
                    flux = w[wall, b, which]
                else:
                    edge = (
                        lid[0] + (which if b == 0 else 0),
                        lid[1] + (which if b == 1 else 0),
                        lid[2] + (which if b == 2 else 0),
                    )
                    flux = edges[3 - a - b][edge]
                brought += 0.5 * area[a] * (flux if half == 0 else -flux)
            out[f, a] = through
        out[f, b] = area[b] * diagonal[b][c0, c1, c2] + s * (brought + force[b][here] - gain[b][here])


@compiled()
def scalar_flux(u, value, fluid, capacity, diffusivity, h, periodic, out):  # type: ignore[no-untyped-def]
    """Flux per area between fluid cells: capacity u value - diffusivity d value/da; zero on other faces."""
    na, nb, nc = fluid.shape
    for i in range(na + 1):
        left, right = i - 1, i
        if periodic:
            left, right = (i - 1) % na, i % na
        for j in range(nb):
            for k in range(nc):
                out[i, j, k] = 0.0
                if left >= 0 and right < na and fluid[left, j, k] and fluid[right, j, k]:
                    low, high = value[left, j, k], value[right, j, k]
                    carried = capacity * u[i, j, k] * 0.5 * (low + high)
                    out[i, j, k] = carried - diffusivity * (high - low) / h
