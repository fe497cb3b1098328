import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Press } from '../../../../sdk/gatehouse/src/collector/features/index.ts';
import type { Track } from '../track.ts';
import { emptyTrack, readManifest, type Subject } from './data-set.ts';

// Of either half some come from a slow recorder (12, 15, 16: 110 ms between moves) and some from a fast one (7, 9: 16 ms).
const devUsers = new Set(['user7', 'user12']);
/** Places that the recorder writes when it has none. */
const NOWHERE = 60_000;

/** Balabit mouse dynamics: five people at desktops over RDP. */
export function readBalabit(folder: string): Subject[] {
  return readManifest(folder).map(({ file, extra: person }) => ({
    set: 'balabit',
    label: 'human',
    generator: null,
    person,
    half: devUsers.has(person) ? 'dev' : 'held-out',
    track: trackOf(
      file.replace(/^.*\/|\.csv\.gz$/g, ''),
      gunzipSync(readFileSync(join(folder, file))).toString(),
    ),
  }));
}

function trackOf(session: string, text: string): Track {
  const rows = text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [, client, button, state, x, y] = line.trim().split(',');
      return { t: Number(client) * 1000, button, state, x: Number(x), y: Number(y) };
    })
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
    session: `balabit-${session}`,
    from: rows[0]?.t ?? 0,
    to: rows.at(-1)?.t ?? 0,
    moves: rows
      .filter(({ state }) => state === 'Move' || state === 'Drag')
      .map(({ t, x, y }) => ({ t, x, y })),
    presses,
    events: rows.map(({ t, button, state }) => ({ t, counts: countsOf(button, state) })),
  };
}

function countsOf(button: string | undefined, state: string | undefined): Track['events'][number]['counts'] {
  if (button === 'Scroll') return ['wheel'];
  if (state === 'Pressed') return ['down'];
  if (state === 'Released') return ['up'];
  return ['move'];
}
