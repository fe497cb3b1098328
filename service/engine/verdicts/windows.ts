import { hash } from 'node:crypto';
import type { SteadyClock } from '../../lib/machine/steady-clock.ts';
import { createRecentRows } from '../../lib/recent-rows/recent-rows.ts';
import { createHeldNames } from '../../lib/short-lived/held-names.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import {
  followPage,
  isReplay,
  type PageProgress,
  type SessionData,
  vectorFingerprint,
} from '../behavior/index.ts';
import type { VerdictRealm } from './verdict.ts';
import { nameOf } from './waiting-windows.ts';
import { createWindowIndex, type WindowIndexDeps } from './window-index.ts';
import type { EarlierWindow, SeenWindow } from './window-store.ts';

/** A look at one window. Until `release` is called, the same vector counts as seen. */
export interface Look {
  replayed: boolean;
  /** It does not follow from an earlier window of its page. */
  outOfOrder: boolean;
  /** The row of the first sight; undefined for a copy, and for a window that measured too little to name. */
  first?: SeenWindow;
  /** The row is on disk. */
  written(): void;
  release(): void;
}

/** Pages whose last window is remembered, in memory. */
const PAGES = 20_000;

/** Recognizes copies of windows, and windows that do not follow from the last one of their page. */
export interface Windows {
  /** Outside of a transaction. */
  look(from: Db | Tx, realm: VerdictRealm, data: SessionData): Promise<Look>;
  /** Looks, and remembers in the same transaction. */
  seen(tx: Tx, realm: VerdictRealm, data: SessionData): Promise<Pick<Look, 'replayed' | 'outOfOrder'>>;
  /** Writes rows of first sights. */
  write(tx: Tx, windows: readonly SeenWindow[]): Promise<void>;
  /** Nothing is known in memory alone then. */
  flush(): Promise<void>;
  /** Waits for what is under way. */
  settled(): Promise<void>;
}

export interface WindowsDeps extends WindowIndexDeps {
  steady: SteadyClock;
}

export function createWindows({ steady, ...deps }: WindowsDeps): Windows {
  const { clock } = deps;
  const index = createWindowIndex(deps);
  /** First seen by requests that are not answered yet. */
  const held = createHeldNames<SeenWindow>();
  /** By the hash of the `sid`. */
  const pages = createPages(steady.begun);
  const nothing = () => {};

  function isOutOfOrder(sidHash: string, data: SessionData): boolean {
    const arrived = { now: steady.now(), begun: steady.begun };
    const { progress, contradicts } = followPage(pages.get(sidHash), data, arrived);
    pages.set(sidHash, progress);
    return contradicts;
  }

  function toWindow(realm: VerdictRealm, sidHash: string, data: SessionData): SeenWindow | undefined {
    const fingerprint = vectorFingerprint(data);
    if (fingerprint === undefined) return undefined;
    const { organization, world } = realm;
    return {
      ...{ organization, world, fingerprint, sidHash, seq: data.seq, upMs: data.upMs },
      seenAt: clock.now(),
    };
  }

  async function findEarlier(
    from: Db | Tx,
    realm: VerdictRealm,
    window: SeenWindow,
  ): Promise<EarlierWindow | undefined> {
    const { fingerprint } = window;
    const name = nameOf(window);
    // Another request may begin to hold it while the database is asked, and may be answered meanwhile: then it is in memory.
    const found = held.get(name) ?? (await index.find(from, realm, fingerprint)) ?? held.get(name);
    if (found) return found;
    const waiting = index.findWaiting(from, realm, fingerprint);
    return waiting && ((await waiting) ?? held.get(name));
  }

  return {
    async look(from, realm, data) {
      await index.ready();
      const sidHash = hashSid(realm, data.sid);
      const outOfOrder = isOutOfOrder(sidHash, data);
      const window = toWindow(realm, sidHash, data);
      if (!window) return { replayed: false, outOfOrder, written: nothing, release: nothing };
      // What another request began to hold since the last look in there is held still.
      const earlier = (await findEarlier(from, realm, window)) ?? held.get(nameOf(window));
      if (earlier)
        return { replayed: isCopy(earlier, window, data), outOfOrder, written: nothing, release: nothing };
      return {
        ...{ replayed: false, outOfOrder, first: window },
        written: () => index.remember(window),
        release: held.hold(nameOf(window), window),
      };
    },
    async seen(tx, realm, data) {
      const sidHash = hashSid(realm, data.sid);
      const outOfOrder = isOutOfOrder(sidHash, data);
      const window = toWindow(realm, sidHash, data);
      if (!window) return { replayed: false, outOfOrder };
      const earlier = (await findEarlier(tx, realm, window)) ?? held.get(nameOf(window));
      if (earlier) return { replayed: isCopy(earlier, window, data), outOfOrder };
      await index.writeIndexed(tx, window);
      return { replayed: false, outOfOrder };
    },
    write: index.write,
    flush: index.flush,
    settled: index.settled,
  };
}

function createPages(since: number) {
  const rows = createRecentRows({ most: PAGES, width: 5 });
  return {
    get(sidHash: string): PageProgress | undefined {
      const row = rows.get(sidHash);
      if (!row) return undefined;
      const [seq, upMs, events, ahead, at] = row as [number, number, number, number, number];
      return { seq, upMs, events, ahead, at, since };
    },
    set(sidHash: string, { seq, upMs, events, ahead, at }: PageProgress): void {
      rows.set(sidHash, [seq, upMs, events, ahead, at]);
    },
  };
}

const isCopy = ({ sidHash, seq, upMs }: EarlierWindow, window: SeenWindow, data: SessionData): boolean =>
  isReplay({ sid: sidHash === window.sidHash ? data.sid : '', seq, upMs }, data);

/** The page chose it at random; the hash keeps it out of the database all the same. */
const hashSid = ({ organization, world }: VerdictRealm, sid: string): string =>
  hash('sha256', `${organization}\n${world}\n${sid}`, 'base64url').slice(0, 22);
