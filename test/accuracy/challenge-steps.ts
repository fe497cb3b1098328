import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  baselineOf,
  isNeutral,
  type SeenFrame,
  seenFrame,
} from '../../service/engine/matching/challenges/seen-frame.ts';
import { createStepRun } from '../../service/engine/matching/challenges/step-sequence.ts';
import type { StepName } from '../../service/engine/matching/index.ts';
import type { Analysis } from '../../service/inference/face.ts';

/** Frames a second that the clips are read at, and thinned to. */
const READ = 12;
const RATES = [12, 6, 4] as const;
/** Degrees of a turn, and frames of it at the rate that the clips are read at. */
const TURNED = 15;
const FEWEST = 2;
/** Milliseconds: nothing asks these people to hold a turn, so that it is not held to count as found. */
const HOLD = { turns: 0, unasked: 500 };
/** Milliseconds between two starts on a clip in which nothing is asked for. */
const EVERY = 1000;
const LIMIT = 5000;
const stillSteps = ['turn-left', 'turn-right', 'look-up', 'look-down', 'come-closer', 'blink'] as const;

export interface ClipReading {
  clip: string;
  seen: SeenFrame[];
}

export interface StepsReport {
  clips: number;
  /** Of all clips: by frame rate, turns and how many of them the step finds. */
  turns: { framesPerSecond: number; turns: number; found: number }[];
  /** Of clips in which the head keeps within 8° of yaw: steps begun every second, and how many passed unasked. */
  unasked: {
    clips: number;
    seconds: number;
    steps: Record<(typeof stillSteps)[number], { begun: number; passed: number }>;
  };
}

/** The clips' frames as JPEG files; made by ffmpeg. */
export function framesOfClips(folder: string, scratch: string): { clip: string; files: string[] }[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.mp4'))
    .sort()
    .map((name) => {
      const to = join(scratch, basename(name, '.mp4'));
      mkdirSync(to, { recursive: true });
      const filter = `fps=${READ},scale='min(848,iw)':-2`;
      execFileSync('ffmpeg', [
        '-v',
        'error',
        '-y',
        '-i',
        join(folder, name),
        '-vf',
        filter,
        '-q:v',
        '3',
        join(to, '%05d.jpg'),
      ]);
      const files = readdirSync(to)
        .sort()
        .map((file) => join(to, file));
      return { clip: basename(name, '.mp4'), files };
    });
}

export async function readClip(
  { clip, files }: { clip: string; files: readonly string[] },
  analyze: (jpeg: Uint8Array, follow: Analysis['face']) => Promise<Analysis>,
): Promise<ClipReading> {
  const seen: SeenFrame[] = [];
  let face: Analysis['face'];
  for (const [i, file] of files.entries()) {
    ({ face } = await analyze(readFileSync(file), i % 4 === 0 ? undefined : face));
    if (face) seen.push(seenFrame((i * 1000) / READ, face));
  }
  return { clip, seen };
}

export function measureSteps(readings: readonly ClipReading[]): StepsReport {
  const still = readings.filter(({ seen }) => {
    const baseline = baselineOf(seen);
    return baseline && seen.every(({ pose }) => Math.abs(pose.yaw - baseline.yaw) < 8);
  });
  const steps = Object.fromEntries(
    stillSteps.map((name) => [
      name,
      unasked(
        name,
        still.map(({ seen }) => seen),
      ),
    ]),
  ) as StepsReport['unasked']['steps'];
  const seconds = still.reduce((sum, { seen }) => sum + seen.length / READ, 0);
  return {
    clips: readings.length,
    turns: RATES.map((rate) => ({ framesPerSecond: rate, ...findTurns(readings, rate) })),
    unasked: { clips: still.length, seconds: Math.round(seconds), steps },
  };
}

/** Close-ups are judged as if the camera stood farther away: the size of the face is not what is measured here. */
const atArm = (frame: SeenFrame): SeenFrame => ({ ...frame, share: 0.35, margin: 0.5 });

function findTurns(readings: readonly ClipReading[], rate: number) {
  let [turns, found] = [0, 0];
  for (const { seen } of readings) {
    const baseline = baselineOf(seen);
    if (!baseline) continue;
    for (const [name, sign] of [
      ['turn-left', 1],
      ['turn-right', -1],
    ] as const) {
      for (const { from, to } of turnsIn(seen, (pose) => sign * (pose.yaw - baseline.yaw) >= TURNED)) {
        turns += 1;
        const before = seen.findLastIndex(
          (frame, i) => i < from && isNeutral(frame) && Math.abs(frame.pose.yaw - baseline.yaw) < 8,
        );
        const shown = seen.slice(Math.max(0, before), to + 1).filter((_, i) => i % (READ / rate) === 0);
        if (passes(name, shown, baseline, HOLD.turns)) found += 1;
      }
    }
  }
  return { turns, found };
}

function turnsIn(seen: readonly SeenFrame[], there: (pose: SeenFrame['pose']) => boolean) {
  const runs: { from: number; to: number }[] = [];
  let from: number | undefined;
  for (let i = 0; i <= seen.length; i++) {
    const frame = seen[i];
    if (frame && there(frame.pose)) from ??= i;
    else {
      if (from !== undefined && i - from >= FEWEST) runs.push({ from, to: i - 1 });
      from = undefined;
    }
  }
  return runs;
}

function unasked(name: StepName, clips: readonly SeenFrame[][]) {
  let [begun, passed] = [0, 0];
  for (const seen of clips) {
    for (let at = 1000; at < (seen.at(-1)?.at ?? 0) - 1000; at += EVERY) {
      const baseline = baselineOf(seen.filter((frame) => frame.at >= at - 1000 && frame.at < at));
      if (!baseline) continue;
      begun += 1;
      if (
        passes(
          name,
          seen.filter((frame) => frame.at >= at && frame.at < at + LIMIT),
          baseline,
          HOLD.unasked,
        )
      )
        passed += 1;
    }
  }
  return { begun, passed };
}

function passes(
  name: StepName,
  frames: readonly SeenFrame[],
  baseline: NonNullable<ReturnType<typeof baselineOf>>,
  holdMs: number,
): boolean {
  const [first, second] = frames;
  if (!first || !second) return false;
  const revealed = { at: first.at - 300, receivedAt: first.at - 300 };
  const rate = 1000 / (second.at - first.at);
  const run = createStepRun({ name, holdMs, limitMs: LIMIT }, { strict: false, baseline }, revealed);
  const order = frames.map((frame) => run.observe(atArm(frame), { receivedAt: frame.at, rate }));
  return order.some(({ state }) => state === 'done');
}
