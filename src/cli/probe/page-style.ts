// How the page looks: light or dark, as the reader's system has it. Colours stand beside signs, never alone.

export const style = `
:root {
  color-scheme: light dark;
  --text: light-dark(#1c1e21, #e4e6ea);
  --quiet: light-dark(#5a6068, #a0a6af);
  --back: light-dark(#ffffff, #16181b);
  --line: light-dark(#d9dce1, #33373d);
  --open: light-dark(#c2262e, #d8474e);
  --stopped: light-dark(#cfe8d5, #1f4a2c);
  --contained: light-dark(#dbe7f7, #22405f);
  --nothing: light-dark(#eeeff1, #24272b);
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 100rem; padding: 1.5rem; color: var(--text); background: var(--back);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.7rem; }
h2 { margin: 2.5rem 0 0.75rem; font-size: 1.3rem; }
h3 { margin: 0; font-size: 1.05rem; }
p { max-width: 48rem; }
a { color: inherit; }
code, pre { font: 0.85rem/1.45 ui-monospace, monospace; }
pre { margin: 0.4rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; color: var(--quiet); }
.skip { position: absolute; left: -999rem; }
.skip:focus { position: static; }
.legend, .facts, .lessons { display: grid; grid-template-columns: max-content 1fr; gap: 0.3rem 1rem; margin: 1rem 0; }
.legend dd, .facts dd, .lessons dd { margin: 0; }
.facts { margin: 0.5rem 0; font-size: 0.9rem; }
.facts dt, caption { color: var(--quiet); }
.legend span, .cells td:nth-child(2) { display: inline-block; min-width: 7.5rem; padding: 0.05rem 0.5rem; }
i { font-style: normal; margin-right: 0.35em; }
.map, .scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.85rem; }
caption { text-align: left; padding-bottom: 0.5rem; }
.map th[scope="row"] { position: sticky; left: 0; background: var(--back); text-align: left; font-weight: 500;
  padding: 0 0.75rem 0 0; white-space: nowrap; }
.map th a { text-decoration: none; }
.map th a:hover, .map th a:focus { text-decoration: underline; }
.map thead th { vertical-align: bottom; padding: 0.25rem; font-weight: 600; }
.map thead th span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; }
.map tbody td { border: 1px solid var(--back); padding: 0; }
.map tbody td a { display: block; width: 5.6rem; padding: 0.1rem 0.25rem; font-size: 0.75rem; text-decoration: none; white-space: nowrap;
  overflow: hidden; text-overflow: ellipsis; }
.map tbody td a:focus, .map tbody td a:hover { outline: 2px solid var(--text); outline-offset: -2px; }
.group th { text-align: left; padding: 0.9rem 0 0.2rem; color: var(--quiet); font-weight: 600; }
.open { background: var(--open); color: #ffffff; }
.map .open a { font-weight: 500; letter-spacing: -0.01em; }
.stopped { background: var(--stopped); }
.contained { background: var(--contained); }
.nothing { background: var(--nothing); color: var(--quiet); }
.layers td, .layers th { vertical-align: top; text-align: left; padding: 0.4rem 1.5rem 0.4rem 0; border-top: 1px solid var(--line); }
.layers td { min-width: 14rem; }
.layers small { display: block; font-weight: 400; color: var(--quiet); }
section { border-top: 1px solid var(--line); padding: 1rem 0; scroll-margin-top: 1rem; }
section:target { outline: 2px solid var(--quiet); outline-offset: 0.5rem; }
section p { margin: 0.25rem 0; max-width: none; }
.cells th { text-align: left; font-weight: 400; vertical-align: top; padding: 0.25rem 1rem 0.25rem 0; max-width: 16rem; color: var(--quiet); }
.cells th span { white-space: nowrap; }
.cells td:last-child { padding-left: 1rem; }
.cells td { vertical-align: top; padding: 0.25rem 1rem 0.25rem 0; }
@media (max-width: 40rem) {
  body { padding: 1rem; }
  .cells tr { display: block; padding: 0.3rem 0; }
  .cells th, .cells td { display: block; max-width: none; }
}
`;
