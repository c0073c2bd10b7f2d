"""The unit atoms and prefixes of UCUM, as data: https://ucum.org/ucum, tables 1 to 22.

Each line of the tables names an atom, a number and the unit that it is so many of.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

BASE: Final = frozenset({"m", "s", "g", "rad", "K", "C", "cd"})

_POWERS_OF_TEN = {
    "Y": 24,
    "Z": 21,
    "E": 18,
    "P": 15,
    "T": 12,
    "G": 9,
    "M": 6,
    "k": 3,
    "h": 2,
    "da": 1,
    "d": -1,
    "c": -2,
    "m": -3,
    "u": -6,
    "n": -9,
    "p": -12,
    "f": -15,
    "a": -18,
    "z": -21,
    "y": -24,
}
PREFIXES: Final = {
    **{name: Fraction(10) ** exponent for name, exponent in _POWERS_OF_TEN.items()},
    **{name: Fraction(2) ** exponent for name, exponent in (("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40))},
}

# Atoms that take a prefix.
_METRIC_TABLE = """
mol 6.0221367 10*23
sr 1 rad2
Hz 1 s-1
N 1 kg.m/s2
Pa 1 N/m2
J 1 N.m
W 1 J/s
A 1 C/s
V 1 J/C
F 1 C/V
Ohm 1 V/A
S 1 Ohm-1
Wb 1 V.s
Cel 1 K
T 1 Wb/m2
H 1 Wb/A
lm 1 cd.sr
lx 1 lm/m2
[eps_0] 8.854187817e-12 F/m
[mu_0] 1 N/A2
[G] 6.67259e-11 m3.kg-1.s-2
Ky 1 cm-1
Oe 250 A/m
Gb 1 Oe.cm
sb 1 cd/cm2
ph 1 lm/cm2
cal_[15] 4.18580 J
cal_[20] 4.18190 J
tex 1 g/km
st 1 m3
Bq 1 s-1
Gy 1 J/kg
Sv 1 J/kg
kat 1 mol/s
l 1 dm3
L 1 dm3
ar 100 m2
t 1000 kg
bar 100000 Pa
u 1.6605402e-24 g
eV 1.60217733e-19 J
pc 3.085678e16 m
[c] 299792458 m/s
[h] 6.6260755e-34 J.s
[k] 1.380658e-23 J/K
[e] 1.60217733e-19 C
[m_e] 9.1093897e-28 g
[m_p] 1.6726231e-24 g
[g] 9.80665 m/s2
[ly] 1 [c].a_j
gf 1 g.[g]
Gal 1 cm/s2
dyn 1 g.cm/s2
erg 1 dyn.cm
P 1 dyn.s/cm2
Bi 10 A
St 1 cm2/s
Mx 1e-8 Wb
G 0.0001 T
Ci 37000000000 Bq
R 0.000258 C/kg
RAD 100 erg/g
REM 1 RAD
mho 1 S
cal_IT 4.1868 J
cal_m 4.19002 J
cal_th 4.184 J
cal 1 cal_th
m[H2O] 9.80665 kPa
m[Hg] 133.3220 kPa
g% 1 g/dl
eq 1 mol
osm 1 mol
U 1 umol/min
bit_s 1 1
bit 1 1
By 8 bit
Bd 1 s-1
"""

_TABLE = """
10* 10 1
10^ 10 1
[pi] 3.1415926535897932384626433832795028841971693993751058209749445923 1
% 0.01 1
[ppth] 0.001 1
[ppm] 1e-6 1
[ppb] 1e-9 1
[pptr] 1e-12 1
gon 0.9 deg
deg 2 [pi].rad/360
' 1 deg/60
'' 1 '/60
min 60 s
h 60 min
d 24 h
a_t 365.24219 d
a_j 365.25 d
a_g 365.2425 d
a 1 a_j
wk 7 d
mo_s 29.53059 d
mo_j 1 a_j/12
mo_g 1 a_g/12
mo 1 mo_j
AU 149597.870691 Mm
atm 101325 Pa
[lbf_av] 1 [lb_av].[g]
Lmb 1 cd/cm2/[pi]
[in_i] 2.54 cm
[ft_i] 12 [in_i]
[yd_i] 3 [ft_i]
[mi_i] 5280 [ft_i]
[fth_i] 6 [ft_i]
[nmi_i] 1852 m
[kn_i] 1 [nmi_i]/h
[sin_i] 1 [in_i]2
[sft_i] 1 [ft_i]2
[syd_i] 1 [yd_i]2
[cin_i] 1 [in_i]3
[cft_i] 1 [ft_i]3
[cyd_i] 1 [yd_i]3
[hd_i] 4 [in_i]
[mil_i] 0.001 [in_i]
[ft_us] 1200 m/3937
[in_us] 1 [ft_us]/12
[yd_us] 3 [ft_us]
[mi_us] 5280 [ft_us]
[gal_us] 231 [in_i]3
[qt_us] 1 [gal_us]/4
[pt_us] 1 [qt_us]/2
[gil_us] 1 [pt_us]/4
[foz_us] 1 [gil_us]/4
[fdr_us] 1 [foz_us]/8
[min_us] 1 [fdr_us]/60
[bbl_us] 42 [gal_us]
[cup_us] 16 [tbs_us]
[tbs_us] 1 [foz_us]/2
[tsp_us] 1 [tbs_us]/3
[foz_m] 30 mL
[cup_m] 240 mL
[tsp_m] 5 mL
[tbs_m] 15 mL
[gal_br] 4.54609 l
[qt_br] 1 [gal_br]/4
[pt_br] 1 [qt_br]/2
[gil_br] 1 [pt_br]/4
[foz_br] 1 [gil_br]/5
[gr] 64.79891 mg
[lb_av] 7000 [gr]
[oz_av] 1 [lb_av]/16
[dr_av] 1 [oz_av]/16
[ston_av] 2000 [lb_av]
[stone_av] 14 [lb_av]
[pwt_tr] 24 [gr]
[oz_tr] 20 [pwt_tr]
[lb_tr] 12 [oz_tr]
[sc_ap] 20 [gr]
[dr_ap] 3 [sc_ap]
[oz_ap] 8 [dr_ap]
[lb_ap] 12 [oz_ap]
[degF] 5 K/9
[degR] 5 K/9
[degRe] 1.25 K
[Cal] 1 kcal_th
[Btu] 1055.05585262 J
[in_i'H2O] 1 m[H2O].[in_i]/m
[in_i'Hg] 1 m[Hg].[in_i]/m
[PRU] 1 mm[Hg].s/ml
[wood'U] 1 mm[Hg].min/L
[diop] 1 m-1
[MET] 3.5 mL/min/kg
[drp] 1 ml/20
[Ch] 1 mm/3
[car_m] 0.2 g
[HPF] 1 1
[LPF] 100 1
[S] 1e-13 s
Torr 133.322 Pa
[bf_i] 144 [in_i]3
[cr_i] 128 [ft_i]3
[cml_i] 1 [pi]/4.[mil_i]2
[rd_us] 16.5 [ft_us]
[ch_us] 4 [rd_us]
[lk_us] 1 [ch_us]/100
[rch_us] 100 [ft_us]
[rlk_us] 1 [rch_us]/100
[fth_us] 6 [ft_us]
[fur_us] 40 [rd_us]
[acr_us] 160 [rd_us]2
[srd_us] 1 [rd_us]2
[smi_us] 1 [mi_us]2
[sct] 1 [mi_us]2
[twp] 36 [sct]
[mil_us] 1e-3 [in_us]
[in_br] 2.539998 cm
[ft_br] 12 [in_br]
[rd_br] 16.5 [ft_br]
[ch_br] 4 [rd_br]
[lk_br] 1 [ch_br]/100
[fth_br] 6 [ft_br]
[pc_br] 2.5 [ft_br]
[yd_br] 3 [ft_br]
[mi_br] 5280 [ft_br]
[nmi_br] 6080 [ft_br]
[kn_br] 1 [nmi_br]/h
[acr_br] 4840 [yd_br]2
[crd_us] 128 [ft_i]3
[bu_us] 2150.42 [in_i]3
[gal_wi] 1 [bu_us]/8
[pk_us] 1 [bu_us]/4
[dqt_us] 1 [pk_us]/8
[dpt_us] 1 [dqt_us]/2
[pk_br] 2 [gal_br]
[bu_br] 4 [pk_br]
[fdr_br] 1 [foz_br]/8
[min_br] 1 [fdr_br]/60
[scwt_av] 100 [lb_av]
[lcwt_av] 112 [lb_av]
[lton_av] 20 [lcwt_av]
[oz_m] 28 g
[lne] 1 [in_i]/12
[pnt] 1 [lne]/6
[pca] 12 [pnt]
[pnt_pr] 0.013837 [in_i]
[pca_pr] 12 [pnt_pr]
[pied] 32.48 cm
[pouce] 1 [pied]/12
[ligne] 1 [pouce]/12
[didot] 1 [ligne]/6
[cicero] 12 [didot]
[Btu_39] 1.05967 kJ
[Btu_59] 1.05480 kJ
[Btu_60] 1.05468 kJ
[Btu_m] 1.05587 kJ
[Btu_IT] 1.05505585262 kJ
[Btu_th] 1.054350 kJ
[HP] 550 [ft_i].[lbf_av]/s
[den] 1 g/9/km
[mesh_i] 1 [in_i]
Ao 0.1 nm
b 100 fm2
att 1 kgf/cm2
[psi] 1 [lbf_av]/[in_i]2
circ 2 [pi].rad
sph 4 [pi].sr
[car_Au] 1 1/24
[smoot] 67 [in_i]
"""

# Arbitrary units are defined by a procedure, logarithmic ones by a function: each compares with itself only.
_ARBITRARY_ATOMS = """
[iU] [arb'U] [USP'U] [GPL'U] [MPL'U] [APL'U] [beth'U] [anti'Xa'U] [todd'U] [dye'U] [smgy'U] [bdsk'U] [ka'U] [knk'U]
[mclg'U] [tb'U] [CCID_50] [TCID_50] [EID_50] [PFU] [FFU] [CFU] [IR] [BAU] [AU] [Amb'a'1'U] [PNU] [Lf] [D'ag'U]
[FEU] [ELU] [EU] [p'diop] [pH] Np B B[SPL] B[V] B[mV] B[uV] B[W] B[kW] [hnsf'U] [MET'U]
%[slope] [hp'_X] [hp'_C] [hp'_M] [hp'_Q] [hp_X] [hp_C] [hp_M] [hp_Q] [kp_X] [kp_C] [kp_M] [kp_Q] B[10.nV]
[m/s2/Hz^(1/2)]
""".split()  # noqa: SIM905  a table


def _definitions(table: str) -> dict[str, tuple[Decimal, str]]:
    rows = (line.split() for line in table.strip().splitlines())
    return {name: (Decimal(value), unit) for name, value, unit in rows}


_METRIC_UNITS: Final = _definitions(_METRIC_TABLE)
UNITS: Final = {**_METRIC_UNITS, **_definitions(_TABLE)}
ARBITRARY: Final = {**{name: name for name in _ARBITRARY_ATOMS}, "[IU]": "[iU]"}
_METRIC_ARBITRARY = frozenset({"[iU]", "[IU]", "Np", "B", "B[SPL]", "B[V]", "[arb'U]", "[PFU]", "[CFU]"})
METRIC: Final = BASE | frozenset(_METRIC_UNITS) | _METRIC_ARBITRARY
# Zero of a temperature scale in Kelvin.
OFFSETS: Final = {
    "Cel": Fraction("273.15"),
    "[degF]": Fraction("459.67") * 5 / 9,
    "[degRe]": Fraction("273.15"),
}
