import type { CollectedPage } from './collected-page.ts';
import { createEventLog } from './event-log.ts';
import { createFigures, LONGEST_AGE, type SessionData, sessionDataOf } from './features/index.ts';
import { listenToKeys } from './key-listeners.ts';
import { createListeners, type Listeners } from './listeners.ts';
import { listenToPage } from './page-listeners.ts';
import { listenToPointers } from './pointer-listeners.ts';
import { createWorkAhead, WINDOW } from './work-ahead.ts';

export type { SessionData } from './features/index.ts';

export interface Collector {
  /** Listens, passively. Without a page (on a server) it does nothing. Calling it again does nothing. */
  start(): void;
  /** Stops listening and forgets what was collected. */
  stop(): void;
  /** Features of the last 30 seconds, to be sent; each has the next number. */
  snapshot(): SessionData;
  /** The same features, to look at or to forward: they have the number of the last ones if nothing happened since, and are the last ones within a millisecond. */
  debug(): { features: SessionData; collecting: boolean };
}

export interface CollectorOptions {
  /** The global `window` when absent. */
  page?: CollectedPage;
}

/** Collects when the person moves, clicks, types and scrolls, and gives statistics of it. It keeps no text, no key and no address, and sets no cookie. */
export function createCollector({ page = globalPage() }: CollectorOptions = {}): Collector {
  const log = createEventLog();
  const now = () => page?.performance.now() ?? 0;
  let sid: string | undefined;
  let seq = -1;
  let counted = 0;
  let last: SessionData | undefined;
  const figures = createFigures();
  const handleHeld = () => collecting?.handleHeld();
  let collecting: (Listeners & ReturnType<typeof listenToPage> & { since: number }) | undefined;

  /**
   * A number for each vector that is handed out: one that arrives twice under two numbers is a replay, and so are two under one number at one
   * age of the page, which is sent in whole milliseconds up to a day.
   */
  function take(always: boolean): SessionData {
    handleHeld();
    const age = Math.round(now());
    const isNew = always || !last || log.counted() > counted || age > LONGEST_AGE;
    if (!isNew && last?.upMs === age) return last;
    if (isNew) seq += 1;
    counted = log.counted();
    last = features();
    return last;
  }

  function features(): SessionData {
    const to = now();
    const { raw, ...counted } = log.window(Math.max(to - WINDOW, collecting?.since ?? to), to);
    sid ??= newSessionId(page);
    return sessionDataOf(
      raw,
      {
        ...counted,
        sid,
        seq,
        upMs: to,
        ttfaMs: log.firstAction(),
        hidMs: collecting?.hidden(raw.from, to) ?? 0,
        awayMs: collecting?.away(raw.from, to) ?? 0,
        webdriver: page?.navigator.webdriver === true,
        pixelRatio: page?.devicePixelRatio ?? 1,
      },
      figures,
    );
  }

  const ahead = createWorkAhead(page, log, figures, features, handleHeld);

  return {
    start() {
      if (!page || collecting) return;
      const listeners = createListeners(page, log, ahead.after);
      listenToPointers(listeners, log, page);
      listenToKeys(listeners.listen, log, page);
      collecting = { ...listeners, ...listenToPage(listeners.listen, log, page), since: now() };
    },
    stop() {
      collecting?.end();
      collecting = undefined;
      last = undefined;
      log.clear();
      figures.clear();
      ahead.restart();
    },
    snapshot: () => take(true),
    debug: () => ({ features: take(false), collecting: collecting !== undefined }),
  };
}

const globalPage = (): CollectedPage | undefined =>
  typeof window === 'undefined' ? undefined : (window as CollectedPage);

/** 128 bits for this page load: no cookie and no storage keeps it. */
function newSessionId(page: CollectedPage | undefined): string {
  const bytes = new Uint8Array(16).map(() => Math.random() * 256);
  page?.crypto?.getRandomValues(bytes);
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
