import { hash } from 'node:crypto';
import type { SteadyClock } from '../../lib/machine/steady-clock.ts';
import { createRecentRows } from '../../lib/recent-rows/recent-rows.ts';
import { createHeldNames } from '../../lib/short-lived/held-names.ts';
import type { Tx } from '../../storage/transaction.ts';
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

/** A window that a request brought. Until `release` is called, the same vector counts as seen. */
export interface Arrival {
  /** It does not follow from an earlier window of its page. */
  outOfOrder: boolean;
  /** Undefined where too little was measured to name it. */
  named: NamedWindow | undefined;
  release(): void;
}

interface NamedWindow {
  window: SeenWindow;
  /** The same vector, which another request brought that was not answered by then: it may be a copy too, so what is on disk counts first. */
  held: EarlierWindow | undefined;
  isCopyOf(earlier: EarlierWindow): boolean;
}

export interface Look {
  replayed: boolean;
  /** The row to write: of the first sight of a window that is named. */
  first?: SeenWindow;
}

/** Pages whose last window is remembered, in memory. */
const PAGES = 20_000;

/** Recognizes copies of windows, and windows that do not follow from the last one of their page. */
export interface Windows {
  /** Outside of a transaction. */
  arrive(realm: VerdictRealm, data: SessionData): Promise<Arrival>;
  /** Looks for windows that have arrived, in the transaction that writes their first sights. */
  look(tx: Tx, arrivals: readonly (Arrival | undefined)[]): Promise<Look[]>;
  /** Looks, and remembers in the same transaction. */
  seen(
    tx: Tx,
    realm: VerdictRealm,
    data: SessionData,
  ): Promise<Pick<Look, 'replayed'> & Pick<Arrival, 'outOfOrder'>>;
  /** Writes rows of first sights. */
  write(tx: Tx, windows: readonly SeenWindow[]): Promise<void>;
  /** After the transaction of `write`, before the release. */
  remember(window: SeenWindow): void;
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

  function toNamed(realm: VerdictRealm, sidHash: string, data: SessionData): NamedWindow | undefined {
    const window = toWindow(realm, sidHash, data);
    return (
      window && {
        ...{ window, held: held.get(nameOf(window)) },
        isCopyOf: (earlier) => isCopy(earlier, window, data),
      }
    );
  }

  return {
    async arrive(realm, data) {
      await index.ready();
      const sidHash = hashSid(realm, data.sid);
      const outOfOrder = isOutOfOrder(sidHash, data);
      const named = toNamed(realm, sidHash, data);
      const holds = named !== undefined && named.held === undefined;
      const release = holds ? held.hold(nameOf(named.window), named.window) : () => {};
      return { outOfOrder, named, release };
    },
    async look(tx, arrivals) {
      const named = arrivals.flatMap((arrival) => arrival?.named ?? []);
      const found = await index.find(
        tx,
        named.map(({ window }) => window),
      );
      const looks = new Map(named.map((one, i) => [one, toLook(one, found[i] ?? one.held)]));
      return arrivals.map((arrival) => (arrival?.named && looks.get(arrival.named)) ?? { replayed: false });
    },
    async seen(tx, realm, data) {
      const sidHash = hashSid(realm, data.sid);
      const outOfOrder = isOutOfOrder(sidHash, data);
      const named = toNamed(realm, sidHash, data);
      if (!named) return { replayed: false, outOfOrder };
      const { window } = named;
      // Another request may begin to hold it while the database is asked, and may be answered meanwhile: then it is found in memory.
      const earlier = (await index.find(tx, [window]))[0] ?? named.held ?? held.get(nameOf(window));
      if (earlier) return { replayed: named.isCopyOf(earlier), outOfOrder };
      await index.writeIndexed(tx, window);
      return { replayed: false, outOfOrder };
    },
    remember: index.remember,
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

const toLook = ({ window, isCopyOf }: NamedWindow, earlier: EarlierWindow | undefined): Look =>
  earlier ? { replayed: isCopyOf(earlier) } : { replayed: false, first: window };

const isCopy = ({ sidHash, seq, upMs }: EarlierWindow, window: SeenWindow, data: SessionData): boolean =>
  isReplay({ sid: sidHash === window.sidHash ? data.sid : '', seq, upMs }, data);

/** The page chose it at random; the hash keeps it out of the database all the same. */
const hashSid = ({ organization, world }: VerdictRealm, sid: string): string =>
  hash('sha256', `${organization}\n${world}\n${sid}`, 'base64url').slice(0, 22);
