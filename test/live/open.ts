import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChallengeModels } from '../../service/engine/challenges/index.ts';
import { type MeasuredPipeline, withMeasuredPipeline } from '../support/measured-pipeline.ts';
import { openReadings, type Readings } from './readings.ts';

const DEADLINE = 60_000;
const PAD_SET = 'minifasnet-pair';

export interface LivePipeline {
  readings: Readings;
  /** Scorers of the models that are on by default, and the PAD set where its weights are there. */
  models: ChallengeModels;
  request: MeasuredPipeline['request'];
  analyzer: MeasuredPipeline['analyzer'];
}

export interface LiveOptions {
  cache: string;
  weights: string;
  workers: number;
  say(line: string): void;
}

/** The product's own nets, as a live session runs them; what they read of a frame is kept in `cache`. `weights`: of MiniFASNet. */
export async function withLivePipeline<T>(
  { cache, weights, workers, say }: LiveOptions,
  work: (pipeline: LivePipeline) => Promise<T>,
): Promise<T> {
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-live-'));
  const files = existsSync(weights)
    ? readdirSync(weights).filter((name) => /MiniFASNetV(2|1SE)\.pth$/.test(name))
    : [];
  const pad = files.length === 2 && { set: PAD_SET, weights: files.map((name) => join(weights, name)) };
  try {
    return await withMeasuredPipeline(
      { workers, embedders: 'default', scratch, ...(pad && { pad }) },
      async ({ analyzer, manifest, request }) => {
        const set = pad && manifest.padSets.find(({ id }) => id === PAD_SET);
        const enabled = new Set(request.embedders);
        return work({
          analyzer,
          request,
          models: {
            scorers: manifest.scorers.filter(({ terms }) => terms.every(({ model }) => enabled.has(model))),
            ...(set && { pad: set }),
          },
          readings: openReadings({
            analyze: (jpeg) => analyzer.analyze(jpeg, { ...request, challenge: true, deadline: DEADLINE }),
            folder: cache,
            concurrency: 2 * workers,
            say,
          }),
        });
      },
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The same, open until `close`. */
export function openLivePipeline(options: LiveOptions): Promise<LivePipeline & { close(): Promise<void> }> {
  const { promise: closing, resolve: end } = Promise.withResolvers<void>();
  return new Promise((opened, failed) => {
    const closed = withLivePipeline(options, async (pipeline) => {
      const close = () => {
        end();
        return closed;
      };
      opened({ ...pipeline, close });
      await closing;
    });
    closed.catch(failed);
  });
}
