import { expect, test } from 'vitest';
import { createManualTimers } from '../../../test/support/manual-timers.ts';
import { createServiceManager } from './service-manager.ts';

function started(env: Record<string, string>) {
  const timers = createManualTimers();
  const sent: string[][] = [];
  const manager = createServiceManager({
    env,
    send: (messages) => sent.push([...messages]),
    timer: { after: timers.after },
  });
  return { timers, sent, manager };
}

test('a process that no service manager started sends nothing', () => {
  const { sent, manager, timers } = started({ WATCHDOG_USEC: '60000000' });
  manager.ready('Serving');
  manager.stopping();
  expect(sent).toEqual([]);
  expect(timers.running()).toEqual([]);
});

test('the manager is sent the start, the watchdog at half its time, and the end', () => {
  const { sent, manager, timers } = started({
    NOTIFY_SOCKET: '/run/systemd/notify',
    WATCHDOG_USEC: '60000000',
  });
  expect(timers.running()).toEqual([]);
  manager.ready('Sealed');
  manager.ready('Serving https://gatehouse.home.arpa');
  expect(timers.running()).toEqual([30_000]);
  timers.expire();
  timers.expire();
  manager.stopping();
  expect(timers.running()).toEqual([]);
  expect(sent).toEqual([
    ['READY=1', 'STATUS=Sealed'],
    ['READY=1', 'STATUS=Serving https://gatehouse.home.arpa'],
    ['WATCHDOG=1'],
    ['WATCHDOG=1'],
    ['STOPPING=1', 'STATUS=Running requests end'],
  ]);
});
