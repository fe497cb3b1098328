import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/** A service that runs as a process of the shell. */
export interface ServiceProcess {
  /** Why it ended, as a sentence. */
  ended: Promise<string>;
  /** Asks it to let running requests end. */
  stop(): void;
  kill(): void;
}

/** What runs the service: Node.js and the `gatehouse` command. Electron's own Node.js cannot load the native modules. */
export interface ServiceProgram {
  node: string;
  script: string;
}

/**
 * The command and the Node.js that were installed together with the shell.
 * @param folder of `main/index`, in the sources, in `dist` or in a package
 */
export function findProgram(
  folder: string,
  { platform = process.platform as string, is = existsSync as (path: string) => boolean } = {},
): ServiceProgram {
  // Other programs cannot read an archive of Electron: the packager puts them beside it.
  const outside = folder.replace(/app\.asar(?=[\\/])/, 'app.asar.unpacked');
  const script = ['gatehouse.ts', 'gatehouse.js']
    .map((name) => join(outside, '../service/cli', name))
    .find((path) => is(path));
  const node = ['..', '../..']
    .map((up) => join(outside, up, 'node_modules/node/bin', platform === 'win32' ? 'node.exe' : 'node'))
    .find((path) => is(path));
  if (script === undefined || node === undefined)
    throw new Error(
      `The service is not installed beside the desktop app (${outside}): run "npm install", or install the package again.`,
    );
  return { node, script };
}

/** As the launcher gives them (bin/node-24.mjs), without large pages: they help where thousands of requests come each second. */
const options = ['--disable-sigusr1', '--no-memory-reducer'];

/** Size from which the next start moves the log aside. */
const LONGEST_LOG = 5_000_000;
/** Bytes read from its end, which has the reason of a failure. */
const TAIL = 4_096;

/**
 * Starts `gatehouse start` on the data directory, with its log in a file of this account. What it prints is not kept: a new key is
 * printed once, and a log is no place for it.
 */
export function startService({ node, script }: ServiceProgram, data: string, log: string): ServiceProcess {
  const { descriptor, from } = openLog(log);
  // In a group of its own: Ctrl-C in the shell's terminal reaches the shell alone, which then stops it. A file and no pipe: without the shell it goes on.
  const child = spawn(node, [...options, script, 'start', '--data', data], {
    stdio: ['ignore', 'ignore', descriptor],
    detached: process.platform !== 'win32',
    windowsHide: true,
    env: environment(process.env),
  });
  closeSync(descriptor);
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  child.once('error', ({ message }) => resolve(`The service could not be started: ${message}.`));
  child.once('exit', (code, signal) => {
    const how = signal === null ? `with exit code ${code}` : `by the signal ${signal}`;
    resolve(lastWords(log, from) ?? `The service ended ${how}.`);
  });
  return { ended, stop: () => void child.kill('SIGTERM'), kill: () => void child.kill('SIGKILL') };
}

/** Without what is meant for Electron or for the Node.js in it. */
function environment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !/^(ELECTRON_|CHROME_|NODE_OPTIONS$)/.test(name));
  return Object.fromEntries(kept);
}

function openLog(path: string): { descriptor: number; from: number } {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (existsSync(path) && statSync(path).size > LONGEST_LOG) {
    rmSync(`${path}.1`, { force: true });
    renameSync(path, `${path}.1`);
  }
  const descriptor = openSync(path, 'a', 0o600);
  return { descriptor, from: statSync(path).size };
}

const LogLine = z.object({ level: z.string(), msg: z.string() });

/** The last sentence of the log since `from`: failures are plain text, log lines are JSON. */
function lastWords(path: string, from: number): string | undefined {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const start = Math.max(from, size - TAIL);
  if (size <= start) return undefined;
  const bytes = Buffer.alloc(size - start);
  const descriptor = openSync(path, 'r');
  try {
    readSync(descriptor, bytes, 0, bytes.length, start);
  } finally {
    closeSync(descriptor);
  }
  const lines = bytes
    .toString()
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines.map(sentenceOf).findLast((line) => line !== undefined);
}

function sentenceOf(line: string): string | undefined {
  if (!line.startsWith('{')) return line.trim();
  try {
    const read = LogLine.safeParse(JSON.parse(line));
    return read.success && ['error', 'fatal'].includes(read.data.level) ? read.data.msg : undefined;
  } catch {
    return undefined;
  }
}
