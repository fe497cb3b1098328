import { Problem, type ProblemDetail } from '../../../lib/problem.ts';

/** What an organization allows: `app.example.com`, `http://10.0.0.5:8080` (plain HTTP, exactly so), or a scheme of its own (`myapp:`). */
const HOST = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:\d{1,5})?$/;
const SCHEME = /^[a-z][a-z0-9+.-]{1,31}:$/;
/** Schemes that run or read something instead of leading back to an app. */
const NEVER = [
  'javascript:',
  'data:',
  'file:',
  'vbscript:',
  'blob:',
  'about:',
  'ftp:',
  'ws:',
  'wss:',
  'view-source:',
  // These carry another address in them.
  'intent:',
  'filesystem:',
  'jar:',
];
/** An authority that every parser reads alike: no user, no escapes, no letters beyond ASCII, exactly two slashes before it. 1: the host. */
const PLAIN_AUTHORITY = /^https?:\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?([/?#]|$)/i;
const LONGEST = 2_048;

/** In the form in which targets are compared and kept. Throws INVALID_REQUEST. */
export function readRedirectTarget(text: string): string {
  const target = text.trim().toLowerCase();
  if (SCHEME.test(target) && !NEVER.includes(target) && target !== 'https:' && target !== 'http:')
    return target;
  if (HOST.test(target)) return target;
  const url = target.startsWith('http://') ? URL.parse(target) : null;
  if (url !== null && url.origin === target && isLocal(url.hostname)) return target;
  throw new Problem(
    'INVALID_REQUEST',
    `“${text}” is no target: name a host (app.example.com), a plain HTTP origin of the own network (http://10.0.0.5:8080) or a scheme of an app (myapp:).`,
    { details: [{ path: 'redirectTargets', message: `“${text}” is no host, local origin or scheme.` }] },
  );
}

/** Why a flow must not lead to this URL; undefined where it may. */
export function redirectRefusal(text: string, allowed: readonly string[]): string | undefined {
  if (text.length > LONGEST) return `A URL has at most ${LONGEST} characters.`;
  if (/[\p{Cc}\p{Cf}\p{Z}\p{Cs}\\]/u.test(text))
    return 'A URL has no spaces, invisible characters or backslashes.';
  const url = URL.parse(text);
  if (url === null) return 'It is no URL.';
  if (NEVER.includes(url.protocol)) return `${url.protocol} is never allowed.`;
  if (url.username !== '' || url.password !== '') return 'A URL holds no user or password.';
  // A host that is read as another one than it is written (10.0.5, 012.0.0.5) is read otherwise by other parsers.
  if (/^https?:$/.test(url.protocol) && PLAIN_AUTHORITY.exec(text)?.[1]?.toLowerCase() !== url.hostname)
    return 'Write the host in plain ASCII after “//” (an international name as xn--…), without escapes or “@”.';
  if (url.protocol === 'https:') return allowed.includes(url.host) ? undefined : notAllowed(url.host);
  if (url.protocol === 'http:') return allowed.includes(url.origin) ? undefined : notAllowed(url.origin);
  return allowed.includes(url.protocol) ? undefined : notAllowed(url.protocol);
}

/** Where a page leads at its end. */
export interface Redirects {
  success?: string | undefined;
  failure?: string | undefined;
}

/** Redirects that the organization does not allow, by field. */
export const redirectProblems = (redirects: Redirects, allowed: readonly string[]): ProblemDetail[] =>
  Object.entries(redirects).flatMap(([name, url]: [string, string | undefined]) => {
    const message = url === undefined ? undefined : redirectRefusal(url, allowed);
    return message === undefined ? [] : [{ path: `redirects.${name}`, message }];
  });

/** Without those that the organization does not allow any more: the person stays on the page then. */
export const allowedRedirects = (
  redirects: Redirects,
  allowed: readonly string[] = [],
): { success?: string; failure?: string } =>
  Object.fromEntries(
    Object.entries(redirects).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && redirectRefusal(entry[1], allowed) === undefined,
    ),
  );

const notAllowed = (what: string) =>
  `The organization does not allow ${what}: add it to its redirect targets.`;

/** A name or an address that leaves no local network. */
const isLocal = (host: string): boolean =>
  host === 'localhost' ||
  /\.(local|lan|internal|home\.arpa)$/.test(host) ||
  !host.includes('.') ||
  /^(127|10)\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\.|^169\.254\./.test(host);
