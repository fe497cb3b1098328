import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
// @ts-expect-error: plain JavaScript without a declaration
import { optionsFor } from '../../bin/node-24.mjs';
import type { Ended, KeptCommand } from './kept-process.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const node = join(root, 'node_modules/.bin/node');
/** Of `test/support/bundled-program.ts`; without it, as in a benchmark, the sources are run. */
const bundle = process.env.TEST_BUNDLED_PROGRAM;
const program = bundle === undefined ? join(root, 'service/cli/gatehouse.ts') : join(bundle, 'gatehouse.mjs');
const keptProgram =
  bundle === undefined ? join(root, 'test/cli/kept-process.ts') : join(bundle, 'kept-process.mjs');
/** Of Node itself, by the hash of each file: a third of what a command costs is reading its own code. */
const compiled = join(root, 'node_modules/.cache/node-compiled');

export interface Running {
  child: ChildProcess;
  /** Everything it has written so far. */
  output: { stdout: string; stderr: string };
  ended: Promise<Ended>;
}

export interface Service extends Running {
  url: string;
  /** Sends the signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<Ended>;
}

/**
 * The real command, with a data directory that is removed by `clean`. `start` and `serve` run it in a process of its own; `run`
 * and `json` in one process after another, save where several run at a time.
 */
export interface Cli {
  data: string;
  /** What the processes take for the system's temporary directory. */
  temporary: string;
  start(...words: string[]): Running;
  run(...words: string[]): Promise<Ended>;
  /** As `run`, without `--data`, which stands behind a command. */
  bare(...words: string[]): Promise<Ended>;
  /** With `--json`; throws unless it ended with 0. */
  json<T>(...words: string[]): Promise<T>;
  /** As `json('init', '--org', organization)`, and the data directory is a copy of the first that was made so in this run of the tests. */
  init<T>(organization: string): Promise<T>;
  serve(...words: string[]): Promise<Service>;
  clean(): Promise<void>;
}

/** Runs commands one after another in one process. */
function keepProcess() {
  let child: ChildProcess | undefined;
  let ready: Promise<unknown> = Promise.resolve();
  let busy = false;
  function begin(): ChildProcess {
    // While it waits it must do nothing: 100 s after the last command, V8 would collect its memory, on four threads beside a benchmark.
    const begun = spawn(node, ['--disable-sigusr1', '--no-memory-reducer', keptProgram], {
      env: { PATH: process.env.PATH, TZ: 'UTC', NODE_COMPILE_CACHE: compiled, UV_THREADPOOL_SIZE: '32' },
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    begun.once('exit', () => {
      child = undefined;
    });
    ready = once(begun, 'message');
    begun.unref();
    begun.channel?.unref();
    return begun;
  }
  return {
    /** Undefined while another command runs. */
    run(command: KeptCommand): Promise<Ended> | undefined {
      if (busy) return undefined;
      busy = true;
      child ??= begin();
      const own = child;
      // What waits for its answer, such as a benchmark, goes on until it is there.
      own.ref();
      own.channel?.ref();
      const broken = new AbortController();
      const exit = () =>
        broken.abort(new Error(`The process broke at gatehouse ${command.words.join(' ')}.`));
      own.once('exit', exit);
      return ready
        .then(() => {
          own.send(command);
          return once(own, 'message', { signal: broken.signal });
        })
        .then(([ended]) => ended as Ended)
        .finally(() => {
          busy = false;
          own.off('exit', exit);
          own.unref();
          own.channel?.unref();
        });
    },
  };
}

/** For a machine that runs other tests beside: what is measured takes what an installation has, `createCli({})`, options of Node too. */
const sparing = {
  // One reads the models once; there is no core to spare for a second.
  GATEHOUSE_WORKERS: '1',
  // Where there is a GPU, each service would try it.
  GATEHOUSE_PROVIDERS: 'cpu',
  // The most there is: pictures that wait for a worker must not be given up where it is slow.
  GATEHOUSE_DEADLINE_SECONDS: '300',
};

/** Fills `data` as `make` does, which says what it made: by `make` where `kept` is not there yet, else from there. */
async function copyOfFirst<T>(kept: string, data: string, make: () => Promise<T>): Promise<T> {
  if (existsSync(kept)) {
    cpSync(join(kept, 'data'), data, { recursive: true, preserveTimestamps: true });
    return JSON.parse(readFileSync(join(kept, 'made.json'), 'utf8')) as T;
  }
  const made = await make();
  const written = mkdtempSync(`${kept}-`);
  cpSync(data, join(written, 'data'), { recursive: true, preserveTimestamps: true });
  writeFileSync(join(written, 'made.json'), JSON.stringify(made));
  try {
    renameSync(written, kept);
  } catch (error) {
    // Another process was first.
    if (!existsSync(kept)) throw error;
  }
  return made;
}

export interface CliOptions {
  /** Files and connections each process may have open. */
  openFiles?: number;
  /** Where the data directory is made; the system's temporary directory when absent. */
  folder?: string;
  /** A module that a service loads first, and a file that it writes into: the variable and its value. */
  watch?: { module: string; into: readonly [name: string, file: string] };
}

/** It ends with the test file: the channel closes. */
const kept = keepProcess();
/** They handle signals, and end on one. */
const inProcessOfItsOwn = new Set(['serve', 'start']);

export function createCli(
  settings: Record<string, string> = sparing,
  { openFiles, folder = tmpdir(), watch }: CliOptions = {},
): Cli {
  const data = mkdtempSync(join(folder, 'gatehouse-cli-'));
  const temporary = mkdtempSync(join(tmpdir(), 'gatehouse-tmp-'));
  const running = new Set<ChildProcess>();
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: data,
    TMPDIR: temporary,
    TZ: 'UTC',
    NODE_COMPILE_CACHE: compiled,
    ...settings,
    ...(watch && Object.fromEntries([watch.into])),
  };

  function start(...words: string[]): Running {
    const options = Object.keys(settings).length === 0 ? optionsFor(words) : ['--disable-sigusr1'];
    const first = watch && words[0] === 'serve' ? ['--import', watch.module] : [];
    const own = [node, ...options, ...first, program, ...words];
    const [command, ...rest] =
      openFiles === undefined ? own : ['/bin/sh', '-c', `ulimit -n ${openFiles}; exec "$0" "$@"`, ...own];
    const child = spawn(command!, rest, { env, cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.stderr += text;
    });
    const ended = once(child, 'close').then(([code]) => {
      running.delete(child);
      return { code: code as number | null, ...output };
    });
    return { child, output, ended };
  }
  const withData = (words: string[]) => (words.includes('--data') ? words : [...words, '--data', data]);
  async function bare(...words: string[]): Promise<Ended> {
    const own = openFiles !== undefined || inProcessOfItsOwn.has(words[0] ?? '');
    return (own ? undefined : kept.run({ words, env })) ?? start(...words).ended;
  }
  const run = (...words: string[]) => bare(...withData(words));

  async function json<T>(...words: string[]): Promise<T> {
    const { code, stdout, stderr } = await run(...words, '--json');
    if (code !== 0) throw new Error(`gatehouse ${words.join(' ')} ended with ${code}: ${stdout}${stderr}`);
    return JSON.parse(stdout) as T;
  }

  return {
    data,
    temporary,
    start: (...words) => start(...withData(words)),
    run,
    bare,
    json,
    async init<T>(organization: string) {
      const shared = process.env.TEST_FOLDER_OF_RUN;
      const first = () => json<T>('init', '--org', organization);
      return shared === undefined ? first() : copyOfFirst(join(shared, `init-${organization}`), data, first);
    },
    async serve(...words) {
      const service = start(...withData(['serve', '--host', '127.0.0.1', '--port', '0', ...words]));
      const line = once(createInterface({ input: service.child.stdout! }), 'line').then(([text]) =>
        String(text),
      );
      const early = service.ended.then(({ code, stderr }) => {
        throw new Error(`the service ended with ${code} before it listened: ${stderr}`);
      });
      early.catch(() => {});
      const ready = JSON.parse(await Promise.race([line, early])) as { event: string; url: string };
      if (ready.event !== 'listening') throw new Error(`the first line is ${JSON.stringify(ready)}`);
      return {
        ...service,
        url: ready.url,
        end(signal = 'SIGTERM') {
          service.child.kill(signal);
          return service.ended;
        },
      };
    },
    async clean() {
      for (const child of running) {
        child.kill('SIGKILL');
        await once(child, 'close');
      }
      for (const folder of [data, temporary]) rmSync(folder, { recursive: true, force: true });
    },
  };
}
