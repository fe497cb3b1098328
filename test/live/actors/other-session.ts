import type { Actor, Asked, Seen } from './actor.ts';

/** Plays what a camera showed before, from the first frame to the last, whatever is asked for. */
export function createRecorded(frames: readonly Seen[]): Actor {
  let at = 0;
  return { next: () => frames[at++ % frames.length]! };
}

/** Shows everything that `actor` shows, and keeps it. */
export function createRecorder(actor: Actor): { actor: Actor; frames: Seen[] } {
  const frames: Seen[] = [];
  return {
    frames,
    actor: {
      next(asked: Asked, since: number) {
        const seen = actor.next(asked, since);
        frames.push(seen);
        return seen;
      },
    },
  };
}

/** The person whose session it is holds still; another one takes over for each step that asks for more. */
export function createTwoPeople(one: Actor, other: Actor): Actor {
  return {
    next: (asked, since) =>
      (asked === 'hold-still' || asked === 'color-flash' ? one : other).next(asked, since),
  };
}
