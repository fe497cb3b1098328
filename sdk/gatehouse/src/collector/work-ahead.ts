import type { CollectedPage } from './collected-page.ts';
import type { EventLog } from './event-log.ts';
import { type createFigures, type SessionData, stretchesOf } from './features/index.ts';

/** Length of what a snapshot looks at: milliseconds. */
export const WINDOW = 30_000;
/** Moves after which the collector first works ahead of a snapshot, and those between two times. */
const FIRST_AHEAD = 128;
const MOVES_AHEAD = 512;
/** Without `requestIdleCallback` a page counts as idle in which the mouse rested so long: milliseconds. */
const REST = 100;

/**
 * Works ahead of snapshots while the page is idle. The first time it computes everything, since the first call has to wait for the
 * compiler; later the movements that have ended.
 */
export function createWorkAhead(
  page: CollectedPage | undefined,
  log: Pick<EventLog, 'moves'>,
  figures: Pick<ReturnType<typeof createFigures>, 'prepare'>,
  compute: () => SessionData,
  handleHeld: () => void,
) {
  let counted = 0;
  let next = FIRST_AHEAD;
  /** When the last movement began that may go on. */
  let open = 0;
  /** `undefined`: nothing was computed yet. */
  let usualGap: number | null | undefined;

  function work(): void {
    if (usualGap === undefined) {
      usualGap = compute().env.rate;
      return;
    }
    const to = page!.performance.now();
    const stretches = stretchesOf(log.moves(Math.max(to - WINDOW, open), to), usualGap ?? undefined);
    open = stretches.pop()?.[0]?.t ?? open;
    figures.prepare(stretches, to - WINDOW);
  }

  function workInRest(): void {
    const before = counted;
    page?.setTimeout?.(() => {
      handleHeld();
      if (counted > before) workInRest();
      else work();
    }, REST);
  }

  return {
    /** `count`: how many moves there were since the start. */
    after(count: number): void {
      counted = count;
      if (count < next) return;
      next = count + MOVES_AHEAD;
      if (page?.requestIdleCallback) page.requestIdleCallback(work);
      else workInRest();
    },
    /** From now on moves are counted from 0. */
    restart(): void {
      [next, open] = [FIRST_AHEAD, 0];
    },
  };
}
