import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { faceQuality } from '../../service/engine/matching/checks/face-quality.ts';
import type { Analysis } from '../../service/inference/face.ts';
import { Problem } from '../../service/lib/problem.ts';
import { type Interval, wilsonInterval } from './interval.ts';

/** How many first pictures the profile `default` accepts, and what refuses the others. */
export interface SelfiesReport {
  pictures: { file: string; refusedBy?: string; live?: number; frameShare?: number }[];
  accepted: number;
  interval: Interval;
  reasons: Record<string, number>;
}

/** Liveness at which the profile `default` accepts a picture, on the scale `live`. */
const LEAST_LIVE = 0.5;

/** Every picture of the folder; what refuses a picture is a code of its quality, or `liveness`. */
export async function measureSelfies(
  folder: string,
  analyze: (picture: Uint8Array) => Promise<Analysis>,
): Promise<SelfiesReport> {
  const pictures: SelfiesReport['pictures'] = [];
  for (const file of readdirSync(folder).toSorted())
    pictures.push({ file, ...(await judge(analyze, readFileSync(join(folder, file)))) });
  if (pictures.length === 0) throw new Error(`Not measured: ${folder} holds no pictures.`);
  const reasons: SelfiesReport['reasons'] = {};
  for (const { refusedBy } of pictures)
    if (refusedBy !== undefined) reasons[refusedBy] = (reasons[refusedBy] ?? 0) + 1;
  const accepted = pictures.filter(({ refusedBy }) => refusedBy === undefined).length;
  return { pictures, accepted, interval: wilsonInterval(accepted, pictures.length), reasons };
}

async function judge(analyze: (picture: Uint8Array) => Promise<Analysis>, picture: Uint8Array) {
  try {
    const analysis = await analyze(picture);
    const { unjudgeable } = faceQuality(analysis, { pad: true });
    const { face } = analysis;
    if (!face) return { refusedBy: unjudgeable!.code };
    if (face.pad === undefined) throw new Error('The analysis carries no PAD score.');
    const { live } = face.pad;
    const seen = { live, frameShare: face.quality.frameShare };
    if (unjudgeable) return { ...seen, refusedBy: unjudgeable.code };
    return live < LEAST_LIVE ? { ...seen, refusedBy: 'liveness' } : seen;
  } catch (error) {
    if (error instanceof Problem && error.code.startsWith('IMAGE_')) return { refusedBy: error.code };
    throw error;
  }
}

export function selfiesAsText({ pictures, accepted, interval, reasons }: SelfiesReport): string {
  const percent = (share: number) => (100 * share).toFixed(1);
  const [low, high] = interval;
  return [
    `${accepted} of ${pictures.length} first pictures accepted: ${percent(accepted / pictures.length)} % [${percent(low)}, ${percent(high)}], pictures counted as independent`,
    `refused by: ${Object.entries(reasons)
      .map(([reason, count]) => `${reason} ${count}`)
      .join(', ')}`,
    ...pictures.map(
      ({ file, refusedBy = 'accepted', live, frameShare }) =>
        `${file}: ${refusedBy}; live ${live?.toFixed(2) ?? '-'}, face ${frameShare === undefined ? '-' : percent(frameShare)} % of the width`,
    ),
  ].join('\n');
}
