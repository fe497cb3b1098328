import { beforeEach, expect, test } from 'vitest';
import { type Admission, createAdmission } from './admission.ts';

let now: number;
let work: number;
let admission: Admission;
beforeEach(() => {
  now = 1_000_000;
  work = 0;
  admission = open(2);
});

const open = (workers: number) =>
  createAdmission({ workers, clock: { now: () => now }, workTime: () => work });

/** A second in which every admitted session of these sends ten frames, and other doors keep `others` workers busy. */
function second(sessions: string[], { took = 25, waited = 2, others = 0 } = {}): void {
  for (let i = 0; i < 10; i++) {
    now += 100;
    work += 100 * others;
    for (const session of sessions) {
      if (admission.ask(session) > 0) continue;
      work += took;
      admission.measured({ took, waited });
    }
  }
}
const places = (sessions: string[]) => sessions.map((session) => admission.ask(session));
const names = (count: number) => Array.from({ length: count }, (_, i) => `s${i + 1}`);

test('as many as there are workers at once, then one a second, up to what the measured frames leave room for', () => {
  const sessions = names(9);
  expect(places(sessions)).toEqual([0, 0, 1, 2, 3, 4, 5, 6, 7]);
  for (let i = 0; i < 4; i++) second(sessions);
  expect(places(sessions)).toEqual([0, 0, 0, 0, 0, 0, 1, 2, 3]);
  for (let i = 0; i < 10; i++) second(sessions);
  expect(admission.capacity()).toBe(6);
  expect(places(sessions)).toEqual([0, 0, 0, 0, 0, 0, 1, 2, 3]);
});

test('what other doors take of the workers leaves fewer places, and none is taken away', () => {
  const sessions = names(3);
  places(sessions);
  for (let i = 0; i < 6; i++) second(sessions, { others: 0.5 });
  expect(admission.capacity()).toBe(3);
  for (let i = 0; i < 6; i++) second([...sessions, 'more'], { others: 0.5 });
  expect(places([...sessions, 'more'])).toEqual([0, 0, 0, 1]);
  for (let i = 0; i < 6; i++) second([...sessions, 'more'], { took: 60, others: 1 });
  expect(admission.capacity()).toBe(1);
  expect(places([...sessions, 'more'])).toEqual([0, 0, 0, 1]);
  for (let i = 0; i < 6; i++) second([...sessions, 'more']);
  expect(places([...sessions, 'more'])).toEqual([0, 0, 0, 0]);
});

test('frames that wait too long close the door, whatever the cause, until they do not', () => {
  const sessions = names(2);
  places(sessions);
  for (let i = 0; i < 6; i++) second(sessions, { waited: 80 });
  expect(admission.capacity()).toBe(2);
  for (let i = 0; i < 2; i++) second([...sessions, 'more'], { waited: 80 });
  expect(places(['more'])).toEqual([1]);
  for (let i = 0; i < 6; i++) second([...sessions, 'more']);
  expect(places(['more'])).toEqual([0]);
});

test('a session that asks for nothing for five seconds loses its place to the next', () => {
  admission = open(1);
  for (let i = 0; i < 12; i++) second(['s1', 's2'], { took: 90 });
  expect(places(['s1', 's2', 's3'])).toEqual([0, 1, 2]);
  for (let i = 0; i < 5; i++) second(['s2', 's3'], { took: 90 });
  expect(places(['s2', 's3', 's1'])).toEqual([0, 1, 2]);
  admission.leave('s2');
  expect(places(['s3', 's1'])).toEqual([0, 1]);
});

test('one session is always judged, and a clock that is set back does not stop the others', () => {
  for (let i = 0; i < 6; i++) second(['s1'], { took: 2000, others: 2 });
  expect(places(['s1'])).toEqual([0]);
  now -= 3_600_000;
  admission.leave('s1');
  expect(places(['s2', 's3'])).toEqual([0, 0]);
  for (let i = 0; i < 6; i++) second(['s2', 's3', 's4']);
  expect(places(['s2', 's3', 's4'])).toEqual([0, 0, 0]);
});
