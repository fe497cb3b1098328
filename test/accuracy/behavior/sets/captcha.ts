import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Press } from '../../../../sdk/gatehouse/src/collector/features/index.ts';
import { emptyTrack, readManifest, type Subject } from './data-set.ts';

/** DOM event logs of a CAPTCHA page: a few people, who may be the same in several files; never used to train. */
export function readCaptcha(folder: string): Subject[] {
  return readManifest(folder).flatMap(({ file, label }) => {
    const [head = '', ...lines] = readFileSync(join(folder, file), 'utf8').trim().split('\n');
    const columns = head.split(',');
    const rows = lines.map((line) => {
      const cells = line.split(',');
      const cell = (name: string): string => cells[columns.indexOf(name)] ?? '';
      return {
        session: cell('session_id'),
        is: cell('event_type'),
        t: Number(cell('time_since_start')),
        x: Number(cell('client_x')),
        y: Number(cell('client_y')),
      };
    });
    return [...Map.groupBy(rows, ({ session }) => session)].map(([session, events]): Subject => {
      const moves = events.filter(({ is }) => is === 'mousemove').map(({ t, x, y }) => ({ t, x, y }));
      return {
        set: 'captcha',
        label: label === 'human' ? 'human' : 'bot',
        generator: label === 'human' ? null : 'captcha-bot',
        person: session,
        half: 'held-out',
        track: {
          ...emptyTrack,
          session: `captcha-${session}`,
          from: events[0]!.t,
          to: events.at(-1)!.t,
          moves,
          presses: pressesOf(events),
          events: events.flatMap(({ is, t }) => {
            const counts = ({ mousemove: 'move', mousedown: 'down', mouseup: 'up' } as const)[is];
            return counts === undefined ? [] : [{ t, counts: [counts] }];
          }),
        },
      };
    });
  });
}

function pressesOf(events: readonly { is: string; t: number; x: number; y: number }[]): Press[] {
  const presses: Press[] = [];
  for (const { is, t, x, y } of events) {
    const last = presses.at(-1);
    if (is === 'mousedown') presses.push({ t, x, y, kind: 'mouse' });
    else if (is === 'mouseup' && last !== undefined && last.held === undefined) last.held = t - last.t;
  }
  return presses;
}
