#pragma once

#include <string_view>

namespace curfew::load {

/// The whole look of a report: colours for light and dark, one column on a phone, three beside
/// each other on a wide screen, nothing that scrolls sideways. Fonts are the reader's own.
inline constexpr std::string_view page_style = R"(
:root{--ink:#1b1f24;--soft:#56606b;--ground:#fff;--panel:#f6f7f9;--rule:#d9dde2;--fault:#f6e3c5;
--direct:#c2410c;--curfew:#1d4ed8;--good:#15803d;--bad:#b91c1c;--doubt:#92600a}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ed;--soft:#a0aab5;--ground:#14171b;
--panel:#1c2025;--rule:#343a42;--fault:#43351c;--direct:#fb923c;--curfew:#7aa2ff;--good:#4ade80;
--bad:#f87171;--doubt:#fbbf24}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1280px;padding:1rem 1rem 3rem;background:var(--ground);
color:var(--ink);font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:clamp(1.4rem,4vw,2rem);line-height:1.2;margin:.6rem 0}
h2{font-size:1.2rem;margin:2.2rem 0 .6rem}
h2 code{display:inline-block;font-size:.85rem;font-weight:400;color:var(--soft);margin-left:.3rem}
p{margin:.4rem 0;max-width:46rem}
.note{color:var(--soft);font-size:.875rem}
.pass{--tone:var(--good)}.fail{--tone:var(--bad)}.invalid,.void{--tone:var(--doubt)}
.verdict b{display:inline-block;padding:0 .6rem;margin-right:.4rem;border-radius:.25rem;
background:var(--tone);color:var(--ground);letter-spacing:.04em}
.claims{list-style:none;margin:1.2rem 0;padding:0;display:grid;gap:.8rem;
grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr))}
.claims li{border-left:4px solid var(--tone);background:var(--panel);padding:.6rem .9rem}
.claims b{color:var(--tone)}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;width:100%;overflow-wrap:normal}
caption{text-align:left;font-weight:600;font-size:1.2rem;padding:.6rem 0 .2rem}
th,td{padding:.22rem .3rem;text-align:right;border-bottom:1px solid var(--rule);
font-size:.9375rem;vertical-align:top}
td,small{white-space:nowrap}
thead th{font-weight:600;white-space:nowrap}
tbody th{text-align:left;font-weight:400;color:var(--soft)}
tbody th a{color:inherit}
.summary{max-width:46rem}
.summary thead tr:first-child>*{border-bottom:0;text-align:center;color:var(--soft)}
.summary small{display:block;font-weight:400;color:var(--soft);font-size:.8125rem}
.evidence{display:grid;gap:1rem;align-items:start;
grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr))}
figure{margin:0;background:var(--panel);padding:.7rem .8rem;min-width:0}
figcaption{font-weight:600;font-size:.9375rem}
.key{margin:.1rem 0 .3rem;font-size:.875rem}.key span{margin-right:.9rem;white-space:nowrap}
svg.plot{width:100%;height:auto;display:block}
svg.stroke{width:34px;height:10px;margin-right:.35rem}
.grid{stroke:var(--rule);stroke-width:1}
.tick,.band-name,.level-name{fill:var(--soft);font-size:12px}
.band{fill:var(--fault)}
.level{stroke:var(--soft);stroke-width:1;stroke-dasharray:1 3}
.line{fill:none;stroke-linejoin:round}
.curfew{stroke:var(--curfew);stroke-width:3.5}
.direct{stroke:var(--direct);stroke-width:2;stroke-dasharray:7 6}
.refused{stroke:var(--curfew);stroke-width:3;stroke-dasharray:0 6;stroke-linecap:round}
dl{display:grid;grid-template-columns:minmax(6rem,auto) 1fr;gap:.4rem 1rem;margin:0;
font-size:.875rem;max-width:60rem}
dt{color:var(--soft)}dd{margin:0}
@media(max-width:36rem){.summary,.summary thead,.summary tbody{display:block}
.summary caption{display:block}.summary tr{display:grid;grid-template-columns:3fr 3fr 2fr 2fr;
border-bottom:1px solid var(--rule)}.summary th,.summary td{border:0;padding:.15rem 0}
.summary thead td{display:none}.summary thead [colspan]{grid-column:span 2}
.summary tbody th{grid-column:1/-1;padding-top:.4rem}.summary thead tr:first-child{border:0}
.summary small{font-size:.75rem}.summary .stroke{display:block;margin:0 0 0 auto}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.6rem}}
)";

}  // namespace curfew::load
