import { beforeEach, expect, test } from 'vitest';
import {
  type AlertNotificationsDeps,
  createAlertNotifications,
  type DesktopAlert,
} from './alert-notifications.ts';

let shown: { title: string; body: string }[];
let supported: boolean;
let looks: unknown[];
let kept: ReadonlySet<string>;
let there: DesktopAlert[];
let ticks: (() => void)[];

const electron: AlertNotificationsDeps['electron'] = {
  Notification: class {
    static isSupported = () => supported;
    readonly options: { title: string; body: string };
    constructor(options: { title: string; body: string }) {
      this.options = options;
    }
    show() {
      shown.push(this.options);
    }
  },
};
const open = (over: Partial<AlertNotificationsDeps> = {}) =>
  createAlertNotifications({
    electron,
    fetchAlerts: async () => there,
    shown: {
      read: async () => kept,
      async write(ids) {
        kept = ids;
      },
    },
    looked: (how) => void looks.push(how),
    repeat(work) {
      ticks.push(work);
      return () => void ticks.splice(0);
    },
    ...over,
  });
const alert = (id: string, more: Partial<DesktopAlert> = {}): DesktopAlert => ({
  ...{ id, name: 'Presentation attacks', metric: 'spoof-attempts', world: 'live', value: 3, threshold: 3 },
  ...more,
});

beforeEach(() => {
  [shown, supported, looks, kept, there, ticks] = [[], true, [], new Set(), [], []];
});

test('each alert is shown once, also by the next window', async () => {
  there = [alert('alr_1'), alert('alr_2', { world: 'test', about: 'sub_1' })];
  await open().look();
  // The clock was set back, or it came in the same millisecond: its id sorts before the others.
  there.unshift(alert('alr_0'));
  const next = open();
  await next.look();
  await next.look();
  expect(shown).toEqual([
    { title: 'Gatehouse: Presentation attacks', body: 'spoof-attempts is at 3, the rule is 3' },
    {
      title: 'Gatehouse: Presentation attacks (test world)',
      body: 'spoof-attempts is at 3, the rule is 3, about sub_1',
    },
    { title: 'Gatehouse: Presentation attacks', body: 'spoof-attempts is at 3, the rule is 3' },
  ]);
  expect(looks).toEqual([{ open: 2 }, { open: 3 }, { open: 3 }]);
});

test('of many, the newest are shown and the others counted', async () => {
  there = ['1', '2', '3', '4', '5'].map((n) => alert(`alr_${n}`, { name: n }));
  await open().look();
  expect(shown.map(({ title }) => title)).toEqual([
    'Gatehouse',
    'Gatehouse: 3',
    'Gatehouse: 4',
    'Gatehouse: 5',
  ]);
  expect(shown[0]!.body).toBe('2 more alerts: gatehouse alert list');
  expect(kept.size).toBe(5);
});

test('one that was shown and is gone from the answer is not shown again when it returns', async () => {
  there = [alert('alr_1')];
  const notifications = open();
  await notifications.look();
  there = [alert('alr_2')];
  await notifications.look();
  there = [alert('alr_1'), alert('alr_2')];
  await notifications.look();
  expect(shown).toHaveLength(2);
});

test('what is kept stays small', async () => {
  kept = new Set(Array.from({ length: 1_000 }, (_, i) => `alr_old_${i}`));
  there = [alert('alr_new')];
  await open().look();
  expect([kept.size, kept.has('alr_new'), kept.has('alr_old_0')]).toEqual([1_000, true, false]);
});

test('what fails is told, and shown at the next look', async () => {
  there = [alert('alr_1')];
  let away = true;
  const notifications = open({
    fetchAlerts: async () => {
      if (away) throw new Error('the service is not there');
      return there;
    },
  });
  await notifications.look();
  expect([shown, looks, kept]).toEqual([[], [{ error: new Error('the service is not there') }], new Set()]);
  away = false;
  await notifications.look();
  expect([shown.length, kept]).toEqual([1, new Set(['alr_1'])]);
});

test('a desktop without notifications says so and marks nothing as shown', async () => {
  supported = false;
  there = [alert('alr_1')];
  await open().look();
  expect([shown, looks, kept]).toEqual([
    [],
    [{ error: expect.objectContaining({ message: expect.stringContaining('gatehouse alert list') }) }],
    new Set(),
  ]);
});

test('it looks at once and again and again, never twice at a time, until it is stopped', async () => {
  const answer = Promise.withResolvers<DesktopAlert[]>();
  let questions = 0;
  const notifications = open({
    fetchAlerts: () => {
      questions++;
      return answer.promise;
    },
  });
  notifications.start(1000);
  for (const tick of ticks) tick();
  const last = notifications.look();
  answer.resolve([]);
  await last;
  expect([questions, ticks.length]).toEqual([1, 1]);
  for (const tick of ticks) tick();
  await notifications.look();
  expect(questions).toBe(2);
  notifications.stop();
  expect(ticks).toEqual([]);
});
