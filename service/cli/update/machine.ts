import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';

/** The machine as an update needs it: dpkg, the service, the program. Passed in, so that the order of steps is tested without any. Every step may be done again after it was cut short. */
export interface Machine {
  /** Folder of the installed program. */
  program: string;
  /** Of the installed package; undefined where dpkg does not own Gatehouse. */
  installedVersion(): Promise<string | undefined>;
  /** Name, version and architecture of a package file. */
  describe(file: string): Promise<{ name: string; version: string; architecture: string }>;
  architecture(): Promise<string>;
  /** Whether the first version is older, as dpkg compares them. */
  isOlder(one: string, other: string): Promise<boolean>;
  /** Packs the installed files again, as the package they came from; returns the file. */
  packInstalled(): Promise<string>;
  /** The folder of a program of the installed version that no installation changes. */
  keepProgram(): Promise<string>;
  /** Going back also completes what an interrupted installation left. */
  install(file: string, how?: { goingBack: boolean }): Promise<void>;
  isRunning(): Promise<boolean>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Opens the data directory with the installed version, and brings it to its schema. */
  migrate(): Promise<void>;
  /** The same, and keeps a checked copy of the database; where, in words. Undefined where there is no data yet. */
  keepData(): Promise<string | undefined>;
  /** Back to the schema of the version from before. False where the data has no newer one, or several nodes share it: it stays. */
  migrateBack(): Promise<boolean>;
  /** Starts the installed program once and asks `/ready`. Undefined: it is ready. Else why not. */
  tryStart(): Promise<string | undefined>;
  /** Asks the service that `start` started. Undefined: it is ready. Else why not. */
  askService(): Promise<string | undefined>;
  /** Keeps updates of the other nodes of the record off until it is disposed of. Throws where one of them has it. */
  takeTurn(): Promise<Turn>;
  /** The nodes of the record that run another version, in words: none where the service has its record for itself. */
  nodesWithout(version: string): Promise<string[]>;
}

/** Of the update of one node, until it is disposed of. */
export interface Turn extends AsyncDisposable {
  /** Takes it anew where it was lost, with its connection or with the process that had it. Throws as `takeTurn`. */
  keep(): Promise<void>;
}

/** Of a service that has its record for itself. */
export const NO_TURN: Turn = { async keep() {}, async [Symbol.asyncDispose]() {} };

export type Say = (sentence: string) => void;

const UNIT = 'gatehouse.service';
/** The unit of Gatehouse, where systemd runs; else there is none, and who started the service stops it. */
export function systemService(): Pick<Machine, 'isRunning' | 'stop' | 'start'> {
  const systemd = existsSync('/run/systemd/system');
  return {
    isRunning: async () =>
      systemd &&
      runProgram('systemctl', ['is-active', '--quiet', UNIT]).then(
        () => true,
        () => false,
      ),
    stop: async () => void (await runProgram('systemctl', ['stop', UNIT])),
    async start() {
      // starts that failed count towards a limit, which the version from before would meet too
      await runProgram('systemctl', ['reset-failed', UNIT]).catch(() => {});
      const since = Math.floor(Date.now() / 1000);
      // It ends by itself: systemd ends a start that asks for no more time.
      await runProgram('systemctl', ['start', UNIT]).catch(async (error: Error) => {
        throw new Error(`${error.message} ${await lastOfJournal(since)}`.trim(), { cause: error });
      });
    },
  };
}

/** What the service itself wrote since then, in seconds since 1970: systemctl says only that it failed. Empty where no journal can be read. */
async function lastOfJournal(since: number): Promise<string> {
  const words = ['--unit', UNIT, '--identifier', 'gatehouse', '--since', `@${since}`];
  const written = await runProgram('journalctl', [
    ...words,
    '--output',
    'cat',
    '--no-pager',
    '--quiet',
  ]).catch(() => '');
  return lastLines(written);
}

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

/** In a session of its own: a terminal that is closed does not end it. One with an account ends with this process, also where that is killed. */
function start(program: string, words: readonly string[], { account, env, inherit = [] }: ProgramOptions) {
  const bound = account !== undefined && process.platform === 'linux';
  const [command, ...rest] = bound
    ? ['setpriv', '--pdeathsig', 'TERM', '--', program, ...words]
    : [program, ...words];
  return spawn(command!, rest, {
    cwd: '/',
    env: { ...process.env, ...env },
    ...account,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...inherit.map((fd) => fd ?? ('ignore' as const))],
  }) as ChildProcessByStdio<null, Readable, Readable>;
}

interface UntilOptions<T> extends ProgramOptions {
  timeoutMs: number;
  ready(line: string): Promise<T | undefined>;
}

/** Runs a service until `ready` has seen a line of its standard output and settled, then ends it. */
export async function runUntil<T>(
  program: string,
  words: readonly string[],
  options: UntilOptions<T>,
): Promise<T> {
  const { value, end } = await startProgram(program, words, options);
  await end();
  return value;
}

/** The same, and leaves it running until `end`, or until it ends by itself. */
export async function startProgram<T>(
  program: string,
  words: readonly string[],
  { timeoutMs, ready, ...options }: UntilOptions<T>,
): Promise<{ value: T; hasEnded(): boolean; end(): Promise<void> }> {
  const child = start(program, words, options);
  let errors = '';
  child.stderr.on('data', (bytes: Buffer) => {
    errors = (errors + bytes).slice(-4000);
  });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  async function end(): Promise<void> {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (!hasEnded() && child.kill('SIGTERM')) await ended;
  }
  try {
    const value = await new Promise<T>((resolve, reject) => {
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
    return { value, hasEnded, end };
  } catch (error) {
    await end();
    throw error;
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
