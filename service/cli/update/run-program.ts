import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

export interface Account {
  uid: number;
  gid: number;
}

export interface ProgramOptions {
  account?: Account;
  env?: Record<string, string>;
  /** Open files that it gets as its descriptors 3, 4, …; undefined leaves a number out. */
  inherit?: readonly (number | undefined)[];
}

/** Bytes of its output that are kept, of each stream. */
const MOST_OUTPUT = 64 * 2 ** 20;

/** Runs a program to its end; its standard output. Throws with what it wrote where it fails. */
export function runProgram(
  program: string,
  words: readonly string[],
  options: ProgramOptions = {},
): Promise<string> {
  const child = start(program, words, options);
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      if (written[name].length < MOST_OUTPUT) written[name] += text;
    });
  return new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' ? new Error(`${program} is not on this machine.`) : error),
    );
    child.on('close', (code, signal) => {
      if (code === 0) resolve(written.stdout);
      else
        reject(
          new Error(
            `${program} ${words[0] ?? ''} ended with ${code ?? signal}: ${lastLines(written.stderr || written.stdout)}`,
          ),
        );
    });
  });
}

/** One with an account ends with this process, also where that is killed. */
function start(program: string, words: readonly string[], { account, env, inherit = [] }: ProgramOptions) {
  const bound = account !== undefined && process.platform === 'linux';
  const [command, ...rest] = bound
    ? ['setpriv', '--pdeathsig', 'TERM', '--', program, ...words]
    : [program, ...words];
  return spawn(command!, rest, {
    cwd: '/',
    env: { ...process.env, ...env },
    ...account,
    stdio: ['ignore', 'pipe', 'pipe', ...inherit.map((fd) => fd ?? ('ignore' as const))],
  }) as ChildProcessByStdio<null, Readable, Readable>;
}

/** Runs a service until `ready` has seen a line of its standard output and settled, then ends it. */
export async function runUntil<T>(
  program: string,
  words: readonly string[],
  {
    timeoutMs,
    ready,
    ...options
  }: ProgramOptions & {
    timeoutMs: number;
    ready(line: string): Promise<T | undefined>;
  },
): Promise<T> {
  const child = start(program, words, options);
  let errors = '';
  child.stderr.on('data', (bytes: Buffer) => {
    errors = (errors + bytes).slice(-4000);
  });
  try {
    return await new Promise<T>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`it did not become ready within ${timeoutMs / 1000} s`)),
        timeoutMs,
      );
      const done = (settle: () => void) => {
        clearTimeout(timer);
        settle();
      };
      let text = '';
      child.stdout.on('data', (bytes: Buffer) => {
        text += bytes;
        const lines = text.split('\n');
        text = lines.pop()!;
        for (const line of lines)
          ready(line).then(
            (value) => value !== undefined && done(() => resolve(value)),
            (error) => done(() => reject(error)),
          );
      });
      child.on('error', (error) => done(() => reject(error)));
      child.on('exit', (code) =>
        done(() => reject(new Error(`it ended with ${code}: ${lastLines(errors)}`))),
      );
    });
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.kill('SIGTERM')) await ended;
  }
}

/** Of what a program wrote before it failed: its last sentences, without the places in its code. */
export const lastLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(at |Node\.js v|\^+$)/.test(line))
    .slice(-3)
    .join(' ');
