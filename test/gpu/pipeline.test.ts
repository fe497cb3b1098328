import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { WantedProvider } from '../../service/inference/accelerator/messages.ts';
import { cosine } from '../../service/inference/accelerator/trial.ts';
import type { Analysis } from '../../service/inference/face.ts';
import { people, portrait } from '../cli/portraits.ts';
import { picturesToMeasure } from '../load/pictures.ts';
import { markdownTable } from '../support/evidence.ts';
import { withMeasuredPipeline } from '../support/measured-pipeline.ts';
import { farthest } from '../support/run-onnx.ts';
import { chooseDriver, skipBecause } from './driver.ts';

const PICTURES = 20;
/** Their runs meet in batches. */
const WORKERS = 4;
const DEADLINE = 6 * 3_600_000;

async function pictures(): Promise<{ name: string; files: Buffer[] }> {
  const { name, files } = picturesToMeasure();
  if (files.length >= PICTURES) {
    const chosen = Array.from(
      { length: PICTURES },
      (_, i) => files[Math.floor((i * files.length) / PICTURES)]!,
    );
    return { name, files: chosen.map((file) => readFileSync(file)) };
  }
  const portraits = await Promise.all(people.map((who) => portrait(who)));
  const inSizes = [100, 150, 220, 300].flatMap((width) =>
    portraits.map((one) => sharp(one).resize(width).jpeg().toBuffer()),
  );
  return {
    name: 'five faces of the photographs of @vladmandic/face-api in four sizes',
    files: await Promise.all(inSizes),
  };
}

async function analyze(provider: WantedProvider, files: readonly Buffer[]) {
  const warnings: string[] = [];
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-gpu-'));
  try {
    return await withMeasuredPipeline(
      {
        workers: WORKERS,
        embedders: 'default',
        scratch,
        providers: [provider],
        warned: (message) => warnings.push(message),
        pad: 'minifasnet-pair',
      },
      async ({ analyzer, request }) => {
        const before = analyzer.stats().provider;
        const all = files.map((file) => analyzer.analyze(file, { ...request, deadline: DEADLINE }));
        return { before, analyses: await Promise.all(all), after: analyzer.stats().provider, warnings };
      },
    );
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** How far one analysis is from the other. */
function compare(a: Analysis, b: Analysis) {
  const faces = (of: Analysis) =>
    of.faces.flatMap(({ box: { x, y, width, height } }) => [x, y, width, height]);
  const [p, q] = [a.face!, b.face!];
  const cosines = Object.keys(p.embeddings).map((id) => cosine(p.embeddings[id]!, q.embeddings[id]!));
  return {
    'faces found': Math.abs(a.faces.length - b.faces.length),
    'face boxes, px': farthest(faces(a), faces(b)),
    'detection, 0..1': farthest([p.detection], [q.detection]),
    'face flag, 0..1': farthest([p.presence], [q.presence]),
    'mesh, px': farthest(p.motion.mesh, q.motion.mesh),
    'pose, degrees': farthest(Object.values(p.quality.pose), Object.values(q.quality.pose)),
    'eye opening': Math.abs(p.quality.eyesOpen - q.quality.eyesOpen),
    'embeddings, 1 - cosine': 1 - Math.min(...cosines),
    ...(p.pad && { 'PAD, 0..1': Math.abs(p.pad.live - q.pad!.live) }),
  };
}

type Compared = keyof ReturnType<typeof compare>;

/** Of a picture of 250 pixels; docs/MODELS.md, "On a GPU". */
const bounds: Record<Compared, number> = {
  'faces found': 0,
  'face boxes, px': 0.5,
  'detection, 0..1': 0.005,
  'face flag, 0..1': 0.005,
  'mesh, px': 0.5,
  'pose, degrees': 0.2,
  'eye opening': 0.005,
  'embeddings, 1 - cosine': 0.0001,
  'PAD, 0..1': 0.005,
};

test('faces, embeddings and PAD are those of the CPU', { timeout: DEADLINE }, async ({ skip }) => {
  const missing = chooseDriver();
  if (missing !== undefined) skipBecause(skip, missing);
  const { name, files } = await pictures();
  const own = await analyze('webgpu', files);
  if (own.before.fallback?.includes('Failed to get a WebGPU adapter'))
    skipBecause(skip, `The driver was refused: ${own.before.fallback}`);
  expect(own.before).toMatchObject({ provider: 'webgpu', adapter: expect.any(String) });
  expect(own.before.nets.filter(({ provider }) => provider !== 'webgpu')).toEqual([]);
  // Nothing was answered by the CPU because the device failed.
  expect([own.after, own.warnings]).toEqual([own.before, []]);

  const cpu = await analyze('cpu', files);
  const compared = cpu.analyses.map((analysis, i) => compare(analysis, own.analyses[i]!));
  const most = (what: Compared) => Math.max(...compared.map((one) => one[what] ?? 0));
  const rows = (Object.keys(compared[0]!) as Compared[]).map((what) => ({
    what,
    most: most(what),
    bound: bounds[what],
  }));
  const nets = own.before.nets.map(({ model }) => model).join(', ');
  console.log(
    [
      `${PICTURES} pictures (${name}), ${nets} on webgpu (${own.before.adapter}), against the CPU: largest differences.`,
      '',
      ...markdownTable(
        ['', 'difference', 'allowed'],
        rows.map((row) => [row.what, row.most.toPrecision(2), row.bound]),
      ),
    ].join('\n'),
  );
  expect(rows.filter(({ most, bound }) => !(most <= bound))).toEqual([]);
});
