import { beforeEach, expect, test } from 'vitest';
import {
  type AlertNotificationsDeps,
  createAlertNotifications,
  type DesktopAlert,
} from './alert-notifications.ts';

let shown: { title: string; body: string }[];
let supported: boolean;
let failures: unknown[];
let kept: string | undefined;
let asked: (string | undefined)[];
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
    async fetchAlerts(after) {
      asked.push(after);
      return there.filter(({ id }) => after === undefined || id > after);
    },
    lastShown: {
      read: async () => kept,
      async write(id) {
        kept = id;
      },
    },
    failed: (error) => void failures.push(error),
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
  [shown, supported, failures, kept, asked, there, ticks] = [[], true, [], undefined, [], [], []];
});

test('each alert is shown once, also by the next window', async () => {
  there = [alert('alr_1'), alert('alr_2', { world: 'test', about: 'sub_1' })];
  await open().look();
  there.push(alert('alr_3'));
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
  expect(asked).toEqual([undefined, 'alr_2', 'alr_3']);
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
  expect(kept).toBe('alr_5');
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
  expect([shown, failures, kept]).toEqual([[], [new Error('the service is not there')], undefined]);
  away = false;
  await notifications.look();
  expect([shown.length, kept]).toEqual([1, 'alr_1']);
});

test('a desktop without notifications marks nothing as shown', async () => {
  supported = false;
  there = [alert('alr_1')];
  await open().look();
  expect([shown, asked, kept]).toEqual([[], [], undefined]);
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
