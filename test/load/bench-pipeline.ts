import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FaceAnalyzer } from '../../service/inference/workers/face-analyzer.ts';
import { type Evidence, markdownTable } from '../support/evidence.ts';
import { type MeasuredPipeline, withMeasuredPipeline } from '../support/measured-pipeline.ts';
import { installPeers, openPeer, type Peer } from './peer-process.ts';
import { type Pictures, picturesToMeasure } from './pictures.ts';
import { median, quantile } from './statistics.ts';

const PICTURES = 100;
const WARM_UP = 10;
const SCALING_PICTURES = 200;
const SCALING_VARIANTS = ['R alone', 'R with PAD'];
const SCALING_ROUNDS = 5;
const DEADLINE = 60_000;

const PAD = 'minifasnet-pair';

type Run = (picture: string) => Promise<{ milliseconds: number; faces: number }>;
type Request = Omit<Parameters<FaceAnalyzer['analyze']>[1], 'deadline'>;

interface Measured {
  milliseconds: number;
  p95: number;
  /** The peer's time over ours; 1 for the peer itself. */
  fasterThan: Record<string, number>;
  facesFound: number;
}

/** Our whole analysis with one worker against the peers' detection calls, in turns on the same pictures. */
export async function benchPipeline(say: (line: string) => void): Promise<Evidence> {
  const pictures = picturesToMeasure();
  say('pipeline: opening ours and the peers');
  installPeers();
  const peers = [await openPeer('human'), await openPeer('face-api')];
  try {
    return await withPipeline(1, async (pipeline) => {
      const runs = { ...ourRuns(pipeline), ...peerRuns(peers) };
      const measured = await inTurns(runs, evenly(pictures, WARM_UP + PICTURES), say);
      return report(measured, pictures, peers);
    });
  } finally {
    for (const peer of peers) peer.close();
  }
}

/** Pictures a second through the worker pool, with one worker and with as many as there are cores. */
export async function benchScaling(say: (line: string) => void): Promise<Evidence> {
  const pictures = picturesToMeasure();
  const files = evenly(pictures, SCALING_PICTURES).map((file) => readFileSync(file));
  const counts = [1, availableParallelism()].filter((count, i, all) => all.indexOf(count) === i);
  const rates: Record<string, Record<number, number[]>> = {};
  for (let round = 0; round < SCALING_ROUNDS; round++) {
    for (const workers of counts) {
      await withPipeline(workers, async (pipeline) => {
        for (const [name, request] of Object.entries(variants(pipeline))) {
          if (!SCALING_VARIANTS.includes(name)) continue;
          say(`scaling: round ${round + 1} of ${SCALING_ROUNDS}, ${workers} worker(s), ${name}`);
          await passThrough(pipeline.analyzer, files.slice(0, 4 * workers), request, workers);
          const seconds = await passThrough(pipeline.analyzer, files, request, workers);
          rates[name] ??= {};
          rates[name][workers] = [...(rates[name][workers] ?? []), files.length / seconds];
        }
      });
    }
  }
  const rows = Object.entries(rates).map(([name, byWorkers]) => {
    const medians = counts.map((workers) => median(byWorkers[workers]!));
    return {
      name,
      picturesPerSecond: Object.fromEntries(counts.map((c, i) => [c, medians[i]!])),
      ratio: medians.at(-1)! / medians[0]!,
    };
  });
  return {
    title: 'Workers',
    measured: { pictures: pictures.name, rounds: SCALING_ROUNDS, rows },
    lines: [
      `Pictures a second at the pool, each sent as soon as a worker is free; median of ${SCALING_ROUNDS} rounds of ${SCALING_PICTURES} pictures (${pictures.name}).`,
      '',
      ...markdownTable(
        ['', ...counts.map((count) => `${count} worker${count === 1 ? '' : 's'}`), 'ratio'],
        rows.map(({ name, picturesPerSecond, ratio }) => [
          name,
          ...counts.map((count) => picturesPerSecond[count]!.toFixed(1)),
          ratio.toFixed(2),
        ]),
      ),
    ],
  };
}

async function withPipeline<T>(
  workers: number,
  work: (pipeline: MeasuredPipeline) => Promise<T>,
): Promise<T> {
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  try {
    return await withMeasuredPipeline({ workers, embedders: 'all', pad: PAD, scratch }, work);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** By the embedders of scorers: R is the default, A of people enrolled before it; R + M only where M is on this machine. */
function variants({ manifest, request: { detector, embedders } }: MeasuredPipeline): Record<string, Request> {
  const of = (scorer: string) =>
    manifest.scorers.find(({ id }) => id === scorer)!.terms.map(({ model }) => model);
  const [r, a, rm] = [of('r'), of('a'), of('rm')];
  return {
    'R alone': { detector, embedders: r },
    'R with PAD': { detector, embedders: r, pad: PAD },
    'A with PAD': { detector, embedders: a, pad: PAD },
    'R and A with PAD': { detector, embedders: [...r, ...a], pad: PAD },
    ...(rm.every((model) => embedders.includes(model)) && {
      'R + M with PAD': { detector, embedders: rm, pad: PAD },
    }),
  };
}

function ourRuns(pipeline: MeasuredPipeline): Record<string, Run> {
  return Object.fromEntries(
    Object.entries(variants(pipeline)).map(([name, request]) => [
      `ours, ${name}`,
      async (picture) => {
        const bytes = readFileSync(picture);
        const start = performance.now();
        const { faces } = await pipeline.analyzer.analyze(bytes, { ...request, deadline: DEADLINE });
        return { milliseconds: performance.now() - start, faces: faces.length };
      },
    ]),
  );
}

const peerRuns = (peers: Peer[]): Record<string, Run> =>
  Object.fromEntries(peers.map((peer) => [peer.name, (picture) => peer.detect(picture)]));

/** Every run on every picture, beginning with another one each time, so that what slows the machine slows all alike. */
async function inTurns(runs: Record<string, Run>, files: string[], say: (line: string) => void) {
  const names = Object.keys(runs);
  const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  const found: Record<string, number> = Object.fromEntries(names.map((name) => [name, 0]));
  for (const [i, file] of files.entries()) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(i + turn) % names.length]!;
      const { milliseconds, faces } = await runs[name]!(file);
      if (i < WARM_UP) continue;
      times[name]!.push(milliseconds);
      if (faces > 0) found[name]! += 1;
    }
    if (i % 20 === 0) say(`pipeline: picture ${i} of ${files.length}`);
  }
  return { times, found };
}

function report(
  { times, found }: Awaited<ReturnType<typeof inTurns>>,
  pictures: Pictures,
  peers: Peer[],
): Evidence {
  const middle = (name: string): number => median(times[name]!);
  const measured = Object.fromEntries(
    Object.entries(times).map(([name, values]): [string, Measured] => [
      name,
      {
        milliseconds: middle(name),
        p95: quantile(values, 0.95),
        fasterThan: Object.fromEntries(peers.map((peer) => [peer.name, middle(peer.name) / middle(name)])),
        facesFound: found[name]! / values.length,
      },
    ]),
  );
  return {
    title: 'One picture',
    measured: {
      pictures: pictures.name,
      count: PICTURES,
      runs: measured,
      peers: peers.map(({ name, about }) => ({ name, about })),
    },
    lines: [
      `${PICTURES} pictures (${pictures.name}), in turns. Ours: one worker, from the file's bytes to the analysis, with decoding, quality and the ` +
        'way to the worker and back. Peers: their detection call alone, on pixels that are decoded already ' +
        `(${peers.map(({ name, about }) => `${name} ${about}`).join('; ')}; each in a process of its own).`,
      '',
      ...markdownTable(
        [
          '',
          'median ms',
          'p95 ms',
          ...peers.map(({ name }) => `times faster than ${name}`),
          'pictures with a face found',
        ],
        Object.entries(measured).map(([name, { milliseconds, p95, fasterThan, facesFound }]) => [
          name,
          milliseconds.toFixed(1),
          p95.toFixed(1),
          ...peers.map((peer) => (peer.name === name ? '–' : fasterThan[peer.name]!.toFixed(2))),
          `${(100 * facesFound).toFixed(0)} %`,
        ]),
      ),
    ],
  };
}

/** Seconds until all pictures are through, with one more waiting than workers. */
async function passThrough(
  analyzer: FaceAnalyzer,
  files: Buffer[],
  request: Request,
  workers: number,
): Promise<number> {
  const waiting = files.values();
  const start = performance.now();
  const work = async (): Promise<void> => {
    for (const file of waiting) await analyzer.analyze(file, { ...request, deadline: DEADLINE });
  };
  await Promise.all(Array.from({ length: 2 * workers }, work));
  return (performance.now() - start) / 1000;
}

/** As many pictures as wanted, spread over all there are. */
function evenly({ files }: Pictures, count: number): string[] {
  return Array.from({ length: count }, (_, i) => files[Math.floor((i * files.length) / count)]!);
}
