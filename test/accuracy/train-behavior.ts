import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type BehaviorModel, SessionData, trainBehaviorModel } from '../../service/engine/behavior/index.ts';
import { mouseFeatures } from '../../service/engine/behavior/model/behavior-model.ts';
import { siteOf } from './behavior/sets/data-set.ts';
import { goldenWindows } from './golden-windows.ts';

/**
 * npm run behavior:train -- --id ID [--features DIR] [--doubt SENTENCE] --out FILE.ts --golden FILE.json [--programs FILE.ts]
 * Trains the learned layer of the behavior score on files of feature vectors (JSON lines, made by `npm run accuracy -- behavior`),
 * on the lines of the half `dev` alone, and writes the weights as TypeScript with a golden file of 200 scores; `--programs` writes the
 * windows of our own programs, which ship for `gatehouse behavior train`.
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
/** Windows of a bot, and of a family of drawn programs, that ship. */
const SHIPPED = { zoo: 60, simulated: 25 };

const measured = '// biome-ignore-all lint/suspicious/noApproximativeNumericConstant: measured';
const { values } = parseArgs({
  options: {
    id: { type: 'string' },
    features: { type: 'string', default: path.join(homedir(), '.cache/gatehouse-bots/features') },
    doubt: { type: 'string' },
    out: { type: 'string' },
    golden: { type: 'string' },
    programs: { type: 'string' },
  },
});
const { id, features, doubt, out, golden, programs } = values;
if (id === undefined || out === undefined || golden === undefined) {
  console.error(
    'usage: npm run behavior:train -- --id ID [--features DIR] [--doubt SENTENCE] --out FILE.ts --golden FILE.json [--programs FILE.ts]',
  );
  process.exit(2);
}

const windows = await readWindows(features);
const at = new Date().toISOString().slice(0, 10);
const model = trainBehaviorModel(windows, { id, at, ...(doubt !== undefined && { doubt }) });
await mkdir(path.dirname(out), { recursive: true });
await writeFile(out, toTypeScript(model));
await writeFile(golden, `${JSON.stringify(goldenWindows().map((shape) => referenceScore(shape, model)))}\n`);
if (programs !== undefined) await writeFile(programs, toPrograms());
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
      ...{ set: siteOf(set), label, generator, thinned, data },
      person: person ?? session ?? 'unknown',
    }));
}

/** Some windows of each generator of our own, spread over what was recorded or drawn. */
function toPrograms(): string {
  const own = windows.filter(
    ({ set, label, generator, thinned, data }) =>
      (set === 'zoo' || set === 'simulated') &&
      label === 'bot' &&
      !thinned &&
      !generator?.includes('replay') &&
      data.mouse.n >= 2,
  );
  const rows = [...new Set(own.map(({ generator }) => generator))].toSorted().flatMap((generator) => {
    const all = own.filter((one) => one.generator === generator);
    const most = SHIPPED[all[0]!.set as keyof typeof SHIPPED];
    const placeOf = (i: number): number => Math.floor((i * most) / all.length);
    return all
      .filter((_, i) => all.length <= most || placeOf(i) !== placeOf(i - 1))
      .map(({ data }) => [
        generator,
        data.winMs,
        data.mouse.n,
        ...mouseFeatures.map((name) => data.mouse[name]),
      ]);
  });
  return [
    measured,
    "import type { RecordedProgram } from './recorded-program.ts';",
    '',
    '// Written by npm run behavior:train: windows of programs of this project (test/bots), no person’s.',
    '// biome-ignore format: rows of numbers',
    'export const recordedPrograms: readonly RecordedProgram[] = [',
    ...rows.map((row) => `  ${JSON.stringify(row)},`),
    '];',
    '',
  ].join('\n');
}

/** The sum as the format defines it, written apart from the product's own. */
function referenceScore(shape: ReturnType<typeof goldenWindows>[number], weights: BehaviorModel): number {
  const score = weights.stumps.reduce((sum, [input, threshold, low, high]) => {
    const value = shape[weights.features[input]!] ?? weights.medians[input]!;
    return sum + (value > threshold ? high : low);
  }, weights.bias);
  return Math.round(score * 1e5) / 1e5;
}

function toTypeScript(weights: BehaviorModel): string {
  const name = `${weights.id.replace(/-\d+$/, '').replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())}Model`;
  return [
    measured,
    "import type { BehaviorModel } from './behavior-model.ts';",
    '',
    '// Written by npm run behavior:train; docs/BEHAVIOR.md says on what it was trained, and why it is off.',
    '// biome-ignore format: rows of numbers',
    `export const ${name}: BehaviorModel = ${JSON.stringify(weights)};`,
    '',
  ].join('\n');
}
