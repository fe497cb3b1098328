import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mostAccepted } from '../live/attack-limits.ts';
import type { Kept } from '../live/kept.ts';
import { type MeasureDeps, measureAttack } from '../live/measure.ts';
import { openLivePipeline } from '../live/open.ts';
import { cacheFolder } from '../live/readings.ts';
import { openSources } from '../live/sources.ts';
import { species } from '../live/species.ts';
import { fullSize } from './size.ts';

// All species of `npm run accuracy -- challenges` at full size, where the recordings of people are: no checkout has them. What the nets
// read of them is read once; then 300 trials of a species take seconds.

const shared = join(import.meta.dirname, '../../../shared');
const video = join(shared, 'data/video');
const because = !fullSize
  ? 'npm run test:attacks runs it'
  : !existsSync(video)
    ? 'shared/data/video is not here'
    : undefined;
const ROOM = 3_600_000;
const TRIALS = 300;

let pipeline: Awaited<ReturnType<typeof openLivePipeline>>;
let deps: MeasureDeps;
let kept: Kept;

beforeAll(async () => {
  if (because !== undefined) return;
  const evidence = join(import.meta.dirname, '../../docs/evidence/liveness.json');
  kept = JSON.parse(readFileSync(evidence, 'utf8')) as Kept;
  const cache = cacheFolder();
  pipeline = await openLivePipeline({ cache, workers: 2, say: () => {} });
  const { readings, models } = pipeline;
  const places = { video, pad: join(cache, 'pad'), faces: join(shared, 'data/faces-lfw') };
  const sources = await openSources({ readings, cache, ...places });
  for (const line of sources.missing) console.log(`Not there: ${line}.`);
  deps = { sources, readings, models, say: () => {} };
}, ROOM);
afterAll(() => pipeline?.close());

test.skipIf(because !== undefined).each(species.map((one) => [one.name, one] as const))(
  `%s is accepted no more often than before${because === undefined ? '' : `: ${because}`}`,
  async (name, one) => {
    const { recaptures, portraits, swaps, recaptured } = deps.sources;
    // Of shared/data/video-people and video-headturn.
    if (/^face-swap/.test(name) && swaps.length === 0) return;
    if (/^recapture-turning/.test(name) && recaptured.length === 0) return;
    // Of the repository of Replay-Attack, which shared/data/pad/extract.mjs lays out.
    if (name === 'replay-recaptured' && recaptures.length === 0) return;
    // Of shared/data/faces-lfw.
    if (/^print-bent-(portraits|lids)/.test(name) && portraits.length === 0) return;
    const setting = { pad: true, strict: false };
    const [row] = await measureAttack(one, [setting], TRIALS, deps);
    const { accepted, sources } = row!;
    const limit = mostAccepted(name, kept, { setting, sources, trials: TRIALS });
    console.log(`${name}: ${accepted.hits} of ${TRIALS}, at most ${limit ?? 'any'}; ${sources} sources`);
    if (limit !== undefined) expect([name, accepted.hits <= limit, limit]).toEqual([name, true, limit]);
  },
  ROOM,
);
