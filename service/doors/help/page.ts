import { createHash } from 'node:crypto';
import { escapeHtml } from '../../http/pages/plain-page.ts';
import type { HelpDocument } from './book.ts';
import type { Found } from './search.ts';

const style = `
:root {
  color-scheme: light dark;
  --surface: light-dark(#ffffff, #181d20); --sunken: light-dark(#fafaf8, #141a1c); --line: light-dark(#e1e2dd, #2b3337);
  --ink: light-dark(#1b2023, #e9edee); --ink-2: light-dark(#465055, #b7c0c4); --accent: light-dark(#0e5569, #7cc4d8); --on-accent: light-dark(#ffffff, #06222b);
}
* { box-sizing: border-box }
html { scroll-padding-top: 16px; -webkit-text-size-adjust: 100% }
body { margin: 0; background: light-dark(#f5f5f2, #101416); color: var(--ink); font: 16px/25px ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; overflow-wrap: break-word }
header { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; padding: 12px 16px; border-bottom: 1px solid var(--line); background: var(--surface) }
header a { font-weight: 600; color: var(--ink); text-decoration: none }
header a.console { font-weight: 400; color: var(--accent); text-decoration: underline }
form { flex: 1 1 16rem; min-width: 0; max-width: 30rem; display: flex; gap: 8px }
input { flex: 1; min-width: 0; min-height: 40px; padding: 0 12px; border: 1px solid light-dark(#83898c, #6d777b); border-radius: 6px; background: var(--sunken); color: inherit; font: inherit }
button { min-height: 40px; padding: 0 16px; border: 0; border-radius: 6px; background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 500; cursor: pointer }
.with-index { display: grid; grid-template-columns: minmax(0, 1fr); max-width: 46rem; margin: 0 auto }
main { width: 100%; max-width: 46rem; margin: 0 auto; padding: 24px 16px 64px; min-width: 0 }
nav { margin: 16px 16px 0; max-height: 11rem; overflow-y: auto; font-size: 14px; line-height: 22px; border-bottom: 1px solid var(--line) }
nav ul { list-style: none; margin: 0; padding: 0 }
nav li { margin: 0 0 6px }
nav summary { font-weight: 600; cursor: pointer; margin: 0 0 6px }
@media (min-width: 64rem) {
  .with-index { grid-template-columns: 15rem minmax(0, 46rem); max-width: 64rem; gap: 32px }
  nav { position: sticky; top: 0; align-self: start; max-height: 100vh; margin: 24px 16px 0; border: 0 }
}
h1 { font-size: 28px; line-height: 36px; letter-spacing: -.011em; margin: 0 0 12px; text-wrap: balance }
h2 { font-size: 20px; line-height: 28px; margin: 32px 0 8px }
h3 { font-size: 17px; line-height: 24px; margin: 24px 0 8px }
h2 a, h3 a, h4 a { color: inherit; text-decoration: none }
h2 a:hover, h3 a:hover, h4 a:hover { text-decoration: underline }
p, ul, ol, pre, .scroll, blockquote { margin: 0 0 12px }
ul, ol { padding-left: 24px }
li { margin: 0 0 4px }
a { color: var(--accent); text-underline-offset: 3px }
blockquote { padding: 8px 16px; border-left: 3px solid var(--line); background: var(--sunken) }
blockquote p { margin: 0 }
code { font: 14px/22px ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', monospace; padding: 1px 4px; border-radius: 4px; background: var(--sunken); border: 1px solid var(--line); overflow-wrap: anywhere }
pre { padding: 12px; border: 1px solid var(--line); border-radius: 6px; background: var(--sunken); overflow-x: auto }
pre code { padding: 0; border: 0; background: none; overflow-wrap: normal }
.scroll { overflow-x: auto }
table { border-collapse: collapse; font-size: 14px; line-height: 21px }
th, td { padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; min-width: 6rem }
td code { font-size: 13px }
img { max-width: 100%; height: auto; border: 1px solid var(--line); border-radius: 6px }
mark { background: light-dark(#fbe7a8, #5b4711); color: inherit }
.muted { color: var(--ink-2) }
.found { list-style: none; padding: 0 }
.found li { margin: 0 0 16px }
.found p { margin: 0; font-size: 14px; line-height: 21px; color: var(--ink-2) }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px }
@media print { header, nav { display: none } }
`;

/** No script; a form that asks this box; pictures of this box. */
export const helpPolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`;

/** Above what each reader may need. */
const shelves = [
  ['operators', 'For operators', 'The machine: install, secure, back up, update, restore.'],
  ['administrators', 'For administrators', 'The console: people, keys, profiles, kiosks.'],
  ['developers', 'For developers', 'The APIs, the client libraries, webhooks.'],
  [
    'auditors',
    'For auditors and data protection officers',
    'What is held, how it is protected, what was measured.',
  ],
  ['contributors', 'For contributors', 'How the program is built, and its words.'],
] as const;

export const helpIndex = (documents: readonly HelpDocument[], version: string): string =>
  page(
    'Help',
    `<main><h1>Help for Gatehouse ${escapeHtml(version)}</h1>
<p class="muted">The documents of this version, from this box: no request leaves it.</p>
${shelves
  .map(
    ([shelf, title, about]) => `<h2 id="${shelf}">${title}</h2>
<p class="muted">${about}</p>
<ul>${documents
      .filter((one) => one.shelf === shelf)
      .map((one) => `<li>${linkTo(one)}${one.about && `: ${escapeHtml(lowerFirst(one.about))}`}</li>`)
      .join(
        '\n',
      )}${shelf === 'developers' ? '\n<li><a href="/docs/">API reference</a>: every route, to try out here.</li>' : ''}</ul>`,
  )
  .join('\n')}</main>`,
  );

export function helpDocument({ title, html, sections, file }: HelpDocument): string {
  const contents = sections
    .slice(1)
    .map(({ heading, anchor }) => `<li><a href="#${anchor}">${escapeHtml(heading)}</a></li>`);
  const index =
    contents.length < 2
      ? ''
      : `<nav aria-label="On this page"><details open><summary>On this page</summary><ul>${contents.join('\n')}</ul></details></nav>`;
  return page(
    title,
    `<div class="${index === '' ? '' : 'with-index'}">${index}<main>${html}
<p class="muted">This is <code>${escapeHtml(file)}</code> in the folder of the program.</p></main></div>`,
  );
}

export function helpSearch(asked: string, found: readonly Found[]): string {
  const items = found.map(
    ({ document, heading, anchor, excerpt }) =>
      `<li><a href="/help/${document.name}#${anchor}">${escapeHtml(document.title)}${heading === document.title ? '' : `: ${escapeHtml(heading)}`}</a>
<p>${excerpt.map(({ text, isHit }) => (isHit ? `<mark>${escapeHtml(text)}</mark>` : escapeHtml(text))).join('')}</p></li>`,
  );
  const empty =
    asked.trim() === ''
      ? '<p>Type one or more words: all of them have to be in a section.</p>'
      : '<p>No section has all of these words. Try fewer, or the <a href="/help">list of documents</a>.</p>';
  return page(
    'Search the help',
    `<main><h1>${asked.trim() === '' ? 'Search the help' : `Sections with “${escapeHtml(asked)}”`}</h1>
${items.length === 0 ? empty : `<ul class="found">${items.join('\n')}</ul>`}</main>`,
    asked,
  );
}

export const helpMissing = (name: string): string =>
  page(
    'No such document',
    `<main><h1>No such document</h1>
<p>This version has no document “${escapeHtml(name)}”. <a href="/help">All documents</a></p></main>`,
  );

export const helpNotBuilt = page(
  'The help is not built',
  `<main><h1>The help is not built</h1>
<p>In the folder of Gatehouse run <code>npm run build:renderer</code>, then load this page again. Until then the documents are in its folder <code>docs</code>.</p></main>`,
);

function page(title: string, body: string, asked = ''): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Gatehouse</title><style>${style}</style></head>
<body><header><a href="/help">Gatehouse help</a>
<form action="/help/search" role="search"><input type="search" name="q" aria-label="Search the help" placeholder="Search the help" maxlength="200" value="${escapeHtml(asked)}"><button>Search</button></form>
<a class="console" href="/console/">Console</a></header>
${body}
</body></html>
`;
}

const linkTo = ({ name, title }: Pick<HelpDocument, 'name' | 'title'>) =>
  `<a href="/help/${name}">${escapeHtml(title)}</a>`;

/** After a colon; names, such as API, stay. */
const lowerFirst = (text: string) =>
  /^[A-Z][a-z]*\s/.test(text) && !/^Gatehouse/.test(text)
    ? text.charAt(0).toLowerCase() + text.slice(1)
    : text;
