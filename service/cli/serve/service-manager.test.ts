import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createManualTimers } from '../../../test/support/manual-timers.ts';
import { repeatInThread } from './notify.ts';
import { createServiceManager } from './serve.ts';

function started(env: Record<string, string>) {
  const timers = createManualTimers();
  const sent: string[][] = [];
  const repeated = new Map<Disposable, string>();
  const manager = createServiceManager({
    env,
    send: (messages) => sent.push([...messages]),
    repeat({ message, milliseconds }) {
      const one = { [Symbol.dispose]: () => void repeated.delete(one) };
      repeated.set(one, `${message} each ${milliseconds}`);
      return one;
    },
    timer: { after: timers.after },
  });
  return { timers, sent, repeated: () => [...repeated.values()], manager };
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

test('a start asks for more time as long as it waits, copies or migrates, and once at the end of that', () => {
  const more = 'EXTEND_TIMEOUT_USEC=180000000';
  const { sent, repeated, manager } = started({ NOTIFY_SOCKET: '/run/systemd/notify' });
  expect([sent, repeated()]).toEqual([[], []]);
  const database = manager.goesOn();
  expect([sent, repeated()]).toEqual([[[more]], [`${more} each 60000`]]);
  database[Symbol.dispose]();
  expect([sent, repeated()]).toEqual([[[more], [more]], []]);
});

test('one that is stopped or ready asks no more', () => {
  for (const end of ['ready', 'stopping'] as const) {
    const { sent, repeated, manager } = started({ NOTIFY_SOCKET: '/run/systemd/notify' });
    const database = manager.goesOn();
    manager[end]('Serving');
    database[Symbol.dispose]();
    manager.goesOn()[Symbol.dispose]();
    expect([sent.length, repeated()]).toEqual([2, []]);
  }
});

/** In the place of the command of systemd: writes down what it is asked to send. */
function notifyCommand(script: (folder: string) => string): { folder: string; env: Record<string, string> } {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-notify-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const command = join(folder, 'systemd-notify');
  writeFileSync(command, `#!/bin/sh\n${script(folder)}\n`);
  chmodSync(command, 0o755);
  return { folder, env: { NOTIFY_SOCKET: '/run/n', PATH: `${folder}:${process.env.PATH}` } };
}

test('a thread that is held, as by a copy of SQLite, holds up no message', () => {
  const { folder, env } = notifyCommand((at) => `echo "$*" >> ${at}/sent`);
  using _ = repeatInThread({ message: 'EXTEND_TIMEOUT_USEC=1', milliseconds: 20, env });
  const until = `until [ "$(grep -c . ${folder}/sent 2> /dev/null)" -ge 3 ] 2> /dev/null; do :; done`;
  expect(spawnSync('sh', ['-c', until], { timeout: 240_000 }).status).toBe(0);
  expect(readFileSync(join(folder, 'sent'), 'utf8')).toMatch(/^(EXTEND_TIMEOUT_USEC=1\n){3,}$/);
});

test('the command that sends is started by a thread, and waits until the message was read', async () => {
  const { folder, env } = notifyCommand(
    (at) => `grep -qw $$ /proc/$PPID/task/$PPID/children && by=main || by=thread
      echo "$NOTIFY_SOCKET $* by $by" > ${at}/part && mv ${at}/part ${at}/sent`,
  );
  const sent = new Promise<void>((done) => {
    const watcher = watch(folder, (_, name) => {
      if (name !== 'sent') return;
      watcher.close();
      done();
    });
  });
  createServiceManager({ env }).ready('Serving');
  await sent;
  expect(readFileSync(join(folder, 'sent'), 'utf8')).toBe('/run/n READY=1 STATUS=Serving by thread\n');
});
