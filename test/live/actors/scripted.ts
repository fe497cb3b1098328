import { challengeAnalysis, type HeadScript } from '../../support/challenge-frames.ts';
import { createNormal } from '../../support/normal.ts';
import type { Actor, Asked, Seen } from './actor.ts';

const REACTION = { least: 350, most: 700 };
const TAKES = { least: 300, most: 600 };

/** What each step asks for, fully done. */
const poses: Readonly<Record<Asked, HeadScript>> = {
  'hold-still': {},
  'color-flash': {},
  'turn-left': { yaw: 21 },
  'turn-right': { yaw: -21 },
  'look-up': { pitch: -14 },
  'look-down': { pitch: 14 },
  'come-closer': { closer: 1.32 },
  blink: { eyes: 0.3 },
};

interface Wave {
  size: number;
  length: number;
  from: number;
}

/** How one person moves, in every session: milliseconds, and shares of what is asked for. */
export interface Nature {
  reaction: number;
  takes: number;
  reach: number;
}

export const natureOf = (random: () => number): Nature => ({
  reaction: 350 + 300 * random(),
  takes: 250 + 300 * random(),
  reach: 0.95 + 0.2 * random(),
});

/** By how much one person differs from time to time: milliseconds of the reaction, shares of the others. */
const VARIES = { reaction: 60, takes: 0.1, reach: 0.05 };

/**
 * A drawn head that does what is asked, with a sway and a face of its own in every session: for the rules, not for the nets. `sway`: of
 * a head that moves much; most people sit at about .3. `nature`: of a person who is seen in several sessions. `person`: whose face it is.
 */
export function createScripted(
  random: () => number,
  { sway: much = 1, nature, person }: { sway?: number; nature?: Nature; person?: string } = {},
): Actor {
  const waves = (size: number): Wave[] =>
    Array.from({ length: 4 }, () => ({
      size: much * size * (0.3 + 0.7 * random()),
      length: 180 + 500 * random(),
      from: 7 * random(),
    }));
  const sway = { yaw: waves(1.8), pitch: waves(2), eyes: waves(0.12), expression: waves(0.12) };
  const between = ({ least, most }: { least: number; most: number }) => least + random() * (most - least);
  const next = () => ({
    reaction: between(REACTION),
    takes: between(TAKES),
    reach: 0.95 + 0.15 * random(),
  });
  const normal = nature && createNormal(Math.floor(1e9 * random()));
  let clock = 0;
  let doing: { asked: Asked; reaction: number; takes: number; reach: number } | undefined;
  let now: HeadScript = {};
  let before: HeadScript = {};
  return {
    next(asked, since): Seen {
      clock += 100;
      if (doing?.asked !== asked) {
        before = now;
        doing = { asked, ...(nature && normal ? thisTime(nature, normal) : next()) };
      }
      now = poseAt(asked, since, before, doing);
      const at = (of: readonly Wave[]) =>
        of.reduce((sum, { size, length, from }) => sum + size * Math.sin(clock / length + from), 0);
      const script: HeadScript = {
        ...now,
        yaw: (now.yaw ?? 0) + at(sway.yaw),
        pitch: (now.pitch ?? 0) + at(sway.pitch),
        eyes: (now.eyes ?? 1) * (1 + at(sway.eyes)),
        expression: at(sway.expression),
        ...(person !== undefined && { person }),
      };
      return { analysis: challengeAnalysis(`${clock}`, script, 'identity'), name: `${clock}` };
    },
  };
}

const thisTime = ({ reaction, takes, reach }: Nature, normal: () => number): Nature => ({
  reaction: Math.max(260, reaction + VARIES.reaction * normal()),
  takes: Math.max(150, takes * (1 + VARIES.takes * normal())),
  reach: reach * (1 + VARIES.reach * normal()),
});

function poseAt(
  asked: Asked,
  since: number,
  before: HeadScript,
  { reaction, takes, reach }: { reaction: number; takes: number; reach: number },
): HeadScript {
  const wanted = poses[asked];
  const back = ease((since - reaction) / takes);
  // a blink is over by itself; to the camera first, then what is asked for
  const forth =
    asked === 'blink'
      ? Number(since > reaction && (since - reaction) % 900 < 220)
      : ease((since - reaction - takes) / takes);
  const of = (key: 'yaw' | 'pitch' | 'eyes' | 'closer', rest: number) => {
    const from = before[key] ?? rest;
    const goal = wanted[key] ?? rest;
    const much = key === 'yaw' || key === 'pitch' ? reach : 1;
    return rest + (1 - back) * (from - rest) + forth * much * (goal - rest);
  };
  return { yaw: of('yaw', 0), pitch: of('pitch', 0), eyes: of('eyes', 1), closer: of('closer', 1) };
}

const ease = (part: number): number => {
  const within = Math.min(1, Math.max(0, part));
  return within * within * (3 - 2 * within);
};

/** Plays, for each step that is asked for, what an earlier session showed while the same was asked for, to and fro. */
export function createPieces(earlier: readonly { seen: Seen; asked: Asked }[]): Actor {
  let doing: Asked | undefined;
  let at = 0;
  let way = 1;
  let piece: Seen[] = [];
  return {
    next(asked): Seen {
      if (doing !== asked) {
        doing = asked;
        const those = earlier.filter((one) => one.asked === asked);
        piece = (those.length > 0 ? those : earlier).map(({ seen }) => seen);
        at = 0;
        way = 1;
      }
      const seen = piece[at]!;
      if (at + way < 0 || at + way >= piece.length) way = -way;
      at = Math.min(piece.length - 1, Math.max(0, at + way));
      return seen;
    },
  };
}
