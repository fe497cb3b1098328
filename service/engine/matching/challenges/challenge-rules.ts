import { z } from 'zod';
import { type StepName, stepNamed, stepNames } from './steps/registered-steps.ts';

/** What a live session asks for. */
export interface ChallengeRules {
  pool: readonly StepName[];
  count: number;
  /** Turns of 18 degrees instead of 15, and the stricter limit of presentation attack detection. */
  strict: boolean;
  /** What follows when a movement was shown before. */
  repeats: 'refuse' | 'record';
  withoutMotion: WithoutMotion;
  suspectCamera: SuspectCamera;
  undecided: Undecided;
  /** The page of a session collects how the person moves the pointer, types and scrolls on it. */
  collectsBehavior: boolean;
}

/**
 * What a passed attempt on the path without motion yields. `review`: a person decides. `allow`: an approval, though an old session that is
 * shown again passes this path. `refuse`: the path is not offered.
 */
export type WithoutMotion = 'review' | 'allow' | 'refuse';

/** What a passed attempt yields whose camera is suspect. `record`: evidence and risk. `review`: a person decides. `refuse`: it is not passed. */
export type SuspectCamera = 'record' | 'review' | 'refuse';

/** What an attempt yields whose evidence lies between sure and refused. `review`: a person decides. `refuse`: it is not passed. */
export type Undecided = 'review' | 'refuse';

/** As a profile states them. */
export const ChallengeSettings = z
  .strictObject({
    steps: z
      .array(z.enum(stepNames))
      .min(1)
      .max(stepNames.length)
      .describe(
        'Steps that may be asked for; at least one is a turn. `blink` belongs to them, unless people who cannot blink are to pass: without it a bent print may.',
      ),
    count: z
      .int()
      .min(1)
      .max(6)
      .describe('Steps of one attempt, drawn at random; fewer where `steps` names fewer.'),
    strict: z
      .boolean()
      .optional()
      .describe(
        "Asks for turns of 18° instead of 15° of measured yaw, and judges presentation attacks by the PAD set's APCER-5 % threshold.",
      ),
    repeats: z
      .enum(['refuse', 'record'])
      .optional()
      .describe(
        'What follows when the face moves exactly as it did before, in the attempt or in an earlier one: `refuse` unless stated. `record` leaves it to the evidence; for demonstrations with a recorded camera.',
      ),
    withoutMotion: z
      .enum(['review', 'allow', 'refuse'])
      .optional()
      .describe(
        'What follows when a person who cannot move the head passes without it: `review` unless stated, a person decides. `allow` approves at once and is open to replay: the frames of an old session, encoded anew, mostly pass. `refuse` does not offer the path.',
      ),
    suspectCamera: z
      .enum(['record', 'review', 'refuse'])
      .optional()
      .describe(
        'What follows when a person passes before a suspect camera: one with the name of a program that passes films off as a camera, or one that changed, or changed the size of its pictures, in the attempt. `record` unless stated: it counts in the evidence and in the risk. `review`: a person decides. `refuse`: the attempt is not passed, and another one may use another camera. It stops those who leave the name of their program as it is: a client can lie about it.',
      ),
    undecided: z
      .enum(['review', 'refuse'])
      .optional()
      .describe(
        'What follows when the evidence of an attempt neither suffices for a living person nor refuses one (reason `UNDECIDED`): `refuse` unless stated, it is a failed attempt as any other. `review`: where the last attempt of a session ends so, a person decides; at a kiosk, where a picture fails liveness by less than half of the threshold and nothing else is against it, its operator decides at once with the PIN. A proof of presence waits for no person: there it is refused.',
      ),
    behavior: z
      .enum(['off', 'record'])
      .optional()
      .describe(
        "Whether Gatehouse's own page of a session collects how the person moves the pointer, types and scrolls there, from the consent on: `off` unless stated. `record`: the consent text says so, and what is found counts in the risk and the humanness score; it never decides.",
      ),
  })
  .describe(
    'Steps of a live session: the server draws them at random. A turn is in every attempt, `blink` in every one of two steps and more where `steps` names it, both turns in those of three and more. Absent: four of all steps.',
  );
export type ChallengeSettings = z.infer<typeof ChallengeSettings>;

/** Where a profile states none. */
export const defaultChallenge: ChallengeSettings = { steps: [...stepNames], count: 4 };

export const turnSteps = stepNames.filter((name) => stepNamed(name).turn !== undefined);

export function challengeRules({
  steps,
  count,
  strict,
  repeats,
  withoutMotion,
  suspectCamera,
  undecided,
  behavior,
}: ChallengeSettings = defaultChallenge): ChallengeRules {
  return {
    pool: [...new Set(steps)],
    count,
    strict: strict ?? false,
    repeats: repeats ?? 'refuse',
    withoutMotion: withoutMotion ?? 'review',
    suspectCamera: suspectCamera ?? 'record',
    undecided: undecided ?? 'refuse',
    collectsBehavior: behavior === 'record',
  };
}
