import type { Actor, Asked, Seen } from './actor.ts';
import type { Moment } from './poses.ts';

/** Degrees of read yaw that a person turns by where the recording goes so far; the page asks for at least 15. */
const TURN = 18;
const LEAST_TURN = 16;
const NOD = 11;
/** Share of the open eye below which it is closed. */
const CLOSED = 0.5;
const OPEN = 0.8;
/** Size to which a person comes closer, and what keeps a face in its place. */
const CLOSER = 1.3;
/** Milliseconds until a person does what the page asks for. */
const REACTION = { least: 300, most: 700 };

/** A recorded person: the moments of one clip, and where the recording can be continued elsewhere without a visible jump. */
export interface Recording {
  person: string;
  moments: readonly Moment[];
  /** Of each moment: which may be shown next, and what that costs. */
  next: readonly (readonly { to: number; cost: number }[])[];
  /** Moments that do what is asked for. */
  fits: Readonly<Record<Asked, readonly number[]>>;
}

/** `order`: the frame's number in its clip, so that a gap is seen; frames that were zoomed have the number of the frame they show. */
export function recordingOf(
  person: string,
  moments: readonly Moment[],
  order: (name: string) => { frame: number; zoom: number },
): Recording {
  const places = moments.map(({ name }) => order(name));
  const next = moments.map((from, i) =>
    moments.flatMap((to, j) => {
      if (i === j) return [];
      const [a, b] = [places[i]!, places[j]!];
      const same = a.zoom === b.zoom;
      // forwards or backwards, as the camera recorded it
      if (same && Math.abs(a.frame - b.frame) === 1) return [{ to: j, cost: 1 }];
      if (!same && Math.abs(a.frame - b.frame) <= 1 && Math.abs(a.zoom - b.zoom) < 0.06)
        return [{ to: j, cost: 1 }];
      return same && isNear(from, to) ? [{ to: j, cost: 1.5 }] : [];
    }),
  );
  return { person, moments, next, fits: fitting(moments) };
}

/** Near enough that a person could have moved from one to the other in a tenth of a second. */
const isNear = (a: Moment, b: Moment): boolean =>
  Math.abs(a.yaw - b.yaw) < 4.5 &&
  Math.abs(a.pitch - b.pitch) < 3.5 &&
  Math.abs(a.roll - b.roll) < 4 &&
  Math.hypot(a.x - b.x, a.y - b.y) < 0.1 &&
  Math.abs(a.size / b.size - 1) < 0.05;

function fitting(moments: readonly Moment[]): Recording['fits'] {
  const those = (holds: (moment: Moment) => boolean) => moments.flatMap((one, i) => (holds(one) ? [i] : []));
  const neutral = those(isNeutral);
  const turned = (sign: 1 | -1) => {
    const most = Math.max(0, ...moments.map(({ yaw }) => sign * yaw));
    return most < LEAST_TURN + 1
      ? []
      : those(({ yaw, size }) => sign * yaw >= Math.min(TURN, most - 1) && sign * yaw < 38 && size < 1.1);
  };
  const nodded = (sign: 1 | -1) =>
    those(({ pitch, yaw, size }) => sign * pitch >= NOD && Math.abs(yaw) < 12 && size < 1.1);
  return {
    'hold-still': neutral,
    'color-flash': neutral,
    // yaw > 0: the nose is at the right of the picture, which is the person's own left
    'turn-left': turned(1),
    'turn-right': turned(-1),
    'look-up': nodded(-1),
    'look-down': nodded(1),
    'come-closer': those(({ size, yaw }) => size >= CLOSER && Math.abs(yaw) < 10),
    blink: those(({ eyes, pitch, yaw }) => eyes < CLOSED && Math.abs(pitch) < 10 && Math.abs(yaw) < 12),
  };
}

const isNeutral = ({ yaw, pitch, size, eyes, ahead }: Moment): boolean =>
  ahead && Math.abs(yaw) < 4.5 && Math.abs(pitch) < 4 && Math.abs(size - 1) < 0.06 && eyes > OPEN;

const isStill = (a: Moment, b: Moment): boolean =>
  Math.abs(a.yaw - b.yaw) < 2 && Math.abs(a.pitch - b.pitch) < 2 && Math.hypot(a.x - b.x, a.y - b.y) < 0.05;

/** Steps that the recording shows often enough to be asked for. */
export const stepsOf = ({ fits, moments, next }: Recording): Asked[] =>
  (Object.keys(fits) as Asked[]).filter((step) => {
    const least = step === 'hold-still' || step === 'color-flash' ? 10 : step === 'blink' ? 1 : 2;
    if (fits[step].length < least || fits['hold-still'].length === 0) return false;
    // from every rest, without a movement that would be wrong
    const goals = new Set(fits[step]);
    const rests = fits['hold-still'].filter((_, i) => i % 5 === 0);
    return rests.every(
      (from) => wayTo({ moments, next }, from, goals, (one) => isWrong(step, one)) !== undefined,
    );
  });

/** Moments on the way to something that is asked for: none that would be wrong. */
function isWrong(asked: Asked, { yaw, pitch, eyes }: Moment): boolean {
  if (asked === 'turn-left') return yaw < -7;
  if (asked === 'turn-right') return yaw > 7;
  if (Math.abs(yaw) > 14) return true;
  if (asked === 'look-up') return pitch > 6;
  if (asked === 'look-down') return pitch < -6;
  return asked !== 'blink' && eyes < CLOSED;
}

/** The cheapest way from a moment to one of `goals`, without the first; undefined when there is none. */
function wayTo(
  { moments, next }: Pick<Recording, 'moments' | 'next'>,
  from: number,
  goals: ReadonlySet<number>,
  avoid: (moment: Moment) => boolean,
): number[] | undefined {
  if (goals.size === 0) return undefined;
  const cost = new Float64Array(moments.length).fill(Number.POSITIVE_INFINITY);
  const before = new Int32Array(moments.length).fill(-1);
  const done = new Uint8Array(moments.length);
  cost[from] = 0;
  for (;;) {
    let here = -1;
    for (let i = 0; i < cost.length; i++)
      if (!done[i] && cost[i]! < Number.POSITIVE_INFINITY && (here < 0 || cost[i]! < cost[here]!)) here = i;
    if (here < 0) return undefined;
    if (goals.has(here)) {
      const way: number[] = [];
      for (let at = here; at !== from; at = before[at]!) way.unshift(at);
      return way;
    }
    done[here] = 1;
    for (const { to, cost: more } of next[here]!) {
      if (cost[here]! + more >= cost[to]! || (avoid(moments[to]!) && !goals.has(to))) continue;
      cost[to] = cost[here]! + more;
      before[to] = here;
    }
  }
}

/** A person who does what the page asks for, shown with frames of a recording of that person. */
export function createPerson(recording: Recording, random: () => number): Actor {
  const { moments, next, fits } = recording;
  const pick = (from: readonly number[]) => from[Math.floor(random() * from.length)]!;
  let here = pick(fits['hold-still']);
  let way: number[] = [];
  let doing: { asked: Asked; reaction: number; arrived: boolean } | undefined;

  const wander = (within: readonly number[]): number => {
    const allowed = new Set(within);
    const near = next[here]!.filter(({ to, cost }) => allowed.has(to) && cost === 1);
    // a head keeps moving as it did; now and then it turns back
    return near.length > 0 ? pick(near.map(({ to }) => to)) : here;
  };
  /** A person who is at rest keeps near to where the rest began. */
  let anchor: Moment | undefined;
  const rest = (): number => {
    anchor ??= moments[here]!;
    const still = anchor;
    return wander(fits['hold-still'].filter((i) => isStill(moments[i]!, still)));
  };

  function step(asked: Asked, since: number): number {
    if (doing?.asked !== asked) {
      const reaction = REACTION.least + random() * (REACTION.most - REACTION.least);
      doing = { asked, reaction, arrived: false };
      way = [];
      anchor = undefined;
    }
    if (since < doing.reaction) return fits['hold-still'].includes(here) ? rest() : wander(fits[asked]);
    if (way.length > 0) return way.shift()!;
    const goals = fits[asked];
    if (asked === 'blink') {
      // closed, then open again, and once more if the page still asks
      const to = doing.arrived ? fits['hold-still'] : goals;
      doing.arrived = !doing.arrived;
      way = wayTo(recording, here, new Set(to), () => false) ?? [];
      return way.shift() ?? here;
    }
    if (goals.includes(here)) return goals === fits['hold-still'] ? rest() : wander(goals);
    way =
      wayTo(recording, here, new Set(goals), (moment) => isWrong(asked, moment)) ??
      wayTo(recording, here, new Set(goals), () => false) ??
      [];
    return way.shift() ?? here;
  }

  return {
    next(asked, since): Seen {
      here = step(asked, since);
      const { analysis, name } = moments[here]!;
      return { analysis, name };
    },
  };
}
