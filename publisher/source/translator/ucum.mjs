// Says whether a text is a UCUM unit, for the translator's check of quantity literals: https://ucum.org/ucum.
// The whole grammar, but only the unit atoms that clinical logic is likely to use: one that is missing is added here.

const PREFIXES = 'Y Z E P T G M k h da d c m u n p f a z y Ki Mi Gi Ti'.split(' ');

const METRIC = new Set(
  `m s g rad K C cd mol sr Hz N Pa J W A V F Ohm S Wb Cel T H lm lx Bq Gy Sv kat l L ar t bar u eV cal [Cal] g% eq osm
  U [iU] [IU] Np B bit By Bd Ci R m[H2O] m[Hg] dyn erg P St mho [lbf_av]`.split(/\s+/),
);

const OTHER = new Set(
  `10* 10^ % [ppth] [ppm] [ppb] [pptr] min h d wk mo a mo_s mo_j mo_g a_t a_j a_g deg ' '' gon atm [degF] [pH]
  [in_i] [ft_i] [yd_i] [mi_i] [lb_av] [oz_av] [gr] [drp] [foz_us] [cup_us] [tsp_us] [tbs_us] [pt_us] [qt_us] [gal_us]
  [diop] [MET] [HPF] [LPF] [Ch] [arb'U] [USP'U] [GPL'U] [MPL'U] [APL'U] [beth'U] [anti'Xa'U] [todd'U] [ka'U] [tb'U]
  [CCID_50] [TCID_50] [EID_50] [PFU] [FFU] [CFU] [BAU] [AU] [Amb'a'1'U] [PNU] [Lf] [D'ag'U] [FEU] [ELU]
  [EU]`.split(/\s+/),
);

const TOKEN = /\{[^{}]*\}|[./()]|(?:\[[^[\]]*\]|[^./(){}[\]\s])+/y;

function isSimpleUnit(token) {
  if (/^\d+$/.test(token)) return true;
  const [, atom] = /^(.*?[^\d+-])([+-]?\d+)?$/.exec(token) ?? [];
  if (!atom) return false;
  if (METRIC.has(atom) || OTHER.has(atom)) return true;
  return PREFIXES.some((prefix) => atom.startsWith(prefix) && METRIC.has(atom.slice(prefix.length)));
}

function tokens(unit) {
  const found = [];
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < unit.length; ) {
    const match = TOKEN.exec(unit);
    if (!match) return null;
    found.push(match[0]);
  }
  return found;
}

// term = component { ("." | "/") component }; component = annotation | unit [annotation] | "(" term ")"
function readTerm(list) {
  do {
    const token = list.shift();
    if (token === '(') {
      if (!readTerm(list) || list.shift() !== ')') return false;
    } else if (token?.startsWith('{')) {
      continue;
    } else {
      if (!token || !isSimpleUnit(token)) return false;
      if (list[0]?.startsWith('{')) list.shift();
    }
  } while ((list[0] === '.' || list[0] === '/') && list.shift());
  return true;
}

// Returns what is wrong with `unit`, or null.
export function unitProblem(unit) {
  const list = tokens(unit);
  if (list?.[0] === '/') list.shift();
  if (list && readTerm(list) && list.length === 0) return null;
  return `'${unit}' is not a known UCUM unit`;
}
