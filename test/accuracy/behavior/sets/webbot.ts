import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { emptyTrack, readManifest, type Subject } from './data-set.ts';

/** Of the 35 human sessions; people may have come twice, so these halves are of sessions. */
const HUMAN_DEV = 20;
const BOT_DEV = 5;

/** CERTH web_bot_detection: moves with times; clicks and scrolls carry none and are left out. */
export function readWebbot(folder: string): Subject[] {
  const seen: Record<string, number> = {};
  return readManifest(folder).map(({ file, label }) => {
    const rank = seen[label] ?? 0;
    seen[label] = rank + 1;
    const isHuman = label === 'human';
    const session = file.replace(/^.*\/|\.json\.gz$/g, '');
    const { mousemove_times: times, mousemove_total_behaviour: places } = JSON.parse(
      gunzipSync(readFileSync(join(folder, file))).toString(),
    ) as { mousemove_times: string; mousemove_total_behaviour: string };
    const clock = times.split(',').filter(Boolean).map(Number);
    const moves = [...places.matchAll(/\[(-?\d+),(-?\d+)\]/g)]
      .slice(0, clock.length)
      .map(([, x, y], i) => ({ t: clock[i]!, x: Number(x), y: Number(y) }))
      .filter(({ t }, i) => i === 0 || t >= clock[i - 1]!);
    return {
      set: 'webbot',
      label: isHuman ? 'human' : 'bot',
      generator: isHuman ? null : `certh-${label.replace('_bot', '')}`,
      person: session,
      half: rank < (isHuman ? HUMAN_DEV : BOT_DEV) ? 'dev' : 'held-out',
      track: {
        ...emptyTrack,
        session: `webbot-${session}`,
        from: moves[0]?.t ?? 0,
        to: moves.at(-1)?.t ?? 0,
        moves,
        events: moves.map(({ t }) => ({ t, counts: ['move'] as const })),
      },
    };
  });
}
