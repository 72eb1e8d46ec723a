"""Compiled loops over the staggered grid: momentum flux, its divergence, viscous heating, face books.

The momentum flux is one symmetric tensor P_ab = rho u_a u_b - tau_ab, its diagonal in cells and the rest on edges. Kernels
for an axis or a pair of axes take views whose axes were moved to (a, b, c); c is the remaining one.
Central differences of Harlow and Welch (1965), doi 10.1063/1.1761178: kinetic energy is neither made nor lost by them.
"""

from __future__ import annotations

from scalebridge._cache import compiled

WALL, OUTLET, FLUX, CHARACTERISTIC = 0, 1, 2, 3


@compiled()
def cell_flux(u, rho, mu, fluid, h, out):
    """P_aa in cells without pressure: rho u^2 - 2 mu du/da."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for k in range(out.shape[2]):
                if fluid[i, j, k]:
                    mean = 0.5 * (u[i, j, k] + u[i + 1, j, k])
                    rate = (u[i + 1, j, k] - u[i, j, k]) / h
                    out[i, j, k] = rho[i, j, k] * mean * mean - 2.0 * mu[i, j, k] * rate
                else:
                    out[i, j, k] = 0.0


@compiled()
def edge_flux(ua, ub, rho, mu, fluid, corners, ha, hb, periodic_a, periodic_b, out):
    """P_ab on edges with at least three fluid cells; zero on the others, where walls fill it in."""
    na, nb, nc = fluid.shape
    for i in range(na + 1):
        im, ip = i - 1, i
        if periodic_a:
            im, ip = (i - 1) % na, i % na
        for j in range(nb + 1):
            jm, jp = j - 1, j
            if periodic_b:
                jm, jp = (j - 1) % nb, j % nb
            for k in range(nc):
                count = corners[i, j, k]
                if count < 3:
                    out[i, j, k] = 0.0
                    continue
                if count == 4:
                    r = 0.25 * (rho[im, jm, k] + rho[im, jp, k] + rho[ip, jm, k] + rho[ip, jp, k])
                    m = 0.25 * (mu[im, jm, k] + mu[im, jp, k] + mu[ip, jm, k] + mu[ip, jp, k])
                else:
                    r, m = 0.0, 0.0
                    for p in (im, ip):
                        for q in (jm, jp):
                            if fluid[p, q, k]:
                                r += rho[p, q, k] / count
                                m += mu[p, q, k] / count
                rate = (ua[i, jp, k] - ua[i, jm, k]) / hb + (ub[ip, j, k] - ub[im, j, k]) / ha
                mean_a, mean_b = 0.5 * (ua[i, jm, k] + ua[i, jp, k]), 0.5 * (ub[im, j, k] + ub[ip, j, k])
                out[i, j, k] = r * mean_a * mean_b - m * rate


@compiled()
def momentum_rate(paa, pab, wab, pac, wac, area_a, area_b, area_c, periodic, out):
    """Force on the control volumes of axis a from fluxes between fluid cells."""
    na, nb, nc = paa.shape
    for i in range(na + 1):
        left, right = i - 1, i
        if periodic:
            left, right = (i - 1) % na, i % na
        for j in range(nb):
            for k in range(nc):
                force = 0.0
                if left >= 0:
                    force += area_a * paa[left, j, k]
                if right < na:
                    force -= area_a * paa[right, j, k]
                force += area_b * (wab[i, j, k] * pab[i, j, k] - wab[i, j + 1, k] * pab[i, j + 1, k])
                force += area_c * (wac[i, j, k] * pac[i, j, k] - wac[i, j, k + 1] * pac[i, j, k + 1])
                out[i, j, k] = force


@compiled()
def wall_flux(
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
        heat: power of friction per end face, out.
    """
    for f in range(len(kind)):
        b, s = axis[f], side[f]
        c0, c1, c2 = cell[f]
        here = (face[f, 0], face[f, 1], face[f, 2])
        un = u[b][here]
        distance = 0.5 * h[b] + slip[f]
        heat[f] = 0.0
        if kind[f] == OUTLET or kind[f] == CHARACTERISTIC:
            force[b][here] -= s * area[b] * (pressure[f] + rho[c0, c1, c2] * un * un)
        for a in range(3):
            if a == b:
                continue
            for half in range(2):
                dof = (c0 + (half if a == 0 else 0), c1 + (half if a == 1 else 0), c2 + (half if a == 2 else 0))
                inside = u[a][dof]
                if kind[f] == WALL:
                    friction = -mu[c0, c1, c2] * s * (given[f, a] - inside) / distance
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
                            friction -= mu[c0, c1, c2] * step * (u[b][other] - un) / h[a]
                    heat[f] += 0.5 * area[b] * friction * s * (inside - given[f, a])
                    flux = friction + rho[c0, c1, c2] * un * given[f, a]
                elif kind[f] == FLUX:
                    flux = -s * given[f, a]
                else:
                    flux = rho[c0, c1, c2] * un * (inside if s * un > 0.0 else given[f, a])
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
def edge_heating(ua, ub, mu, fluid, corners, wab, wba, ha, hb, volume, periodic_a, periodic_b, heat):
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
def face_momentum(faces, cells, axis, side, number, diagonal, edges, w, gain, force, area, out):
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
def scalar_flux(u, value, fluid, capacity, diffusivity, h, periodic, out):
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
