import type { CollectedPage, Listen, ListenerOptions } from './collected-page.ts';
import type { EventLog } from './event-log.ts';

const OPTIONS: ListenerOptions = { capture: true, passive: true };
/** An event from further away has another clock than the page (old browsers): the page's counts. Milliseconds. */
const SAME_CLOCK = 60_000;
/** For so long and for so many events it is not asked again whether the two clocks are one: asking costs more than all else of an event. */
const KNOWN_FOR = 1_000;
const KNOWN_EVENTS = 16;

type Handle = (event: Event, t: number) => void;

/** Reads what not every event of a type is asked for, because asking costs. */
interface Sampling<Kind extends Event> {
  sample(event: Kind, t: number): void;
  /** Whether an event that is no longer on its way through the page still has what `sample` reads. Asked of one event. */
  lasts(event: Kind): boolean;
}

/** Listeners on a page. Events that a script made are counted and not looked at. `afterGroup`: with how many were handled in groups so far. */
export function createListeners(
  page: CollectedPage,
  log: Pick<EventLog, 'count'>,
  afterGroup: (handled: number) => void,
) {
  const ends: (() => void)[] = [];
  const timeOf = clockOf(page);
  const held: (Event | undefined)[] = [];
  let [holding, handled, shift] = [0, 0, 0];
  let onHeld: Handle | undefined;
  let onSample: (event: Event, place: number, t: number) => void;

  function handle(event: Event, t: number, listener: Handle): void {
    if (event.isTrusted) listener(event, t);
    else if (isForged(event)) log.count('untrusted', t);
  }

  function handleHeld(): void {
    if (holding === 0) return;
    for (let at = 0; at < holding; at += 1) {
      const event = held[at]!;
      const t = event.timeStamp + shift;
      held[at] = undefined;
      onSample(event, handled + at + 1, t);
      handle(event, t, onHeld!);
    }
    handled += holding;
    holding = 0;
    afterGroup(handled);
  }

  function add(type: string, onEvent: (event: Event) => void): void {
    page.addEventListener(type, onEvent, OPTIONS);
    ends.push(() => page.removeEventListener(type, onEvent, OPTIONS));
  }

  const listen: Listen = (type, listener) =>
    add(type, (event) => {
      handleHeld();
      handle(event, timeOf(event), listener as Handle);
    });

  /**
   * Handles events of the one type that comes often in groups of up to `most`: a page wakes for each of them with cold caches, and reading
   * many at once costs a fraction. One of each `every` is handed to `sample`: with its group where an event that was held still `lasts`,
   * else while it is on its way through the page.
   */
  const listenInGroups = <Kind extends Event>(
    type: string,
    { most, every }: { most: number; every: number },
    listener: (event: Kind, t: number) => void,
    sampling: Sampling<Kind>,
  ): void => {
    const sampler = createSampler(every, sampling);
    onHeld = listener as Handle;
    onSample = (event, place, t) => sampler.inGroup(event as Kind, place, t);
    add(type, (event) => {
      if (holding === 0) shift = timeOf(event) - event.timeStamp;
      held[holding] = event;
      holding += 1;
      const place = handled + holding;
      if (place % every === 0)
        sampler.onItsWay(event as Kind, place, event.timeStamp + shift, held[holding - 2] as Kind);
      if (holding === most) handleHeld();
    });
  };

  return {
    listen,
    listenInGroups,
    handleHeld,
    end(): void {
      for (const end of ends) end();
      held.length = 0;
      holding = 0;
    },
  };
}

export type Listeners = ReturnType<typeof createListeners>;

/** Samples one of each `every` events once: in its group where an earlier event has shown that what is sampled lasts. Places count from 1. */
function createSampler<Kind extends Event>(every: number, { sample, lasts }: Sampling<Kind>) {
  let known = false;
  let late = Number.POSITIVE_INFINITY;
  return {
    /** `before`: the event that its group holds before it, if any. */
    onItsWay(event: Kind, place: number, t: number, before: Kind | undefined): void {
      if (!known && before) {
        known = true;
        if (before.isTrusted && lasts(before)) late = place;
      }
      if (place < late && event.isTrusted) sample(event, t);
    },
    inGroup(event: Kind, place: number, t: number): void {
      if (place >= late && place % every === 0 && event.isTrusted) sample(event, t);
    },
  };
}

/** Time of an event by the clock of the page: milliseconds. */
function clockOf(page: CollectedPage): (event: Event) => number {
  let known = Number.NEGATIVE_INFINITY;
  let since = 0;
  return ({ timeStamp }) => {
    since += 1;
    if (Math.abs(timeStamp - known) < KNOWN_FOR && since < KNOWN_EVENTS) return timeStamp;
    known = page.performance.now();
    since = 0;
    return Math.abs(known - timeStamp) < SAME_CLOCK ? timeStamp : known;
  };
}

/** Pages and password managers send `input`, `scroll` and nameless key events of their own; no honest script moves a pointer or presses a named key. */
const isForged = (event: Event): boolean =>
  event.type.startsWith('pointer') ||
  (event.type.startsWith('key') && Boolean((event as KeyboardEvent).key || (event as KeyboardEvent).code));
