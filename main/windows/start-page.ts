import { startScript, startStyle } from './start-page-files.ts';
import type { StartAction, StartWords } from './start-words.ts';

/** The scheme of the one page that the shell shows itself. */
export const START_SCHEME = 'gatehouse-start';
const ORIGIN = `${START_SCHEME}://shell`;
export const START_URL = `${ORIGIN}/`;

export const isStartPage = (url: string): boolean => url.startsWith(START_URL);

/** No inline script or style, nothing from elsewhere. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** Milliseconds that a question for the next words is held. */
const HELD = 25_000;

export interface StartPage {
  /** Shows other words. */
  show(words: StartWords): void;
  /** Answers the requests of the page; it is the handler of START_SCHEME. */
  answer(request: Request): Promise<Response>;
}

export interface StartPageDeps {
  locale: string;
  first: StartWords;
  act(action: StartAction): void;
  after(milliseconds: number, work: () => void): () => void;
}

/** The page until the service is ready. The shell serves it; it polls its texts and offers actions. */
export function createStartPage({ locale, first, act, after }: StartPageDeps): StartPage {
  let words = first;
  let version = 1;
  let waiting: (() => void)[] = [];

  const changed = () =>
    new Promise<void>((resolve) => {
      const cancel = after(HELD, resolve);
      waiting.push(() => {
        cancel();
        resolve();
      });
    });

  async function answer(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (request.method === 'POST') return press(request, pathname.slice(1));
    if (request.method !== 'GET') return reply('', 'text/plain', 405);
    if (pathname === '/') return reply(page(words, version, locale), 'text/html');
    if (pathname === '/start.css') return reply(startStyle, 'text/css');
    if (pathname === '/start.js') return reply(startScript, 'text/javascript');
    if (pathname !== '/words') return reply('', 'text/plain', 404);
    if (Number(searchParams.get('after')) === version) await changed();
    return reply(JSON.stringify({ version, ...words }), 'application/json');
  }

  /** Only the page itself: another one cannot send the header without being let in first, and no page is. */
  function press(request: Request, action: string): Response {
    const from = (request as { initiatorOrigin?: string }).initiatorOrigin;
    const own = request.headers.get('x-gatehouse-start') === '1' && (from === undefined || from === ORIGIN);
    const offered = words.actions.find((one) => one.action === action);
    if (!own || !offered) return reply('', 'text/plain', 403);
    act(offered.action);
    return reply('', 'text/plain', 204);
  }

  return {
    answer,
    show(next) {
      if (JSON.stringify(next) === JSON.stringify(words)) return;
      words = next;
      version++;
      const resolvers = waiting;
      waiting = [];
      for (const resolve of resolvers) resolve();
    },
  };
}

function reply(body: string, type: string, status = 200): Response {
  return new Response(status === 204 ? null : body, {
    status,
    headers: {
      'content-type': `${type}; charset=utf-8`,
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
  });
}

/** The first words stand in the page, so that nothing flashes; the script writes the same places. */
function page({ title, detail, line, busy, actions }: StartWords, version: number, locale: string): string {
  const language = /^de\b/i.test(locale) ? 'de' : 'en';
  const buttons = actions.map(
    ({ action, label }) => `<button data-action="${action}">${inHtml(label)}</button>`,
  );
  return `<!doctype html>
<html lang="${language}" data-version="${version}">
<head><meta charset="utf-8"><title>Gatehouse</title><link rel="stylesheet" href="/start.css"></head>
<body${busy ? ' data-busy' : ''}>
<main>
<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 21V11a8 8 0 0 1 16 0v10"/><path class="inner" d="M9 21v-9a3 3 0 0 1 6 0v9"/></svg>
<div role="status"><h1>${inHtml(title)}</h1><p id="detail">${inHtml(detail)}</p></div>
<p id="line"${line ? '' : ' hidden'}><span>${inHtml(line?.label ?? '')}</span> <code>${inHtml(line?.text ?? '')}</code></p>
<div id="bar"></div>
<div id="actions">${buttons.join('')}</div>
</main>
<script type="module" src="/start.js"></script>
</body>
</html>`;
}

const inHtml = (text: string) =>
  text.replaceAll(
    /[&<>"]/g,
    (one) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[one] ?? one,
  );
