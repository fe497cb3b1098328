import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
// @ts-expect-error: plain JavaScript without a declaration
import { optionsFor } from '../../bin/node-24.mjs';
import { findProgram, startService } from './service-process.ts';

let folder: string;
let log: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-process-'));
  log = join(folder, 'own', 'service.log');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `code` in the place of the command. */
function start(code: string) {
  const script = join(folder, 'gatehouse.mjs');
  writeFileSync(script, code);
  return startService({ node: process.execPath, script }, '/srv/box', log);
}
const written = () => readFileSync(log, 'utf8');

test('it is started on the directory, without the inspector and without what is meant for Electron', async () => {
  process.env.ELECTRON_RUN_AS_NODE = '1';
  process.env.NODE_OPTIONS = '--no-deprecation';
  try {
    const { ended } = start(`
      const { ELECTRON_RUN_AS_NODE, NODE_OPTIONS, PATH } = process.env;
      console.log('a key that is printed once');
      console.error(JSON.stringify([process.execArgv, process.argv.slice(2), ELECTRON_RUN_AS_NODE, NODE_OPTIONS, PATH !== undefined]));
    `);
    await ended;
  } finally {
    delete process.env.ELECTRON_RUN_AS_NODE;
    delete process.env.NODE_OPTIONS;
  }
  expect(JSON.parse(written())).toEqual([
    optionsFor(['start']).filter((option: string) => !option.includes('largepages')),
    ['start', '--data', '/srv/box'],
    null,
    null,
    true,
  ]);
  expect(statSync(log).mode & 0o777).toBe(0o600);
});

test.each([
  ['console.error("Port 7300 is in use.\\n"); process.exitCode = 1', 'Port 7300 is in use.'],
  [
    'console.error("It failed."); console.error(JSON.stringify({ level: "info", msg: "bye" })); process.exitCode = 1',
    'It failed.',
  ],
  [
    'console.error(JSON.stringify({ level: "error", msg: "the disk is full" })); process.exitCode = 1',
    'the disk is full',
  ],
  ['process.exitCode = 3', 'The service ended with exit code 3.'],
  [
    'process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000)',
    'The service ended by the signal SIGKILL.',
  ],
])('%s ended for the reason %j', async (code, why) => {
  mkdirSync(dirname(log));
  writeFileSync(log, 'What failed the time before.\n');
  expect(await start(code).ended).toBe(why);
});

test('a program that is not there is a reason too', async () => {
  const gone = startService({ node: join(folder, 'none'), script: 'x' }, '/srv/box', log);
  expect(await gone.ended).toMatch(/could not be started: .*ENOENT/);
});

test('it is asked to stop, and killed when it does not', async () => {
  const asked = start(`
    process.on('SIGTERM', () => { console.error('stopping'); process.exit(0); });
    setInterval(() => {}, 1000);
    console.error('ready');
  `);
  await expect.poll(written).toContain('ready');
  asked.stop();
  expect(await asked.ended).toBe('stopping');
  const stubborn = start(
    `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.error('again');`,
  );
  await expect.poll(written).toContain('again');
  stubborn.stop();
  stubborn.kill();
  await stubborn.ended;
});

test('a long log is moved aside', async () => {
  mkdirSync(dirname(log));
  writeFileSync(log, 'x'.repeat(5_000_001));
  await start('console.error("new")').ended;
  expect([written(), statSync(`${log}.1`).size]).toEqual(['new\n', 5_000_001]);
});

test.each([
  {
    folder: '/app/main',
    files: ['/app/service/cli/gatehouse.ts', '/app/node_modules/node/bin/node'],
    platform: 'linux',
  },
  {
    folder: '/app/dist/main',
    files: ['/app/dist/service/cli/gatehouse.js', '/app/node_modules/node/bin/node.exe'],
    platform: 'win32',
  },
  {
    folder: '/opt/resources/app.asar/dist/main',
    files: [
      '/opt/resources/app.asar.unpacked/dist/service/cli/gatehouse.js',
      '/opt/resources/app.asar.unpacked/node_modules/node/bin/node',
    ],
    platform: 'darwin',
  },
] as const)('of $folder the service is found beside it', ({ folder: at, files, platform }) => {
  const [script, node] = files;
  expect(findProgram(at, { platform, is: (path) => (files as readonly string[]).includes(path) })).toEqual({
    script,
    node,
  });
  expect(() => findProgram(at, { platform, is: (path) => path === script })).toThrow('not installed beside');
});
