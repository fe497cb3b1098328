import type { Decision } from './wire.ts';

/** What the page says to the page that opened or frames it. */
export interface OpenerMessage {
  source: 'gatehouse';
  type: 'ready' | 'result' | 'cancel';
  sessionId?: string;
  decision?: Decision | null;
  passed?: boolean;
  passToken?: string;
  reference?: string;
}

/** Schemes that run or read something instead of leading back to a page or an app. */
const never = /^(?:javascript|data|file|vbscript|blob|about|filesystem|view-source|ftp|wss?):$/;

/** An address that leads away from this page and runs nothing; the box has compared it with what the organization allows. */
export function safeRedirect(address: string | undefined): string | undefined {
  const url = address === undefined ? null : URL.parse(address);
  if (url === null || never.test(url.protocol) || url.username !== '' || url.password !== '')
    return undefined;
  return url.href;
}

interface Frames {
  self: Pick<Window, 'postMessage'>;
  parent: Pick<Window, 'postMessage'>;
  opener: Pick<Window, 'postMessage'> | null;
}

/** The window that waits for the result; undefined: none. */
const waitingWindow = ({ self, parent, opener }: Frames): Pick<Window, 'postMessage'> | undefined =>
  parent !== self ? parent : (opener ?? undefined);

export interface WayBack {
  href?: string;
  /** The page goes there by itself. */
  bySelf: boolean;
}

/** Where the page leads at its end. `second`: this is a phone, and the computer leads back. */
export function wayBackOf(
  address: string | undefined,
  { frames, origins, second }: { frames: Frames; origins: readonly string[]; second: boolean },
): WayBack {
  const awaited = origins.length > 0 && waitingWindow(frames) !== undefined;
  const framed = awaited && frames.parent !== frames.self;
  const href = second || framed ? undefined : safeRedirect(address);
  // A page that opened this one may wait for the result, or be only where a link was: the person knows.
  return { ...(href !== undefined && { href }), bySelf: href !== undefined && !awaited };
}

/** Sent once for each allowed origin: the browser delivers it to a window of that origin alone. */
export function postToOpener(
  frames: Frames,
  origins: readonly string[],
  message: Omit<OpenerMessage, 'source'>,
): void {
  const target = waitingWindow(frames);
  for (const origin of origins) {
    // '*' or '/' would reach any page, or this one.
    if (URL.parse(origin)?.origin !== origin) continue;
    target?.postMessage({ source: 'gatehouse', ...message } satisfies OpenerMessage, origin);
  }
}

export const windowFrames = (): Frames => ({
  self: window,
  parent: window.parent,
  opener: window.opener as Window | null,
});
