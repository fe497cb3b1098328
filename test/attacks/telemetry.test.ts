import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { portrait } from '../cli/portraits.ts';
import { canTrace, strayCalls, traced } from '../support/strace.ts';
import { fullSize } from './size.ts';

// Seen by the kernel: an installation connects to nothing outside the box and writes only to configured places. strace is needed
// (apt-get install strace); without it these tests are reported as skipped.

const root = join(import.meta.dirname, '../..');
const node = join(root, 'node_modules/.bin/node');
const gatehouse = join(root, 'bin/gatehouse.mjs');
/** The library's first upload is tried after some ten seconds. */
const MILLISECONDS = fullSize ? 30_000 : 0;

let folder: string;
let [home, data, temporary, trace] = ['', '', '', ''];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-trace-'));
  [home, data, temporary] = ['home', 'data', 'temporary'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const made of [home, data, temporary]) mkdirSync(made);
  trace = join(folder, 'trace');
});
afterEach(() => {
  try {
    stop();
  } catch {} // there is none, or it has ended
  rmSync(folder, { recursive: true, force: true });
});

/** Ends the service itself: it would outlive the strace that started it. */
function stop(): void {
  const { pid } = JSON.parse(readFileSync(join(data, 'writer.json'), 'utf8')) as { pid: number };
  process.kill(pid, 'SIGTERM');
}

/** Nothing of this machine's own settings: the libraries themselves keep quiet where they find CI. */
const env = () => ({
  PATH: process.env.PATH,
  HOME: home,
  TMPDIR: temporary,
  GATEHOUSE_WORKERS: '1',
  // Each of its system calls is looked at.
  GATEHOUSE_DEADLINE_SECONDS: '300',
});

function expectQuiet(): void {
  const text = readFileSync(trace, 'utf8');
  expect(strayCalls(text, [data, temporary])).toEqual([]);
  expect([readdirSync(home), readdirSync(temporary)]).toEqual([[], []]);
}

test.skipIf(!canTrace)(
  'serving, enrolling and verifying opens no connection, looks no name up and writes in no other place',
  async () => {
    const init = spawnSync(node, [gatehouse, 'init', '--org', 'One', '--data', data, '--json'], {
      env: env(),
      encoding: 'utf8',
    });
    const { keys } = JSON.parse(init.stdout) as { keys: { test: string } };
    const [strace = '', ...words] = [
      ...traced(trace),
      node,
      gatehouse,
      'serve',
      '--data',
      data,
      '--port',
      '0',
      '--log-level',
      'error',
    ];
    const child = spawn(strace, words, { env: env(), stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const { url } = JSON.parse(String(line)) as { url: string };
    const post = async (path: string, body: object) => {
      const reply = await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': keys.test },
        body: JSON.stringify(body),
      });
      return (await reply.json()) as { enrolled?: boolean; verified?: boolean };
    };
    const email = 'ada@example.com';
    const [first, second] = await Promise.all([portrait('ada'), portrait('ada', 60)]);
    expect(await post('/api/enroll', { email, image: first.toString('base64') })).toMatchObject({
      enrolled: true,
    });
    expect(await post('/api/verify', { email, image: second.toString('base64') })).toMatchObject({
      verified: true,
    });
    await setTimeout(MILLISECONDS);
    const { pid } = JSON.parse(readFileSync(join(data, 'writer.json'), 'utf8')) as { pid: number };
    process.kill(pid, 'SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);

    const text = readFileSync(trace, 'utf8');
    expect(text).toContain(`sin_addr=inet_addr("127.0.0.1")`); // it was traced: its own port,
    expect(text).toContain(join(data, 'control.sock')); // its socket,
    expect(text).toContain('onnxruntime_binding.node'); // and the library that is asked to keep quiet
    expectQuiet();
  },
);

test.skipIf(!canTrace)('a tool or a test that loads the runtime in its own process is as quiet', () => {
  const model = JSON.stringify(join(root, 'models/built/iris.onnx'));
  const code = `const { InferenceSession } = await import(${JSON.stringify(join(root, 'service/inference/models/onnx-runtime.ts'))}); await InferenceSession.create(${model});`;
  const [strace = '', ...words] = [...traced(trace), node, '--input-type=module', '--eval', code];
  const { status, stderr } = spawnSync(strace, words, { env: env(), encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  expectQuiet();
});

test('a trace of a library that sends telemetry is detected', () => {
  const lines = [
    '7 socket(AF_INET6, SOCK_DGRAM, IPPROTO_IP) = 42<socket:[69008]>',
    '7 connect(42<socket:[7]>, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT (No such file or directory)',
    '8 connect(42<socket:[7]>, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("10.255.255.53")}, 16) = 0',
    '8 connect(42<socket:[7]>, {sa_family=AF_INET6, sin6_port=htons(443), inet_pton(AF_INET6, "2001:db8::1", &sin6_addr)}, 28 <unfinished ...>',
    '9 mkdir("/home/g/.cache", 0700) = 0',
    '9 openat(38</home/g/.cache>, "deviceid.tmp", O_WRONLY|O_CREAT|O_EXCL, 0600) = 39</home/g/.cache/deviceid.tmp>',
    '9 openat(AT_FDCWD</data>, "/tmp/mat-debug-9.log", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 3',
    '9 openat(AT_FDCWD</data>, "gatehouse.db", O_RDWR|O_CREAT, 0644) = 3</data/gatehouse.db>',
    '9 bind(36<socket:[7]>, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("127.0.0.1")}, 16) = 0',
    '9 openat(AT_FDCWD</data>, "/usr/lib/libc.so", O_RDONLY|O_CLOEXEC) = 3</usr/lib/libc.so>',
  ];
  expect(strayCalls(lines.join('\n'), ['/data']).map((line) => line.split(':')[0])).toEqual([
    'a datagram socket',
    'socket /var/run/nscd/socket',
    'address 10.255.255.53',
    'address 2001',
    'created /home/g/.cache',
    'created /home/g/.cache/deviceid.tmp',
    'created /tmp/mat-debug-9.log',
  ]);
});
