// How the page looks. Light or dark as the reader's system is; one column, for phones, too; and on paper, where nothing can be opened,
// everything is open.

export const style = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#fdfcf9, #16181c);
  --ink: light-dark(#22252b, #dfe2e6);
  --faint: light-dark(#646a74, #989ea8);
  --line: light-dark(#e2ded5, #31353c);
  --panel: light-dark(#f5f2ea, #1e2126);
  --accent: light-dark(#0b5c78, #74c3de);
  --green: light-dark(#18653a, #7fd19b);
  --red: light-dark(#a32a20, #f29a8e);
  --amber: light-dark(#84540a, #e5b567);
  --violet: light-dark(#6a3d96, #c3a2e6);
  --shell: light-dark(#20242b, #0f1114);
  --shell-ink: #e6e8eb;
  --shell-faint: #99a1ad;
  --mono: ui-monospace, "SF Mono", "Cascadia Code", "JetBrains Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: clamp(1.5rem, 5vw, 4rem) clamp(1rem, 4vw, 2rem) 3rem; max-width: 49rem;
  background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.65 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  overflow-wrap: break-word;
}
h1, h2, h3 { line-height: 1.2; letter-spacing: -0.012em; text-wrap: balance; }
h1 { font-size: clamp(1.9rem, 6vw, 2.7rem); margin: 0.2em 0 0.35em; }
h2 { font-size: 1.5rem; margin: 3.2rem 0 0.8rem; padding-top: 1.6rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.2rem; margin: 2.2rem 0 0.6rem; }
p, ul, ol { margin: 0 0 1rem; }
a { color: var(--accent); text-underline-offset: 0.15em; }
a:focus-visible, summary:focus-visible, pre:focus-visible, .wide:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
blockquote { margin: 1rem 0; padding-left: 1rem; border-left: 3px solid var(--line); color: var(--faint); }
code, pre, samp { font-family: var(--mono); font-size: 0.875em; font-variant-ligatures: none; }
:not(pre) > code { padding: 0.1em 0.3em; border-radius: 4px; background: var(--panel); box-decoration-break: clone; }
pre { margin: 0; overflow-x: auto; font-size: 0.81rem; line-height: 1.55; tab-size: 8; }
pre code, pre samp { font-size: inherit; }
main > pre, details > pre, .wide { margin: 0 0 1rem; padding: 0.8rem 1rem; border: 1px solid var(--line); border-radius: 8px; background: var(--panel); }
.wide { overflow-x: auto; padding: 0; }
table { border-collapse: collapse; width: 100%; font-size: 0.94rem; }
th, td { padding: 0.5rem 0.9rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
tr:last-child td { border-bottom: 0; }

.series { margin: 0; color: var(--faint); font: 0.85rem var(--mono); }
.summary { font-size: 1.2rem; color: var(--faint); margin-bottom: 1.4rem; }
.facts { display: flex; flex-wrap: wrap; gap: 0.5rem 2rem; margin: 0 0 2rem; padding: 0.9rem 0; border-block: 1px solid var(--line); }
.facts dt { font-size: 0.8rem; color: var(--faint); }
.facts dd { margin: 0; }
nav { margin: 0 0 2.5rem; }
nav ol { margin: 0; padding: 0; list-style: none; columns: 2 17rem; column-gap: 2rem; }
nav li { break-inside: avoid; padding: 0.15rem 0; }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }
.banner { margin: 0 0 2rem; padding: 0.9rem 1.1rem; border-left: 4px solid var(--amber); background: var(--panel); border-radius: 0 8px 8px 0; }
.banner p, .banner ul { margin: 0; }

.kicker { margin: 0 0 0.35rem; font-size: 0.82rem; font-weight: 650; color: var(--tone, var(--accent)); }
.status { margin: 0.9rem 0 0.35rem; font-size: 0.88rem; color: var(--faint); }
.goal, .question > p:only-child { font-size: 1.1rem; font-weight: 600; line-height: 1.45; }
section.predict, section.task, section.pause, section.probe {
  margin: 1.8rem 0; padding: 1.15rem clamp(0.9rem, 3vw, 1.4rem) 1.2rem; border: 1px solid var(--line); border-left: 4px solid var(--tone);
  border-radius: 4px 10px 10px 4px; background: var(--panel);
}
section > :last-child, details > :last-child { margin-bottom: 0; }
.predict { --tone: var(--violet); }
.task { --tone: var(--amber); }
.pause { --tone: var(--accent); }
.probe { --tone: var(--red); }
section :not(pre) > code { background: color-mix(in srgb, var(--ink) 8%, transparent); }
section pre, .check pre { padding: 0.65rem 0.85rem; border: 1px solid var(--line); border-radius: 6px; background: var(--paper); }

summary { cursor: pointer; padding: 0.3rem 0; }
summary::marker { color: var(--faint); }
summary:hover { color: var(--accent); }
.predict ol { margin: 0.6rem 0 0; padding: 0; list-style: none; display: grid; gap: 0.5rem; }
.predict details { border: 1px solid var(--line); border-radius: 8px; background: var(--paper); }
.predict summary { padding: 0.6rem 0.9rem; list-style: none; display: flex; gap: 0.7rem; align-items: baseline; }
.predict summary::-webkit-details-marker { display: none; }
.predict summary::before { content: "○"; color: var(--faint); }
.predict details[open].right summary::before { content: "✓"; color: var(--green); font-weight: 700; }
.predict details[open].wrong summary::before { content: "✗"; color: var(--red); font-weight: 700; }
.predict details[open].right { border-color: var(--green); }
.predict details[open].wrong { border-color: var(--red); }
.predict .answer { margin: 0; padding: 0 0.9rem 0.8rem 2.45rem; font-size: 0.97rem; }
.task > details + details, .task .goal + details { border-top: 1px solid var(--line); }
.task > details[open] { padding-bottom: 0.8rem; }

.run, .source { margin: 1.4rem 0; }
.task .run { margin: 0.3rem 0 0; }
.run { background: var(--shell); color: var(--shell-ink); border: 1px solid light-dark(var(--shell), var(--line)); border-radius: 10px; padding: 0.75rem 1.1rem 0.95rem; }
.run figcaption { color: var(--shell-faint); font-size: 0.8rem; margin-bottom: 0.5rem; }
.run pre, section .run pre { padding: 0; border: 0; background: none; border-radius: 0; }
.run .command { display: flex; gap: 0.8em; font-weight: 600; white-space: pre-wrap; overflow-wrap: anywhere; }
.run .command code { min-width: 0; }
.run .command::before { content: attr(data-prompt); color: #7cc4dd; user-select: none; }
.run .output { margin-top: 0.55rem; color: #c7ccd4; }
.run .status { margin: 0.55rem 0 0; color: var(--shell-faint); }
.source figcaption { font-size: 0.95rem; margin-bottom: 0.5rem; }
.source figcaption p { margin: 0 0 0.3rem; }
.source figcaption code { color: var(--faint); background: none; padding: 0; }
.source pre { padding: 0.9rem 1.1rem; border: 1px solid var(--line); border-radius: 10px; background: var(--panel); }
.c { color: var(--faint); font-style: italic; } .s { color: var(--green); } .k { color: var(--violet); }
.calls .c { font-style: normal; font-weight: 600; }

.check { margin: 0.4rem 0 1rem; }
.sign { font-weight: 700; display: inline-block; min-width: 1.1em; color: var(--faint); }
.sign.ok { color: var(--green); } .sign.no { color: var(--red); }
.place { margin: 0 0 0.6rem; font: 600 1.05rem var(--mono); }
.why { margin-top: 0.9rem; font-size: 0.97rem; }
.from { margin: 0.35rem 0 0; font: 0.8rem var(--mono); color: var(--faint); }
.changes { margin: 0 0 0.7rem; }
.changes dt { margin: 0.5rem 0 0.2rem; font-size: 0.85rem; font-weight: 600; }
.changes dd { margin: 0; }
section .changes pre { padding: 0; max-height: 20rem; overflow-y: auto; }
.changes del, .changes ins { display: block; width: max-content; min-width: 100%; padding: 0 0.85rem 0 0.6rem; text-decoration: none; }
.changes del { color: var(--red); background: color-mix(in srgb, var(--red) 9%, transparent); }
.changes ins { color: var(--green); background: color-mix(in srgb, var(--green) 9%, transparent); }
.changes del::before { content: "− "; } .changes ins::before { content: "+ "; }
.verdicts { margin: 0; padding: 0; list-style: none; font-size: 0.95rem; }
.verdicts small { display: inline-block; padding-left: 1.5em; color: var(--faint); font-family: var(--mono); font-size: 0.78rem; overflow-wrap: anywhere; }
.probe dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); gap: 0.7rem 1.5rem; margin: 0.9rem 0 0; }
.probe dt { font-size: 0.85rem; color: var(--faint); }
.probe dd { margin: 0; font-weight: 600; }
.probe .stopped { color: var(--green); } .probe .through { color: var(--red); }
.probe small { display: block; font-weight: 400; color: var(--ink); }
footer { margin-top: 4rem; padding-top: 1.2rem; border-top: 1px solid var(--line); font-size: 0.88rem; color: var(--faint); }

@media (max-width: 34rem) {
  body { font-size: 1rem; }
  .run { margin-inline: calc(-1 * clamp(0rem, 2vw, 0.6rem)); padding-inline: 0.9rem; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
@media print {
  :root { color-scheme: light; --paper: #fff; --shell: #f5f2ea; --shell-ink: #22252b; --shell-faint: #646a74; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  .changes pre { max-height: none; }
  .run { border-color: var(--line); } .run .output { color: inherit; }
  figure, .predict, .probe, summary, tr { break-inside: avoid; } h2, h3 { break-after: avoid; }
  nav { display: none; }
  details::details-content { content-visibility: visible; display: block; block-size: auto; }
}
`;
