"""Small networks that have known answers."""

from __future__ import annotations

from scalebridge.kinetics import Network

VIRUS = """model virus
V+R->C; kon*V*R-koff*C; C->I; ki*C; I->R; kr*I;
G' = p*ki*C + (0.5/3600)*G*(1-G/50)/(1+10*A) - (0.05/3600)*G
F' = (1/3600)*G/(1+G) - (0.1/3600)*F
A' = (0.5/3600)*F^2/(0.04+F^2) - (0.05/3600)*A
V=5; R=10; C=0; I=0; G=0; F=0; A=0; p=0.1; kon={on}; koff={off}; ki=1e-4; kr=2e-4
end"""


def enzyme(e0: float, s0: float = 2.0, scale: float = 1.0) -> Network:
    """E + S <-> C -> E + P with all rate constants 1 (times `scale`), K_M = 2."""
    return Network.from_antimony(
        f"S+E->C; k1*S*E; C->S+E; km1*C; C->P+E; k2*C; k1={scale}; km1={scale}; k2={scale}; S={s0}; E={e0}; C=0; P=0"
    )


def goldbeter_koshland(a: float, d: float) -> Network:
    """Two enzymes against each other, S_T = 1, E_T = 0.5, D_T = 0.4, k = 0.1."""
    return Network.from_antimony(
        f"S+E->C1; a*S*E-d*C1; C1->Sp+E; k*C1; Sp+D->C2; a*Sp*D-d*C2; C2->S+D; k*C2;"
        f"a={a}; d={d}; k=0.1; S=1; E=0.5; D=0.4; C1=0; C2=0; Sp=0"
    )


def virus(faster: float = 1.0) -> Network:
    """Receptor binding under entry, replication and interferon response; binding `faster` times the published rates."""
    return Network.from_antimony(VIRUS.format(on=6.6e-4 * faster, off=9.34e-3 * faster))
