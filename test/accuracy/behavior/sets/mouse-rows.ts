import type { Press } from '../../../../sdk/gatehouse/src/collector/features/index.ts';
import type { Track } from '../track.ts';
import { emptyTrack } from './data-set.ts';

/** A line of a recorder as those of Balabit and SapiMouse; ms. */
export interface MouseRow {
  t: number;
  button: string | undefined;
  state: string | undefined;
  x: number;
  y: number;
}

/** Places that the recorder writes when it has none. */
const NOWHERE = 60_000;

export function trackOfRows(session: string, all: readonly MouseRow[]): Track {
  const rows = all
    .filter(({ t, x, y }) => Number.isFinite(t) && x < NOWHERE && y < NOWHERE)
    .sort((a, b) => a.t - b.t);
  const presses: Press[] = [];
  for (const { t, button, state, x, y } of rows) {
    if (button !== 'Left') continue;
    const last = presses.at(-1);
    if (state === 'Pressed') presses.push({ t, x, y, kind: 'mouse' });
    else if (state === 'Released' && last !== undefined && last.held === undefined) last.held = t - last.t;
  }
  return {
    ...emptyTrack,
    session,
    from: rows[0]?.t ?? 0,
    to: rows.at(-1)?.t ?? 0,
    presses,
    moves: rows
      .filter(({ state }) => state === 'Move' || state === 'Drag')
      .map(({ t, x, y }) => ({ t, x, y })),
    events: rows.map(({ t, button, state }) => ({ t, counts: countsOf(button, state) })),
  };
}

function countsOf(button: string | undefined, state: string | undefined): Track['events'][number]['counts'] {
  if (button === 'Scroll') return ['wheel'];
  if (state === 'Pressed') return ['down'];
  if (state === 'Released') return ['up'];
  return ['move'];
}
