import { fork } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AcceleratorMessage, AcceleratorTask } from './accelerator-process.ts';
import { NAMES_ADAPTER } from './messages.ts';

export interface Launched {
  /** Where it listens once it is ready. */
  socket: string;
  /** Asks whether it is alive: it cannot answer inside native code. */
  ask(): void;
  /** At once, also inside native code. */
  kill(): void;
}

/** Starts a process that tries the nets and then runs them. `ended` has the reason, of one that was killed too. */
export type Launch = (
  task: Omit<AcceleratorTask, 'socket' | 'log'>,
  on: { news(news: AcceleratorMessage): void; ended(reason: string): void },
) => Launched;

/** What drivers and the runtime read. Secrets stand in the rest of the environment. */
const PASSED =
  /^(PATH|TMPDIR|TEMP|SystemRoot|LD_LIBRARY_PATH|NODE_COMPILE_CACHE|ELECTRON_RUN_AS_NODE|(XDG|VK|MESA|LIBGL|DRI|RADV|ANV|AMD|NVIDIA|CUDA|ORT)_\w*)$/;

/** Of what it wrote, that many characters from the end say why it ended. */
const LAST_WORDS = 400;

export const launchProcess: Launch = (task, on) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-nets-'));
  const socket =
    process.platform === 'win32' ? `\\\\.\\pipe\\${folder.split('\\').at(-1)}` : join(folder, 'socket');
  const log = join(folder, 'log');
  const output = openSync(log, 'w', 0o600);
  const child = fork(
    new URL(
      import.meta.url.endsWith('.ts') ? './accelerator-process.ts' : './accelerator-process.js',
      import.meta.url,
    ),
    {
      serialization: 'advanced',
      // Pictures of faces pass through it: no signal opens an inspector.
      execArgv: ['--disable-sigusr1', '--disable-warning=ExperimentalWarning'],
      env: {
        ...Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED.test(name))),
        ...NAMES_ADAPTER,
        // Where drivers keep what they compiled: it goes with the process.
        HOME: folder,
      },
      stdio: ['ignore', 'ignore', output, 'ipc'],
    },
  );
  closeSync(output);
  function leave(reason: string): void {
    const words = readLog(log)
      .split('\n')
      .filter((line) => line !== '' && !/^\S*(DRIVER|INFO|DEBUG)/.test(line));
    rmSync(folder, { recursive: true, force: true });
    on.ended([reason, words.join(' ').slice(-LAST_WORDS)].filter(Boolean).join(': '));
  }
  child.on('message', (news: AcceleratorMessage) => on.news(news));
  child.once('error', (error) => leave(`its process cannot be started: ${error.message}`));
  child.once('exit', (code, signal) => leave(`its process ended with ${signal ?? code}`));
  child.send({ ...task, socket, log } satisfies AcceleratorTask, () => undefined);
  child.unref();
  child.channel?.unref();
  return {
    socket,
    ask: () => void child.send('alive?', () => undefined),
    kill: () => void child.kill('SIGKILL'),
  };
};

/** Empty where the folder was removed meanwhile, as a machine may do with temporary files. */
function readLog(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
