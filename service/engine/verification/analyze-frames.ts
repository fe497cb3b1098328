import type { AnalysisRequest, FaceAnalyzer } from '../../inference/face.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import type { Frame } from '../checks/index.ts';
import type { VerifyCommand } from './verdict.ts';

/** Frames of one request in the analyzer's queue at a time: the others' pictures come in between. */
const AT_ONCE = 4;

/** INVALID_REQUEST unless every frame has a time, or none. */
export function checkFrameTimes({
  frames = [],
  frameTimes,
}: Pick<VerifyCommand, 'frames' | 'frameTimes'>): void {
  if (frameTimes === undefined || frameTimes.length === frames.length) return;
  throw new Problem('INVALID_REQUEST', 'There must be as many frame times as frames.', {
    details: [{ path: 'frameTimes', message: `${frames.length} numbers, one for each frame.` }],
  });
}

/** Throws what `analyze` throws; a frame that cannot be read is named. */
export async function analyzeFrames(
  analyzer: FaceAnalyzer,
  { frames = [], frameTimes }: Pick<VerifyCommand, 'frames' | 'frameTimes'>,
  request: AnalysisRequest,
): Promise<Frame[]> {
  const analyzed: Frame[] = [];
  for (let start = 0; start < frames.length; start += AT_ONCE) {
    const batch = frames.slice(start, start + AT_ONCE).map(async (frame, i) => {
      const at = frameTimes?.[start + i];
      const analysis = await analyzeFrame(analyzer, frame, start + i, request);
      return { analysis, ...defined({ at }) };
    });
    analyzed.push(...(await Promise.all(batch)));
  }
  return analyzed;
}

async function analyzeFrame(
  analyzer: FaceAnalyzer,
  frame: Uint8Array,
  index: number,
  request: AnalysisRequest,
) {
  try {
    return await analyzer.analyze(frame, request);
  } catch (error) {
    if (!(error instanceof Problem) || !error.code.startsWith('IMAGE_')) throw error;
    const details = [{ path: `frames.${index}`, message: error.message }];
    throw new Problem(error.code, `Frame ${index + 1}: ${error.message}`, { ...error.extra, details });
  }
}
