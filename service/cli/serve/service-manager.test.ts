import { chmodSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createManualTimers } from '../../../test/support/manual-timers.ts';
import { createServiceManager } from './serve.ts';

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
  manager.goesOn();
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

test('a start that reports nothing asks for no more time', () => {
  const { sent, timers } = started({ NOTIFY_SOCKET: '/run/systemd/notify' });
  expect([sent, timers.running()]).toEqual([[], []]);
});

test('one that reports asks again and again until it is ready or stopped', () => {
  const more = ['EXTEND_TIMEOUT_USEC=180000000'];
  for (const end of ['ready', 'stopping'] as const) {
    const { sent, manager, timers } = started({ NOTIFY_SOCKET: '/run/systemd/notify' });
    manager.goesOn();
    manager.goesOn();
    expect(timers.running()).toEqual([60_000]);
    timers.expire();
    timers.expire();
    manager[end]('Serving');
    manager.goesOn();
    expect(sent.slice(0, -1)).toEqual([more, more, more]);
    expect(timers.running()).toEqual([]);
  }
});

test('it asks for a quarter of an hour after its last report, and again from the next one on', () => {
  const { sent, manager, timers } = started({ NOTIFY_SOCKET: '/run/systemd/notify' });
  manager.goesOn();
  for (let minute = 0; minute < 10; minute++) timers.expire();
  manager.goesOn();
  while (timers.running().length > 0) timers.expire();
  expect(sent).toHaveLength(11 + 15);
  manager.goesOn();
  expect(sent).toHaveLength(27);
});

test('the command that sends waits until the message was read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-notify-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const command = join(folder, 'systemd-notify');
  writeFileSync(
    command,
    `#!/bin/sh\necho "$NOTIFY_SOCKET $*" > ${folder}/part && mv ${folder}/part ${folder}/sent\n`,
  );
  chmodSync(command, 0o755);
  const sent = new Promise<void>((done) => {
    const watcher = watch(folder, (_, name) => {
      if (name !== 'sent') return;
      watcher.close();
      done();
    });
  });
  const PATH = `${folder}:${process.env.PATH}`;
  createServiceManager({ env: { NOTIFY_SOCKET: '/run/n', PATH } }).ready('Serving');
  await sent;
  expect(readFileSync(join(folder, 'sent'), 'utf8')).toBe('/run/n READY=1 STATUS=Serving\n');
});
