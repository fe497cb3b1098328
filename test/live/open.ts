import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChallengeModels } from '../../service/engine/matching/index.ts';
import { type MeasuredPipeline, withMeasuredPipeline } from '../support/measured-pipeline.ts';
import { openReadings, type Readings } from './readings.ts';

const DEADLINE = 60_000;
const PAD_SET = 'minifasnet-pair';

export interface LivePipeline {
  readings: Readings;
  /** Scorers of the models that are on by default, and the PAD set. */
  models: ChallengeModels;
  request: MeasuredPipeline['request'];
  analyzer: MeasuredPipeline['analyzer'];
}

export interface LiveOptions {
  cache: string;
  workers: number;
  say(line: string): void;
}

/** The product's own nets, as a live session runs them; what they read of a frame is kept in `cache`. */
export async function withLivePipeline<T>(
  { cache, workers, say }: LiveOptions,
  work: (pipeline: LivePipeline) => Promise<T>,
): Promise<T> {
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-live-'));
  try {
    return await withMeasuredPipeline(
      { workers, embedders: 'default', pad: PAD_SET, scratch },
      async ({ analyzer, manifest, request }) => {
        const enabled = new Set(request.embedders);
        return work({
          analyzer,
          request,
          models: {
            scorers: manifest.scorers.filter(({ terms }) => terms.every(({ model }) => enabled.has(model))),
            pad: manifest.padSets.find(({ id }) => id === PAD_SET)!,
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
