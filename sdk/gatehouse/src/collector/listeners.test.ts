import { expect, test } from 'vitest';
import type { CollectedPage } from './collected-page.ts';
import { createListeners } from './listeners.ts';

/** A page, and what its listeners handled: type and time. */
function listening({ most = 4, every = 3, lasts = false } = {}) {
  const added = new Map<string, (event: Event) => void>();
  const handled: [type: string, t: number][] = [];
  const sampled: number[] = [];
  /** How many events were handled before each sample. */
  const after: number[] = [];
  const lastsAsked: number[] = [];
  let now = 0;
  let asked = 0;
  const page: CollectedPage = {
    addEventListener: (type, listener) => void added.set(type, listener),
    removeEventListener: (type) => void added.delete(type),
    document: { hidden: false },
    performance: {
      now: () => {
        asked += 1;
        return now;
      },
    },
    navigator: {},
    scrollY: 0,
  };
  const untrusted: number[] = [];
  const groups: number[] = [];
  const listeners = createListeners(
    page,
    { count: (_, t) => void untrusted.push(t) },
    (count) => void groups.push(count),
  );
  listeners.listenInGroups('pointermove', { most, every }, ({ type }, t) => void handled.push([type, t]), {
    sample(_, t) {
      sampled.push(t);
      after.push(handled.length);
    },
    lasts: (event) => {
      lastsAsked.push(event.timeStamp);
      return lasts;
    },
  });
  listeners.listen('keydown', ({ type }, t) => void handled.push([type, t]));
  return {
    handled,
    sampled,
    after,
    lastsAsked,
    untrusted,
    groups,
    listeners,
    added,
    asked: () => asked,
    at(time: number, type: string, event: object = {}) {
      now = time;
      added.get(type)?.({ type, isTrusted: true, timeStamp: time, ...event } as Event);
    },
  };
}

test('moves are handled in groups, and before whatever comes after them', () => {
  const { at, handled, listeners } = listening();
  for (const time of [10, 20, 30]) at(time, 'pointermove');
  expect(handled).toEqual([]);
  at(40, 'pointermove');
  expect(handled.map(([, t]) => t)).toEqual([10, 20, 30, 40]);
  at(50, 'pointermove');
  at(60, 'keydown');
  expect(handled.slice(4)).toEqual([
    ['pointermove', 50],
    ['keydown', 60],
  ]);
  at(70, 'pointermove');
  listeners.handleHeld();
  listeners.handleHeld();
  expect(handled.slice(6)).toEqual([['pointermove', 70]]);
});

test('says how many were handled after each group', () => {
  const { at, groups } = listening();
  for (let event = 1; event <= 6; event += 1) at(event * 10, 'pointermove');
  at(70, 'keydown');
  at(75, 'keydown');
  expect(groups).toEqual([4, 6]);
  for (let event = 8; event <= 11; event += 1) at(event * 10, 'pointermove');
  expect(groups).toEqual([4, 6, 10]);
});

test('one of each so many is sampled while it is dispatched, also where a group ended early, and none that a script made', () => {
  const { at, handled, sampled } = listening();
  at(10, 'pointermove');
  at(20, 'keydown');
  for (const time of [30, 40]) at(time, 'pointermove');
  expect([handled.length, sampled]).toEqual([2, [40]]);
  for (const time of [50, 60]) at(time, 'pointermove');
  at(70, 'pointermove', { isTrusted: false });
  expect(sampled).toEqual([40]);
});

test('what lasts beyond the dispatch is sampled with its group: the same events, once each', () => {
  const send = (lasts: boolean) => {
    const page = listening({ most: 8, lasts });
    for (let event = 1; event <= 40; event += 1) {
      page.at(event * 10, 'pointermove', { isTrusted: event % 7 !== 0 });
      if (event % 5 === 0) page.at(event * 10 + 1, 'keydown');
    }
    page.at(500, 'pointermove');
    page.listeners.handleHeld();
    return page;
  };
  const [late, early] = [send(true), send(false)];
  expect(late.sampled).toEqual(early.sampled);
  expect(late.sampled).toEqual([30, 60, 90, 120, 150, 180, 240, 270, 300, 330, 360, 390]);
  expect(late.handled).toEqual(early.handled);
  expect([late.lastsAsked, early.lastsAsked]).toEqual([[20], [20]]);
  // The ninth move is the fourth of its group, behind two of a person and one of a script: sampled before all of them, or after.
  expect([early.after[2], late.after[2]]).toEqual([6, 8]);
});

test('an event that a script made says nothing about what lasts', () => {
  const { at, sampled, lastsAsked } = listening({ lasts: true });
  at(10, 'pointermove');
  at(20, 'pointermove', { isTrusted: false });
  at(30, 'pointermove');
  expect([sampled, lastsAsked]).toEqual([[30], []]);
});

test('a held move that a script made is counted at its own time', () => {
  const { at, handled, untrusted, listeners } = listening();
  at(10, 'pointermove', { isTrusted: false });
  at(20, 'pointermove');
  listeners.handleHeld();
  expect([untrusted, handled]).toEqual([[10], [['pointermove', 20]]]);
});

test('an event of another clock has the time of the page', () => {
  const { at, handled } = listening();
  const other = 1_700_000_000_000;
  at(1_000, 'keydown', { timeStamp: other });
  for (const time of [2_000, 2_010, 2_020, 2_030]) at(time, 'pointermove', { timeStamp: other + time });
  expect(handled.map(([, t]) => t)).toEqual([1_000, 2_000, 2_010, 2_020, 2_030]);
});

test('a clock that stands still is not believed for more than sixteen events', () => {
  const { at, handled } = listening();
  for (let event = 0; event < 40; event += 1) at(100_000 + 60_000 * event, 'keydown', { timeStamp: 100_000 });
  expect(handled.at(-1)![1]).toBeGreaterThan(100_000 + 60_000 * 20);
});

test('the clock of the page is asked for once in many events', () => {
  const { at, asked } = listening();
  for (let event = 0; event < 400; event += 1) at(1_000 + event * 16, 'pointermove');
  expect(asked()).toBeLessThan(20);
});

test('ended, it listens to nothing and holds nothing', () => {
  const { at, handled, listeners, added } = listening();
  at(10, 'pointermove');
  listeners.end();
  listeners.handleHeld();
  expect([handled, added.size]).toEqual([[], 0]);
});
