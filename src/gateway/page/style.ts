import { createHash } from 'node:crypto';

/** The one stylesheet. Plain type, one column, tables that become lists on a phone. Colours keep 4.5:1 against their ground in light and dark. */
export const STYLE = `
:root { color-scheme: light dark;
  --ground: #fbfbf9; --raised: #fff; --ink: #1b1f23; --quiet: #57606a; --rule: #d9dcd8; --link: #0a58a8;
  --good: #1a6b32; --bad: #b3261e; --wait: #8a4b00; --wait-ground: #fff6e5; --wait-rule: #d99a2b; --code: #f0f1ed; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #14171a; --raised: #1b1f23; --ink: #e6e8e6; --quiet: #9aa4ad; --rule: #343a40; --link: #7ab8ff;
  --good: #6ccb84; --bad: #ff8a80; --wait: #f2b65a; --wait-ground: #2a2213; --wait-rule: #8a6420; --code: #24292e; } }
* { box-sizing: border-box; }
html { font: 1rem/1.5 system-ui, sans-serif; background: var(--ground); color: var(--ink); -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 72rem; padding: 0 1.25rem 3rem; overflow-wrap: break-word; }
a { color: var(--link); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 2px; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--raised); padding: .5rem 1rem; z-index: 1; }
body > header { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; align-items: baseline; padding: 1rem 0; border-bottom: 1px solid var(--rule); }
.name { font-weight: 700; color: inherit; text-decoration: none; }
nav { display: flex; gap: 1.25rem; }
nav a[aria-current] { color: inherit; text-decoration-thickness: 2px; }
.asof { margin-left: auto; }
.quiet, .asof, caption, th, dt { color: var(--quiet); font-size: .875rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 1.5rem 0 .5rem; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0; }
p { margin: .5rem 0; }
.figures { display: flex; flex-wrap: wrap; gap: .75rem 2.5rem; margin: 1rem 0 0; }
.figures div { display: flex; flex-direction: column-reverse; }
.figures dd { margin: 0; font-size: 1.5rem; line-height: 1.2; font-weight: 600; font-variant-numeric: tabular-nums; }
.figures .attention { color: var(--wait); }
.lead { font-size: 1.1rem; max-width: 44rem; margin: 0 0 .75rem; }
.crumbs { margin: 1.25rem 0 -1rem; font-size: .875rem; }
.beside { display: block; color: var(--quiet); font-size: .875rem; font-weight: 400; }
.chip { display: inline-block; background: var(--code); border-radius: 4px; padding: 0 .45rem; margin: 0 .15rem .2rem 0; font: .875rem/1.6 ui-monospace, 'DejaVu Sans Mono', monospace; overflow-wrap: anywhere; }
a.chip[aria-current] { outline: 2px solid var(--link); outline-offset: -1px; text-decoration: none; }
.turning { margin: .75rem 0; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.25rem; margin: .5rem 0; }
.facts div { display: contents; }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.chart { margin: .5rem 0 0; max-width: 44rem; }
.chart svg { display: block; width: 100%; height: auto; overflow: visible; }
.chart text { font: 13px system-ui, sans-serif; fill: var(--quiet); }
.chart .grid { stroke: var(--rule); fill: none; }
.chart .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.chart .dot { stroke: none; }
.chart .key::before { content: ''; display: inline-block; width: .8rem; height: .8rem; border-radius: 2px; margin-right: .4rem; vertical-align: -.05rem; background: var(--series); }
.chart .key { margin-right: 1.25rem; font-size: .875rem; }
.s0 { --series: var(--link); } .s1 { --series: var(--wait-rule); } .s2 { --series: var(--good); } .s3 { --series: var(--bad); }
.line { stroke: var(--series, var(--quiet)); } .dot { fill: var(--series, var(--quiet)); }
footer { margin-top: 3rem; padding-top: .75rem; border-top: 1px solid var(--rule); font-size: .875rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .25rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem 1.25rem .4rem 0; border-bottom: 1px solid var(--rule); }
th { font-weight: 600; white-space: nowrap; }
tbody th { color: inherit; font-size: inherit; font-weight: 500; white-space: normal; overflow-wrap: anywhere; min-width: 12rem; }
td.long { width: 40%; }
time, .once { white-space: nowrap; }
.good { color: var(--good); } .bad { color: var(--bad); } .wait { color: var(--wait); }
.notice { border-left: 4px solid var(--bad); padding: .5rem 1rem; background: var(--raised); white-space: pre-line; }
.waiting { background: var(--wait-ground); border: 1px solid var(--wait-rule); border-radius: 6px; padding: .9rem 1.1rem; margin: .75rem 0; }
.waiting ul { margin: .5rem 0; padding-left: 1.25rem; }
.waiting .answers { list-style: none; padding: 0; }
.answers li { background: var(--code); border-radius: 4px; padding: .35rem .75rem; margin: .3rem 0; overflow-wrap: anywhere; }
code, pre { font: .875rem/1.6 ui-monospace, 'DejaVu Sans Mono', monospace; }
pre { background: var(--code); border-radius: 4px; padding: .6rem .8rem; margin: .5rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
ol.chain { padding-left: 1.25rem; margin: .25rem 0 1rem; }
ol.chain li { margin: .15rem 0; }
details { border-bottom: 1px solid var(--rule); }
summary { cursor: pointer; padding: .55rem 0; }
summary h3 { display: inline; }
details > div { padding: 0 0 1rem 1.1rem; }
progress { width: 5rem; height: .6rem; accent-color: var(--link); margin-right: .5rem; }
form { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1rem 0; align-items: center; }
form label { color: var(--quiet); font-size: .875rem; }
select { max-width: 100%; }
input, button, select { font: inherit; color: inherit; background: var(--raised); border: 1px solid var(--quiet); border-radius: 4px; padding: .35rem .7rem; }
@media (max-width: 44rem) {
  body { padding: 0 .9rem 2rem; }
  .asof { margin-left: 0; width: 100%; }
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  tr { display: block; border-bottom: 1px solid var(--rule); padding: .55rem 0; }
  tbody th { display: block; border: 0; padding: 0; }
  td { display: inline-block; border: 0; padding: 0 1rem 0 0; }
  td, dd, h1, h2, p, li { overflow-wrap: anywhere; }
  td.long { display: block; width: auto; }
  td[data-label]::before { content: attr(data-label) ' '; color: var(--quiet); font-size: .875rem; }
  td.long::before { display: none; }
  td:empty { display: none; }
  form input { flex: 1 1 12rem; min-width: 0; }
  .figures dd { font-size: 1.25rem; }
  .facts { grid-template-columns: 1fr; gap: 0; }
  .facts dd { margin-bottom: .5rem; }
  body > header nav { flex-wrap: wrap; gap: .25rem 1.1rem; }
}
`;

/** What the policy names: no other style, and no script at all, is let in. */
export const STYLE_HASH = `sha256-${createHash('sha256').update(STYLE).digest('base64')}`;
