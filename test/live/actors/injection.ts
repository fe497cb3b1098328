import type { Actor, Asked, Seen } from './actor.ts';
import type { Recording } from './person.ts';

/** Frames before the asked movement that are shown with it. */
const BEFORE = 12;
const REACTION = { least: 150, most: 350 };

/**
 * Clean recordings of the right person, fed straight into the camera: for each step the part of the recording that shows it is cut to,
 * from the last neutral moment before it on, and played to and fro while the page asks for it.
 */
export function createInjection(
  { moments, fits }: Recording,
  frameOf: (name: string) => number,
  random: () => number,
): Actor {
  const order = moments
    .map((moment, i) => ({ i, frame: frameOf(moment.name), plain: moment.name.endsWith('x1') }))
    .filter(({ plain }) => plain)
    .sort((a, b) => a.frame - b.frame);
  const rest = new Set(fits['hold-still']);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  let doing: Asked | undefined;
  let ready = 0;
  let part: number[] = [];
  let at = 0;
  let way = 1;

  function partFor(asked: Asked): number[] {
    const goals = fits[asked];
    if (goals.length === 0) return restingPart();
    if (asked === 'come-closer') return [...goals].sort((a, b) => moments[a]!.size - moments[b]!.size);
    const goal = order.findIndex(({ i }) => i === pick(goals));
    if (goal < 0) return restingPart();
    let from = goal;
    while (from > 0 && goal - from < BEFORE && !rest.has(order[from]!.i)) from--;
    const goalSet = new Set(goals);
    let to = goal;
    while (to + 1 < order.length && goalSet.has(order[to + 1]!.i)) to++;
    return order.slice(from, to + 1).map(({ i }) => i);
  }

  function restingPart(): number[] {
    const start = order.findIndex(({ i }) => i === pick(fits['hold-still']));
    return order.slice(Math.max(0, start - 5), start + 15).map(({ i }) => i);
  }

  return {
    next(asked, since): Seen {
      if (doing !== asked) {
        doing = asked;
        ready = REACTION.least + random() * (REACTION.most - REACTION.least);
        part = restingPart();
        at = 0;
        way = 1;
      }
      if (since >= ready && ready >= 0) {
        part = partFor(asked);
        at = 0;
        way = 1;
        ready = -1;
      }
      const moment = moments[part[at] ?? part[0]!]!;
      if (at + way < 0 || at + way >= part.length) way = -way;
      at = Math.min(part.length - 1, Math.max(0, at + way));
      return { analysis: moment.analysis, name: moment.name };
    },
  };
}
