import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { type BuiltPages, capturePagePermissions, capturePagePolicy } from '../../http/pages/built-pages.ts';
import type { Log } from '../../lib/log.ts';

/** What an address says of the check that is opened: the public id of a session, or a link. */
export type PageLink =
  | { session: string }
  | { kind: 'handover' | 'presence' | 'hosted' | 'flow' | 'registration'; token: string };

export interface CapturePageDeps {
  /** What `npm run build:renderer` made; undefined: nothing yet. */
  pages: () => Promise<BuiltPages | undefined>;
  /** Origins whose pages may show this check in a frame or open it as a popup; undefined for a link that is not there. It changes nothing. */
  originsOf(place: PageLink): Promise<readonly string[] | undefined>;
  log: Log;
}

const hidden = { config: { access: 'public', quiet: true }, schema: { hide: true } } as const;
/** As a browser writes an origin. What is anything else does not get into a header. */
const ORIGIN = /^https?:\/\/(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;
/** Longer than every id and token of ours. */
const LONGEST = 400;

const linkPages = [
  ['/verify/h/:token', 'handover'],
  ['/verify-presence/:token', 'presence'],
  ['/hosted/v/:token', 'hosted'],
  ['/hosted/f/:token', 'flow'],
  ['/invite/:token', 'registration'],
] as const;

/**
 * The page on which a person is verified, at every address that a link can have. It is the same HTML for all, and opening it changes
 * nothing: mail programs and chats open links too. Who asks and for what, the page asks `/api/live`.
 */
export const createCapturePageDoor =
  (deps: CapturePageDeps): FastifyPluginAsync =>
  async (app) => {
    // The token of a session stands behind the #, which no server sees; `client` is the session's public id.
    app.get<{ Querystring: { client?: unknown } }>('/verify', hidden, ({ query: { client } }, reply) =>
      show(deps, reply, typeof client === 'string' ? { session: client } : undefined),
    );
    for (const [url, kind] of linkPages)
      app.get<{ Params: { token: string } }>(url, hidden, ({ params: { token } }, reply) =>
        show(deps, reply, { kind, token }),
      );
  };

async function show(
  { pages, originsOf, log }: CapturePageDeps,
  reply: FastifyReply,
  place: PageLink | undefined,
): Promise<FastifyReply> {
  const html = (await pages())?.page('capture');
  if (html === undefined) return reply.code(503).type('text/html; charset=utf-8').send(notBuilt);
  const named = place === undefined ? '' : 'session' in place ? place.session : place.token;
  const known =
    place === undefined || named.length > LONGEST ? [] : await originsOf(place).catch(failed(log));
  // The page says in both languages that the link is not there.
  if (known === undefined) reply.code(404);
  const origins = (known ?? []).filter((origin) => ORIGIN.test(origin));
  if (origins.length > 0) reply.removeHeader('x-frame-options');
  return reply
    .headers({
      'content-security-policy': capturePagePolicy(origins),
      'permissions-policy': capturePagePermissions,
      // A page that opened the check as a popup gets the result by postMessage: it needs its window.
      'cross-origin-opener-policy': origins.length > 0 ? 'unsafe-none' : 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-robots-tag': 'noindex, nofollow',
    })
    .type('text/html; charset=utf-8')
    .send(html);
}

/** The page still opens by itself; what is wrong it shows when it asks for the check. */
const failed =
  (log: Log) =>
  (error: unknown): readonly string[] => {
    log.error({ error }, 'the origins of a check could not be read');
    return [];
  };

const notBuilt = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>This page is not built</title></head>
<body><h1>This page is not built</h1>
<p>This Gatehouse was installed without its development dependencies. Its operator runs <code>npm ci</code> (without
<code>--omit=dev</code>) and <code>npm run build:renderer</code> in its folder, then this link works.</p>
</body></html>`;
