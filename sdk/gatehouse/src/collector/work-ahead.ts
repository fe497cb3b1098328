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
 * Works ahead of snapshots while the page is idle: on the movements that have ended and, after the first time and in an idle moment of its
 * own, on everything, since a first call has to wait for the compiler.
 */
export function createWorkAhead(
  page: CollectedPage | undefined,
  log: Pick<EventLog, 'moves'>,
  figures: Pick<ReturnType<typeof createFigures>, 'prepare'>,
  compute: () => SessionData,
  handleHeld: () => void,
) {
  let counted = 0;
  /** Until what was asked for has run, nothing more is asked for. */
  let next = FIRST_AHEAD;
  /** When the last movement began that may go on. */
  let open = 0;
  /** `undefined`: nothing was computed yet. */
  let usualGap: number | null | undefined;

  function work(): void {
    next = counted + MOVES_AHEAD;
    const to = page!.performance.now();
    const stretches = stretchesOf(log.moves(Math.max(to - WINDOW, open), to), usualGap ?? undefined);
    open = stretches.pop()?.[0]?.t ?? open;
    figures.prepare(stretches, to - WINDOW);
    if (usualGap === undefined) ask(computeAll);
  }

  function computeAll(): void {
    usualGap = compute().env.rate;
  }

  function ask(run: () => void): void {
    if (page?.requestIdleCallback) page.requestIdleCallback(run);
    else askForRest(run);
  }

  function askForRest(run: () => void): void {
    const before = counted;
    page?.setTimeout?.(() => {
      handleHeld();
      if (counted > before) askForRest(run);
      else run();
    }, REST);
  }

  return {
    /** `count`: how many moves there were since the start. */
    after(count: number): void {
      counted = count;
      if (count < next) return;
      next = Number.POSITIVE_INFINITY;
      ask(work);
    },
    /** From now on moves are counted from 0. */
    restart(): void {
      [counted, next, open] = [0, FIRST_AHEAD, 0];
    },
  };
}
