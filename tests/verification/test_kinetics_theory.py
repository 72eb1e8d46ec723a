"""Problems with known answers: Michaelis-Menten, Davis-Skodje, Robertson, Goldbeter-Koshland, MAPK, a virus."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import lambertw

from scalebridge.kinetics import Network
from scalebridge.kinetics.batch import simulate_cells
from scalebridge.kinetics.manifold import csp, ildm
from support.enzymes import enzyme, goldbeter_koshland, virus
from support.random_networks import planted_network, planted_topology
from support.reference_data import reference

pytestmark = pytest.mark.verify


def effectivity(network, reduced, times, after):
    full = network.simulate(times, rtol=1e-10)
    bars = reduced.error_bars(times)
    found = bars.effectivity(np.array([full[name] for name in bars.names]).T, after)
    return found[np.isfinite(found)]


# Segel & Slemrod 1989: k1 = k-1 = k2 = 1, s0 = 2; errors of s relative to s0 after the initial layer
SEGEL_SLEMROD = {  # e0: standard with s(0) = s0, standard on the fibre, total; s of the full model at t = K_M / (k2 e0)
    1e-1: (1.793e-2, 8.825e-3, 5.968e-3, 1.1155795288),
    1e-2: (1.864e-3, 9.072e-4, 6.253e-4, 1.1324080349),
    1e-3: (1.873e-4, 9.097e-5, 6.243e-5, 1.1340986485),
    1e-4: (1.874e-5, 9.099e-6, 6.245e-6, 1.1342677868),
}


def enzyme_errors(e0):
    """Largest errors of s after t = 5 / (k1 (s0 + K_M)), on 4001 even times to 12 / e0, as the printed ones.

    The printed error of the total form depends on these times: it is largest while the initial layer still dies out,
    between the first two of them.
    """
    network = enzyme(e0)
    times = np.linspace(0.0, 12 / e0, 4001)
    late = times > 1.25
    full = network.simulate(times, rtol=1e-11)["S"]
    forms = (("standard", "given"), ("standard", "fibre"), ("total", "fibre"))
    return [
        np.abs(network.reduce(["C"], form, initial=start).simulate(times, rtol=1e-11)["S"] - full)[late].max() / 2.0
        for form, start in forms
    ]


@pytest.mark.parametrize("e0", SEGEL_SLEMROD)
def test_michaelis_menten_errors_as_printed(e0):
    *printed, at = SEGEL_SLEMROD[e0]
    for found, value in zip(enzyme_errors(e0), printed, strict=True):
        last_digit = 10.0 ** (np.floor(np.log10(value)) - 3)
        assert found == pytest.approx(value, abs=0.51 * last_digit)
    assert enzyme(e0).simulate([0.0, 2.0 / e0], rtol=1e-11)["S"][-1] == pytest.approx(at, abs=2e-10)


def test_all_forms_are_of_first_order():
    errors = np.array([enzyme_errors(e0) for e0 in (1e-3, 1e-4)])
    assert np.log10(errors[0] / errors[1]) == pytest.approx(1.0, abs=0.02)


def test_standard_form_is_schnell_and_mendoza():
    reduced = enzyme(1e-3).reduce(["C"], "standard", initial="given")
    at = 2.0 / 1e-3
    exact = 2.0 * lambertw(np.exp(1.0 - 1e-3 * at / 2.0)).real
    assert exact == pytest.approx(1.1342865808195677, rel=1e-14)
    assert reduced.simulate([0.0, at], rtol=1e-11)["S"][-1] == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize(("e0", "standard", "total"), [(2.0, 0.171, 0.0609), (20.0, 0.677, 0.0345)])
def test_with_much_enzyme_only_the_total_form_holds(e0, standard, total):
    network = enzyme(e0)
    times = np.linspace(0.0, 10.0, 501)
    full = network.simulate(times)["P"]
    for form, expected in (("standard", standard), ("total", total), ("auto", total)):
        reduced = network.reduce(["C"], form, initial="given").simulate(times)["P"]
        assert np.abs(reduced - full).max() / 2.0 == pytest.approx(expected, abs=6e-4)


@pytest.mark.parametrize("gamma", [10.0, 100.0, 1000.0])
def test_davis_skodje(gamma):
    network = Network.from_antimony(
        f"y1' = -y1; y2' = -g*y2 + ((g-1)*y1+g*y1^2)/(1+y1)^2; y1 = 1; y2 = 0.5; g = {gamma}"
    )
    at = {"y1": 1.0}
    assert csp(network, ["y2"], at, order=0)["y2"] - 0.5 == pytest.approx(-1.0 / (4.0 * gamma), rel=1e-9)
    assert ildm(network, ["y2"], at)["y2"] - 0.5 == pytest.approx(1.0 / (4.0 * gamma * (gamma - 1.0)), rel=1e-5)
    assert abs(csp(network, ["y2"], at, order=1)["y2"] - 0.5) < 1.0 / gamma**2
    assert abs(csp(network, ["y2"], at, order=2)["y2"] - 0.5) < 1.0 / gamma**3
    assert abs(network.reduce(["y2"], "standard", relation="refined").start[1] - 0.5) < 1.0 / gamma**2


def test_robertson_over_eleven_decades_as_a_dae():
    network = Network.from_antimony("A->B; 0.04*A; B->A; 1e4*B*C; B->C; 3e7*B^2; A=1; B=0; C=0")
    times = np.array([0.0, 0.4, 40.0, 4e3, 4e5, 4e7, 4e10, 1e11])
    exact = [9.851721138611e-1, 7.158270687222e-1, 1.832022577808e-1, 4.938274521220e-3, 5.203071844395e-5,
             5.208345177737e-8, 2.083340150368e-8]  # fmt: skip
    full = network.simulate(times, rtol=1e-11, atol=1e-24)
    assert full["A"][1:] == pytest.approx(exact, rel=3e-8)
    reduced = network.reduce(["B"], closed_form=False)
    assert not reduced.closed
    error = np.abs(reduced.simulate(times, rtol=1e-9, atol=1e-20)["A"][1:] / exact - 1.0)
    assert error.max() < 5.8e-6
    assert error[-1] == pytest.approx(4.0e-6, rel=0.2)


def test_goldbeter_koshland():
    times = np.unique(np.r_[0.0, np.linspace(0.0, 1000.0, 4001)])
    slow, quick = goldbeter_koshland(10.0, 0.1), goldbeter_koshland(1000.0, 10.0)
    full = slow.simulate(times)
    # the total form has the steady state of the full model; printed values agree to 1e-7
    assert full["Sp"][-1] == pytest.approx(0.21389347, abs=1.5e-7)
    assert full["Sp"][-1] + full["C2"][-1] == pytest.approx(0.57968986, abs=1.5e-7)
    total = slow.reduce(["C1", "C2"]).simulate(times)
    error = np.abs(total["Sp"] + total["C2"] - full["Sp"] - full["C2"])
    assert error[-1] < 1e-9
    assert error.max() == pytest.approx(5.5e-3, rel=0.01)
    standard = slow.reduce(["C1", "C2"], "standard", initial="given").simulate(times)
    assert standard["Sp"][-1] == pytest.approx(0.92778, abs=1e-5)
    full, total = quick.simulate(times), quick.reduce(["C1", "C2"]).simulate(times)
    assert full["Sp"][-1] + full["C2"][-1] == pytest.approx(0.58635237, abs=1.5e-7)
    error = np.abs(total["Sp"] + total["C2"] - full["Sp"] - full["C2"])
    assert error.max() == pytest.approx(7.2e-5, rel=0.01)


def test_mapk_has_three_slow_variables():
    network = Network.from_sbml(reference("kinetics", "models", "ex_MAPK-HF96_np.xml"))
    times = np.r_[0.0, np.linspace(0.1, 100.0, 101)]
    full = network.simulate(times, rtol=1e-10)
    for name, value in (("PP_K", 0.981426107856), ("PP_KK", 0.832226061636), ("P_KKK", 2.50301391892e-4)):
        assert full[name][-1] == pytest.approx(value, rel=2e-8)
    scales = network.timescales(times)
    assert np.all(scales.slow[1:] == 3)
    assert scales.gap[1:].min() > 20.0  # 320 at first, 28 while the cascade switches, 460 in the end
    for other in (np.r_[0.0, 0.1, np.linspace(10.0, 100.0, 10)], np.linspace(0.0, 100.0, 1001)):
        assert np.all(network.timescales(other).slow[1:] == 3)
    reduced = network.reduce(times=times, allowance=1e-2)
    assert reduced.relation == "refined"  # the leading order is 3 to 5 % off, and its bars say so
    assert len(reduced.slow) == 3
    assert len(reduced.fast) == 12
    found = reduced.simulate(times)
    for name in network.species:
        assert np.abs(found[name] - full[name])[1:].max() < 1e-2 * full[name].max(), name
    for relation in ("refined", "quasi-steady"):
        index = effectivity(network, network.reduce(scales.proposal(), relation=relation), times, 0.1)
        assert index.min() > 0.5
        assert index.max() < 5.0


VIRUS = {  # nM at 3600, 86400 and 172800 s; None where nothing is printed
    "V": (2.81820984, 0.10088832, None),
    "C": (1.58096909, None, None),
    "I": (0.42684550, None, None),
    "G": (0.07583398, 0.31853353, None),
    "F": (0.03262287, 2.40688973, 1.53313174),
    "A": (0.00253635, 6.46468344, 8.85912231),
}


def test_virus_in_full_as_printed():
    run = virus().simulate([0.0, 3600.0, 86400.0, 172800.0], rtol=1e-12)
    for name, values in VIRUS.items():
        for found, value in zip(run[name][1:], values, strict=True):
            assert value is None or found == pytest.approx(value, abs=1.1e-8)


# nM over the largest value, of binding in equilibrium with V + C and R + C slow, at the times below from 600 s on
PRINTED = {"VT": 2.42e-3, "I": 1.62e-2, "G": 4.67e-3, "F": 1.88e-3, "A": 8.8e-4}
PRINTED_TIMES = [0.0, 600.0, 3600.0, 7200.0, 21600.0, 43200.0, 86400.0, 172800.0]


def test_virus_errors_as_printed_fall_with_the_speed_of_binding():
    """To the last digit for the published rates; ten and a hundred times faster binding divides them by as much."""
    errors = []
    for faster in (1.0, 10.0, 100.0):
        full = virus(faster).simulate(PRINTED_TIMES, rtol=1e-11)
        run = virus(faster).reduce(["_J0"], relation="equilibrium").simulate(PRINTED_TIMES, rtol=1e-11)
        pairs = {n: (full[n], run[n]) for n in "IGFA"} | {"VT": (full["V"] + full["C"], run["V"] + run["C"])}
        errors.append({n: np.abs(a - b)[1:].max() / a.max() for n, (a, b) in pairs.items()})
    for name, printed in PRINTED.items():
        last = 10.0 ** (np.floor(np.log10(printed)) - (1 if name == "A" else 2))
        assert abs(errors[0][name] - printed) < 0.51 * last, name
        assert np.log10(errors[0][name] / errors[1][name]) == pytest.approx(1.0, abs=0.02), name
        assert np.log10(errors[1][name] / errors[2][name]) == pytest.approx(1.0, abs=0.01), name


def test_virus_error_falls_with_the_speed_of_binding():
    times = np.r_[0.0, np.geomspace(600.0, 172800.0, 400)]
    errors = []
    for faster in (1.0, 10.0, 100.0):
        network = virus(faster)
        full, reduced = network.simulate(times, rtol=1e-10), network.reduce(["C"])
        run = reduced.simulate(times, rtol=1e-10)
        errors.append([np.abs(full[n] - run[n])[1:].max() / full[n].max() for n in "IGFA"])
        index = effectivity(network, reduced, times, 600.0)
        assert index.min() > 0.5
        assert index.max() < 5.0
    assert np.log10(np.array(errors[0]) / errors[1]) == pytest.approx(1.0, abs=0.02)
    assert np.log10(np.array(errors[1]) / errors[2]) == pytest.approx(1.0, abs=0.01)


def test_virus_reduced_agrees_with_an_independent_solution():
    """An independent integrator gives the same numbers as ours for both closures."""
    from scipy.integrate import solve_ivp

    times = np.r_[0.0, np.geomspace(600.0, 172800.0, 400)]
    network = virus()
    full = network.simulate(times, rtol=1e-11)
    for relation, constant in (("equilibrium", 9.34e-3 / 6.6e-4), ("quasi-steady", (9.34e-3 + 1e-4) / 6.6e-4)):
        reduced = network.reduce(["_J0"], relation=relation).simulate(times, rtol=1e-11)

        def rates(_, y, constant=constant):
            bound = y[0] + y[1] + constant
            c = 2.0 * y[0] * y[1] / (bound + np.sqrt(bound**2 - 4.0 * y[0] * y[1]))
            *_, i, g, f, a = y
            h = 3600.0
            return [
                -1e-4 * c, -1e-4 * c + 2e-4 * i, 1e-4 * c - 2e-4 * i,
                1e-5 * c + 0.5 / h * g * (1 - g / 50) / (1 + 10 * a) - 0.05 / h * g,
                g / (1 + g) / h - 0.1 / h * f, 0.5 / h * f**2 / (0.04 + f**2) - 0.05 / h * a,
            ]  # fmt: skip

        start = [5.0, 10.0, 0.0, 0.0, 0.0, 0.0]
        other = solve_ivp(rates, (0.0, 172800.0), start, "Radau", times, rtol=1e-11, atol=1e-14).y
        for k, name in enumerate(["VT", "R", "I", "G", "F", "A"]):
            if name == "R":
                continue
            ours = reduced["V"] + reduced["C"] if name == "VT" else reduced[name]
            true = full["V"] + full["C"] if name == "VT" else full[name]
            assert np.abs(ours - other[k]).max() < 1e-6 * true.max(), name


def test_virus_needs_a_thousand_times_fewer_explicit_evaluations():
    network = virus(100.0)
    times = [0.0, 172800.0]
    keep = list("VIGFA")
    reduced = simulate_cells(network.reduce(["C"]), times, {}, keep=keep)
    full = simulate_cells(network, times, {}, keep=keep)
    assert full.evaluations[0] >= 1000 * reduced.evaluations[0]
    assert np.abs(reduced.values[0, -1] / full.values[0, -1] - 1.0).max() < 3e-4


def test_error_bars_of_enzymes_are_honest():
    for e0 in (0.1, 1e-2, 1e-3):
        times = np.r_[0.0, np.geomspace(1.25, 12 / e0, 200)]
        for form, start in (("total", "fibre"), ("standard", "given"), ("standard", "fibre")):
            network = enzyme(e0)
            index = effectivity(network, network.reduce(["C"], form, initial=start), times, 1.25)
            assert index.min() > 0.5
            assert index.max() < 5.0
    for a, d in ((10.0, 0.1), (1000.0, 10.0)):
        network = goldbeter_koshland(a, d)
        times = np.r_[0.0, np.geomspace(50.0 / a, 1000.0, 200)]
        index = effectivity(network, network.reduce(["C1", "C2"]), times, 50.0 / a)
        assert index.min() > 0.5
        assert index.max() < 5.0


@pytest.mark.parametrize("kind", ["chain", "cycle", "enzyme"])
def test_planted_sets_of_other_topologies(kind):
    for seed in range(8):
        planted = planted_topology(kind, seed)
        times = np.r_[0.0, np.geomspace(0.05, planted.horizon, 60)]
        proposal = planted.network.timescales(times).proposal()
        assert set(planted.network.reduce(proposal).fast_reactions) == set(planted.fast), seed
        index = effectivity(planted.network, planted.network.reduce(planted.fast), times, 0.05)
        assert index.min() > 0.5, seed
        assert index.max() < 5.0, seed


def test_planted_fast_reactions_are_found_and_their_error_is_known():
    found = 0
    for seed in range(50):
        planted = planted_network(seed)
        times = np.r_[0.0, np.geomspace(0.05, planted.horizon, 60)]
        proposal = planted.network.timescales(times).proposal()
        found += bool(proposal) and set(planted.network.reduce(proposal).fast_reactions) == set(planted.fast)
        index = effectivity(planted.network, planted.network.reduce(planted.fast), times, 0.05)
        assert index.min() > 0.5, seed
        assert index.max() < 5.0, seed
    assert found >= 48
