import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type BehaviorModel, SessionData } from '../../service/engine/behavior/index.ts';
import { siteOf } from './behavior/sets/data-set.ts';
import { trainBehaviorModel } from './behavior/training/train-behavior-model.ts';
import { goldenWindows } from './golden-windows.ts';

/**
 * npm run behavior:train -- --id ID [--features DIR] [--doubt SENTENCE] --out FILE.json [--golden FILE.json]
 * Trains the learned layer of the behavior score on files of feature vectors (JSON lines, made by `npm run accuracy -- behavior`),
 * on the lines of the half `dev` alone, and writes the weights as JSON (`service/engine/behavior/model`, or a file for
 * `gatehouse behavior layer --weights`), and a golden file of 200 scores.
 */

const Line = z.object({
  set: z.string(),
  label: z.enum(['human', 'bot']),
  generator: z.string().nullish(),
  person: z.string().nullish(),
  session: z.string().nullish(),
  half: z.enum(['dev', 'held-out']),
  lengthMs: z.number(),
  thinned: z.boolean().default(false),
  data: SessionData,
});

/** Shorter windows are alike, and a tenth of a second of a person says little. */
const SHORTEST = 3_000;

const { values } = parseArgs({
  options: {
    id: { type: 'string' },
    features: { type: 'string', default: path.join(homedir(), '.cache/gatehouse-bots/features') },
    doubt: { type: 'string' },
    out: { type: 'string' },
    golden: { type: 'string' },
  },
});
const { id, features, doubt, out, golden } = values;
if (id === undefined || out === undefined) {
  console.error(
    'usage: npm run behavior:train -- --id ID [--features DIR] [--doubt SENTENCE] --out FILE.json [--golden FILE.json]',
  );
  process.exit(2);
}

const windows = await readWindows(features);
const at = new Date().toISOString().slice(0, 10);
const model = trainBehaviorModel(windows, { id, at, ...(doubt !== undefined && { doubt }) });
await mkdir(path.dirname(out), { recursive: true });
await writeFile(out, `${JSON.stringify(model)}\n`);
if (golden !== undefined)
  await writeFile(
    golden,
    `${JSON.stringify(goldenWindows().map((shape) => referenceScore(shape, model)))}\n`,
  );
console.log(
  JSON.stringify(
    { ...model.trained, z0: model.z0, slope: model.slope, even: model.even, full: model.full },
    null,
    2,
  ),
);

async function readWindows(folder: string) {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.jsonl')).toSorted();
  const texts = await Promise.all(files.map((file) => readFile(path.join(folder, file), 'utf8')));
  return texts
    .flatMap((text) => text.split('\n').filter((line) => line !== ''))
    .map((line) => Line.parse(JSON.parse(line)))
    .filter(({ half, lengthMs }) => half === 'dev' && lengthMs >= SHORTEST)
    .map(({ set, label, generator = null, person, session, thinned, data }) => ({
      set: siteOf(set),
      label,
      generator,
      thinned,
      data,
      person: person ?? session ?? 'unknown',
    }));
}

/** The sum as the format defines it, written apart from the product's own. */
function referenceScore(shape: ReturnType<typeof goldenWindows>[number], weights: BehaviorModel): number {
  const score = weights.stumps.reduce((sum, [input, threshold, low, high]) => {
    const value = shape[weights.features[input]!] ?? weights.medians[input]!;
    return sum + (value > threshold ? high : low);
  }, weights.bias);
  return Math.round(score * 1e5) / 1e5;
}
