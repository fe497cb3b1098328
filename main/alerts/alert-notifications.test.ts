import { beforeEach, expect, test } from 'vitest';
import {
  type AlertNotificationsDeps,
  createAlertNotifications,
  type DesktopAlert,
} from './alert-notifications.ts';

let shown: { title: string; body: string }[];
let supported: boolean;
let polls: unknown[];
let kept: ReadonlySet<string>;
let there: DesktopAlert[];
let ticks: (() => void)[];
let clicks: (() => void)[];
/** Makes a notification with this title fail, at once or later. */
let trouble: (title: string, fail: (error: string) => void) => void;

const electron: AlertNotificationsDeps['electron'] = {
  Notification: class {
    static isSupported = () => supported;
    readonly options: { title: string; body: string };
    constructor(options: { title: string; body: string }) {
      this.options = options;
    }
    failed: (event: unknown, error: string) => void = () => {};
    on(_: 'click', listener: () => void) {
      clicks.push(listener);
    }
    once(_: 'failed', listener: (event: unknown, error: string) => void) {
      this.failed = listener;
    }
    show() {
      trouble(this.options.title, (error) => this.failed({}, error));
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
    polled: (how) => void polls.push(how),
    repeat(work) {
      ticks.push(work);
      return () => void ticks.splice(0);
    },
    ...over,
  });
const alert = (id: string, more: Partial<DesktopAlert> = {}): DesktopAlert => ({
  id,
  name: 'Presentation attacks',
  metric: 'spoof-attempts',
  env: 'live',
  value: 3,
  threshold: 3,
  ...more,
});

beforeEach(() => {
  [shown, supported, polls, kept, there, ticks, clicks] = [[], true, [], new Set(), [], [], []];
  trouble = () => {};
});

test('each alert is shown once, also by the next window', async () => {
  there = [alert('alr_1'), alert('alr_2', { env: 'test', about: 'sub_1' })];
  await open().poll();
  // The clock was set back, or it came in the same millisecond: its id sorts before the others.
  there.unshift(alert('alr_0'));
  const next = open();
  await next.poll();
  await next.poll();
  expect(shown).toEqual([
    { title: 'Gatehouse: Presentation attacks', body: 'spoof-attempts is at 3, the rule is 3' },
    {
      title: 'Gatehouse: Presentation attacks (test world)',
      body: 'spoof-attempts is at 3, the rule is 3, about sub_1',
    },
    { title: 'Gatehouse: Presentation attacks', body: 'spoof-attempts is at 3, the rule is 3' },
  ]);
  expect(polls).toEqual([{ open: 2 }, { open: 3 }, { open: 3 }]);
});

test('of many, the newest are shown and the others counted', async () => {
  there = ['1', '2', '3', '4', '5'].map((n) => alert(`alr_${n}`, { name: n }));
  await open().poll();
  expect(shown.map(({ title }) => title)).toEqual([
    'Gatehouse',
    'Gatehouse: 3',
    'Gatehouse: 4',
    'Gatehouse: 5',
  ]);
  expect(shown[0]!.body).toBe('2 more alerts: gatehouse alert list');
  expect(kept.size).toBe(5);
});

test('a click opens the alert, or for those that are only counted all of them', async () => {
  there = ['1', '2', '3', '4', '5'].map((n) => alert(`alr_${n}`, { name: n }));
  const opened: unknown[] = [];
  await open({ open: (one) => opened.push(one?.id) }).poll();
  for (const click of clicks) click();
  expect(opened).toEqual([undefined, 'alr_3', 'alr_4', 'alr_5']);
});

test('one that was shown and is gone from the answer is not shown again when it returns', async () => {
  there = [alert('alr_1')];
  const notifications = open();
  await notifications.poll();
  there = [alert('alr_2')];
  await notifications.poll();
  there = [alert('alr_1'), alert('alr_2')];
  await notifications.poll();
  expect(shown).toHaveLength(2);
});

test('what is kept stays small', async () => {
  kept = new Set(Array.from({ length: 1_000 }, (_, i) => `alr_old_${i}`));
  there = [alert('alr_new')];
  await open().poll();
  expect([kept.size, kept.has('alr_new'), kept.has('alr_old_0')]).toEqual([1_000, true, false]);
});

test('an error is reported, and the next poll shows the alert', async () => {
  there = [alert('alr_1')];
  let away = true;
  const notifications = open({
    fetchAlerts: async () => {
      if (away) throw new Error('the service is not there');
      return there;
    },
  });
  await notifications.poll();
  expect([shown, polls, kept]).toEqual([[], [{ error: new Error('the service is not there') }], new Set()]);
  away = false;
  await notifications.poll();
  expect([shown.length, kept]).toEqual([1, new Set(['alr_1'])]);
});

const titles = () => shown.map(({ title }) => title);
const threeAlerts = () => ['a', 'b', 'c'].map((name) => alert(`alr_${name}`, { name }));

test('one whose showing throws is not kept as shown, and alone is shown again, also by the next window', async () => {
  there = threeAlerts();
  trouble = (title) => {
    if (title.endsWith('b')) throw new Error('no D-Bus');
  };
  await open().poll();
  expect([titles(), polls]).toEqual([['Gatehouse: a', 'Gatehouse: c'], [{ error: new Error('no D-Bus') }]]);
  expect([...kept]).toEqual(['alr_a', 'alr_c']);
  trouble = () => {};
  const next = open();
  await next.poll();
  await next.poll();
  expect([titles(), polls.slice(1)]).toEqual([
    ['Gatehouse: a', 'Gatehouse: c', 'Gatehouse: b'],
    [{ open: 3 }, { open: 3 }],
  ]);
});

test.each(['at once', 'later'])(
  'one of which the desktop says %s that it failed is shown again',
  async (when) => {
    there = threeAlerts();
    const fails: (() => void)[] = [];
    trouble = (title, fail) => {
      if (title.endsWith('b')) fails.push(() => fail('access denied'));
      if (when === 'at once') for (const one of fails.splice(0)) one();
    };
    const notifications = open();
    await notifications.poll();
    for (const one of fails.splice(0)) one();
    expect(polls).toContainEqual({ error: new Error('The desktop showed no notification: access denied') });
    trouble = () => {};
    await notifications.poll();
    await notifications.poll();
    expect(titles()).toEqual(['a', 'b', 'c', 'b'].map((name) => `Gatehouse: ${name}`));
    expect([...kept].toSorted()).toEqual(['alr_a', 'alr_b', 'alr_c']);
  },
);

test('of many, those that are only counted are counted again when that notification fails', async () => {
  there = ['1', '2', '3', '4', '5'].map((n) => alert(`alr_${n}`, { name: n }));
  trouble = (title) => {
    if (title === 'Gatehouse') throw new Error('no D-Bus');
  };
  await open().poll();
  expect([...kept]).toEqual(['alr_3', 'alr_4', 'alr_5']);
  trouble = () => {};
  await open().poll();
  expect(titles().slice(3)).toEqual(['Gatehouse: 1', 'Gatehouse: 2']);
});

test('what was shown and could not be written down is shown again', async () => {
  there = [alert('alr_1')];
  let full = true;
  const shownAlerts = {
    read: async () => kept,
    async write(ids: ReadonlySet<string>) {
      if (full) throw new Error('ENOSPC');
      kept = ids;
    },
  };
  const notifications = open({ shown: shownAlerts });
  await notifications.poll();
  expect([shown.length, kept.size, polls]).toEqual([1, 0, [{ error: new Error('ENOSPC') }]]);
  full = false;
  await notifications.poll();
  await notifications.poll();
  expect([shown.length, [...kept]]).toEqual([2, ['alr_1']]);
});

test('a desktop without notifications says so and marks nothing as shown', async () => {
  supported = false;
  there = [alert('alr_1')];
  await open().poll();
  expect([shown, polls, kept]).toEqual([
    [],
    [{ error: expect.objectContaining({ message: expect.stringContaining('gatehouse alert list') }) }],
    new Set(),
  ]);
});

test('it polls at once and again and again, never twice at a time, until it is stopped', async () => {
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
  const last = notifications.poll();
  answer.resolve([]);
  await last;
  expect([questions, ticks.length]).toEqual([1, 1]);
  for (const tick of ticks) tick();
  await notifications.poll();
  expect(questions).toBe(2);
  notifications.stop();
  expect(ticks).toEqual([]);
});
