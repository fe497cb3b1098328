import { createRecentRows } from '../../lib/recent-rows/recent-rows.ts';
import { createPrintList, type PrintList, type WindowPrint } from './print-list.ts';
import { type AskedWindow, printOf, type WindowName } from './window-store.ts';

/** Windows in memory that wait for their place in the index. */
export interface WaitingWindows {
  readonly size: number;
  /** When the first was seen of those of which `next` has given none; `Infinity` for none. */
  readonly first: number;
  /** Whether there are enough of them, or some have gone into the index already. */
  readonly isDue: boolean;
  add(window: WindowName): void;
  /** When a window was seen that waits, or that waited not long ago. */
  seenAt(window: AskedWindow): number | undefined;
  /** Some that lie side by side in the index: the same ones until `done` is called. `isLast`: of those that go there together. */
  next(count: number): { prints: WindowPrint[]; isLast: boolean; done(): void };
}

/** @param together those that go into the index in its own order: the more there are, the more lie on one page of it */
export function createWaitingWindows(together: number): WaitingWindows {
  /** When each was seen. Those that are in the index are forgotten as the oldest, long after they went there. */
  const recent = createRecentRows({ most: 4 * together, width: 1 });
  let coming = createPrintList();
  let going: Going | undefined;

  function begin(): Going {
    const begun = createGoing(coming);
    coming = createPrintList();
    return begun;
  }

  return {
    get size() {
      return coming.size + (going?.left ?? 0);
    },
    get first() {
      return coming.first;
    },
    get isDue() {
      return going !== undefined || coming.size >= together;
    },
    add(window) {
      recent.set(nameOf(window), [window.seenAt]);
      coming.add({ print: printOf(window.fingerprint), seenAt: window.seenAt });
    },
    seenAt: (window) => recent.get(nameOf(window))?.[0],
    next(count) {
      going ??= begin();
      const { prints, isLast, done } = going.next(count);
      return {
        ...{ prints, isLast },
        done() {
          done();
          if (isLast) going = undefined;
        },
      };
    },
  };
}

/** Names a window of a realm. */
export const nameOf = ({ organization, world, fingerprint }: AskedWindow): string =>
  `${organization} ${world} ${fingerprint}`;

/** Prints on their way into the index. */
interface Going {
  readonly left: number;
  next(count: number): { prints: WindowPrint[]; isLast: boolean; done(): void };
}

function createGoing(list: PrintList): Going {
  const { size } = list;
  const ordered = list.ordered();
  let begin = 0;
  return {
    get left() {
      return size - begin;
    },
    next: (count) => ({
      prints: ordered.at(begin, count),
      isLast: begin + count >= size,
      done() {
        begin += count;
      },
    }),
  };
}
