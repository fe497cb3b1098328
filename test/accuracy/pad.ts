import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { faceQuality } from '../../service/engine/matching/checks/face-quality.ts';
import { isUndecidedLiveness } from '../../service/engine/matching/checks/liveness.ts';
import type { Analysis } from '../../service/inference/face.ts';
import { Problem } from '../../service/lib/problem.ts';
import { readAttackPictures } from './attack-pictures.ts';
import { type Interval, wilsonInterval } from './interval.ts';
import {
  type HeldOut,
  type Presentation,
  type PresentationPoint,
  pointAt,
  pointForAllAttacks,
  pointForEverySpecies,
  pointOnHeldOutPeople,
  separation,
} from './presentation-rates.ts';

/** Fractions; intervals are 95 %. */
export interface PadReport {
  auc: { value: number; interval: [number, number] };
  eer: { value: number; interval: [number, number] };
  /** At 0.5, and at the lowest thresholds that hold APCER 5 % and 10 % for all attacks together and for every species. */
  points: Record<'customary' | 'apcer5' | 'apcer10' | 'everySpecies5' | 'everySpecies10', PresentationPoint>;
  /** At the APCER-5 % threshold, five-fold, of people not used to choose it. */
  heldOut: HeldOut;
  /** Shares that a kiosk leaves to its clerk in a profile with the threshold 0.5: of living people, and of attacks. */
  undecided: Record<'live' | 'attacks', { share: number; interval: Interval; pictures: number }>;
  /** Pictures refused before they were judged (no face, no room around it), by species; live ones under `live`. */
  nonResponse: Record<string, { refused: number; pictures: number }>;
  live: number;
  attacks: number;
  people: number;
}

export interface PadDeps {
  /** Analyzes a picture with the PAD set. */
  analyze(picture: Uint8Array): Promise<Analysis>;
  concurrency: number;
  progress: { start(total: number): void; step(note: string): void; stop(): void };
}

/** The pictures of the manifest that are not under `root`. */
export function missingPictures(manifest: string, root: string): string[] {
  return readAttackPictures(manifest)
    .map(({ file }) => join(root, file))
    .filter((path) => !existsSync(path));
}

/** Every picture of the manifest, under `root`. Throws Error when live or attack pictures are wanting. */
export async function measurePad(manifest: string, root: string, deps: PadDeps): Promise<PadReport> {
  const pictures = readAttackPictures(manifest);
  const judged: Presentation[] = [];
  const nonResponse: PadReport['nonResponse'] = {};
  const waiting = pictures.values();
  const work = async (): Promise<void> => {
    for (const { file, ...about } of waiting) {
      const kind = about.species ?? 'live';
      nonResponse[kind] ??= { refused: 0, pictures: 0 };
      nonResponse[kind].pictures += 1;
      const live = await liveProbability(deps.analyze, readFileSync(join(root, file)));
      if (live === undefined) nonResponse[kind].refused += 1;
      else judged.push({ ...about, live });
      deps.progress.step(file);
    }
  };
  deps.progress.start(pictures.length);
  await Promise.all(Array.from({ length: deps.concurrency }, work));
  deps.progress.stop();
  const attacks = judged.filter(({ species }) => species !== undefined).length;
  if (attacks === 0 || attacks === judged.length) {
    throw new Error(
      `Not measured: of the ${pictures.length} pictures of ${manifest} only ${attacks} attacks and ` +
        `${judged.length - attacks} live ones could be judged; the others show no face, or no room around it.`,
    );
  }
  return {
    ...separation(judged),
    points: {
      customary: pointAt(judged, 0.5),
      apcer5: pointForAllAttacks(judged, 0.05),
      apcer10: pointForAllAttacks(judged, 0.1),
      everySpecies5: pointForEverySpecies(judged, 0.05),
      everySpecies10: pointForEverySpecies(judged, 0.1),
    },
    heldOut: pointOnHeldOutPeople(judged, 0.05),
    undecided: {
      live: undecidedOf(judged.filter(({ species }) => species === undefined)),
      attacks: undecidedOf(judged.filter(({ species }) => species !== undefined)),
    },
    nonResponse,
    live: judged.length - attacks,
    attacks,
    people: new Set(judged.map(({ person }) => person)).size,
  };
}

function undecidedOf(presentations: Presentation[]) {
  const isUndecided = ({ live }: Presentation) =>
    isUndecidedLiveness({ check: 'liveness', pass: live >= 0.5, score: live }, { threshold: 0.5 });
  const undecided = presentations.filter(isUndecided).length;
  return {
    share: undecided / presentations.length,
    interval: wilsonInterval(undecided, presentations.length),
    pictures: presentations.length,
  };
}

/** As a profile that requires PAD would have it; undefined for a picture that is refused before it is judged. */
async function liveProbability(
  analyze: PadDeps['analyze'],
  picture: Uint8Array,
): Promise<number | undefined> {
  try {
    const analysis = await analyze(picture);
    if (faceQuality(analysis, { pad: true }).unjudgeable) return undefined;
    const pad = analysis.face?.pad;
    if (pad === undefined) throw new Error('The analysis carries no PAD score.');
    return pad.live;
  } catch (error) {
    if (error instanceof Problem && error.code.startsWith('IMAGE_')) return undefined;
    throw error;
  }
}
