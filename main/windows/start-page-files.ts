// The style and the script of the start page. They are text here: the program is one file, and the shell reads none to show the page.

/** Colors and measures of the design guide. */
export const startStyle = `
:root {
  color-scheme: light dark;
  --bg: light-dark(#f5f5f2, #101416);
  --surface: light-dark(#ffffff, #181d20);
  --line: light-dark(#838a87, #75818a);
  --ink: light-dark(#1b2023, #e9edee);
  --ink-2: light-dark(#465055, #b7c0c4);
  --sunken: light-dark(#eceeea, #222a2e);
  --accent: light-dark(#0e5569, #7cc4d8);
  --on-accent: light-dark(#ffffff, #06222b);
}
* { box-sizing: border-box; margin: 0; }
[hidden] { display: none !important; }
body {
  min-height: 100vh;
  display: grid;
  place-items: center;
  padding: 24px;
  background: var(--bg);
  color: var(--ink);
  font: 15px/1.5 "Inter Variable", ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  cursor: default;
}
main { width: min(480px, 100%); display: grid; gap: 20px; }
svg { width: 40px; height: 40px; fill: none; stroke: var(--accent); stroke-width: 2.4; stroke-linecap: square; }
svg .inner { stroke-width: 1.8; }
h1 { font-size: 22px; line-height: 28px; font-weight: 600; letter-spacing: -0.011em; text-wrap: balance; }
#detail { margin-top: 8px; color: var(--ink-2); overflow-wrap: anywhere; }
#line { display: grid; gap: 4px; font-size: 13px; color: var(--ink-2); }
code {
  padding: 8px 12px;
  border-radius: 6px;
  background: var(--sunken);
  color: var(--ink);
  font: 13px/1.5 ui-monospace, "Cascadia Mono", "Segoe UI Mono", "DejaVu Sans Mono", monospace;
  overflow-wrap: anywhere;
  user-select: all;
  cursor: text;
}
#bar { height: 3px; border-radius: 2px; background: var(--sunken); overflow: hidden; visibility: hidden; }
#bar::after { content: ""; display: block; width: 40%; height: 100%; border-radius: 2px; background: var(--accent); }
[data-busy] #bar { visibility: visible; }
@media (prefers-reduced-motion: no-preference) {
  [data-busy] #bar::after { animation: pass 1.6s ease-in-out infinite; }
}
@keyframes pass { from { transform: translateX(-100%); } to { transform: translateX(250%); } }
#actions { display: flex; flex-wrap: wrap; gap: 12px; }
button {
  min-height: 40px;
  padding: 0 16px;
  border: 1px solid var(--line);
  border-radius: 6px;
  background: var(--surface);
  color: var(--ink);
  font: inherit;
  font-weight: 500;
}
button[data-action="retry"] { border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
`;

/** Runs in the page, without imports: it asks for the next words and writes them as text. */
export const startScript = `
const find = (id) => document.getElementById(id);
let version = Number(document.documentElement.dataset.version);

document.addEventListener('click', ({ target }) => {
  const action = target.closest?.('button')?.dataset.action;
  if (action) fetch('/' + action, { method: 'POST', headers: { 'x-gatehouse-start': '1' } });
});

function write({ title, detail, line, busy, actions }) {
  const focused = document.activeElement?.dataset?.action;
  document.querySelector('h1').textContent = title;
  find('detail').textContent = detail;
  find('line').hidden = line === undefined;
  find('line').children[0].textContent = line?.label ?? '';
  find('line').children[1].textContent = line?.text ?? '';
  document.body.toggleAttribute('data-busy', busy);
  find('actions').replaceChildren(...actions.map(({ action, label }) => {
    const button = document.createElement('button');
    button.dataset.action = action;
    button.textContent = label;
    return button;
  }));
  if (focused) find('actions').querySelector('[data-action=' + focused + ']')?.focus();
}

for (;;) {
  try {
    const words = await (await fetch('/words?after=' + version)).json();
    version = words.version;
    write(words);
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
`;
