import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findHere } from '../../main/service/here.ts';
import { findProgram, type ServiceProcess, startService } from '../../main/service/service-process.ts';
import type { ServiceState } from '../../main/service/service-state.ts';
import { createSupervisor, type Supervisor } from '../../main/service/supervisor.ts';

// Real processes of the service, started, broken and stopped by the shell's own rules.

let folder: string;
let data: string;
let states: ServiceState[];
let processes: ServiceProcess[];
let supervisors: Supervisor[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-own-'));
  data = join(folder, 'data');
  [states, processes, supervisors] = [[], [], []];
  Object.assign(process.env, { GATEHOUSE_PORT: '0', GATEHOUSE_WORKERS: '1' });
});
afterEach(async () => {
  await Promise.all(supervisors.map((one) => one.stop()));
  for (const name of ['GATEHOUSE_PORT', 'GATEHOUSE_WORKERS']) delete process.env[name];
  rmSync(folder, { recursive: true, force: true });
});

function begin(changed: (state: ServiceState) => void = (state) => states.push(state)): Supervisor {
  const program = findProgram(join(import.meta.dirname, '../../main'));
  const supervisor = createSupervisor({
    find: findHere(data),
    start() {
      const started = startService(program, data, join(folder, 'service.log'));
      processes.push(started);
      return started;
    },
    changed,
    now: Date.now,
    after(milliseconds, work) {
      const timer = setTimeout(work, milliseconds);
      return () => clearTimeout(timer);
    },
  });
  supervisors.push(supervisor);
  supervisor.begin();
  return supervisor;
}
const last = () => states.at(-1)?.is;

test('a crash is followed by another start; a second shell only uses the service, and the first stops it', async () => {
  const own = begin();
  await expect.poll(last).toBe('ready');
  expect(states.map(({ is }) => is).slice(0, 2)).toEqual(['looking', 'starting']);
  processes[0]!.kill();
  // It lasts a second: what is seen later is found among all states.
  const restarting = () => states.findIndex(({ is }) => is === 'restarting');
  await expect.poll(restarting).toBeGreaterThan(0);
  expect(states[restarting()]).toEqual({
    is: 'restarting',
    seconds: 1,
    why: 'The service ended by the signal SIGKILL.',
  });
  await expect.poll(() => states.slice(restarting()).map(({ is }) => is)).toContain('ready');

  const seen: ServiceState[] = [];
  const attached = begin((state) => seen.push(state));
  await expect.poll(() => seen.at(-1)?.is).toBe('ready');
  await attached.stop();
  const found = await findHere(data)();
  expect([found.is, processes.length, seen.at(-1)]).toEqual(['ready', 2, { ...found, own: false }]);

  await own.stop();
  expect(await processes[1]!.ended).toBe('The service ended with exit code 0.');
  expect((await findHere(data)()).is).toBe('none');
});

test('a failed start is reported with the sentence of the service', async () => {
  process.env.GATEHOUSE_PORT = 'seven';
  begin();
  await expect.poll(last).toBe('failed');
  expect(states.at(-1)).toEqual({ is: 'failed', why: expect.stringContaining('The setting "port"') });
});
