import { Worker } from 'node:worker_threads';
import type { CopiedTable, CopiedValue, RowChange } from '../keys/key-store-schema.ts';
import { CopyTrouble } from './copy-status.ts';
import type { CopyAnswer, KeyCopyFile } from './key-copy-file.ts';

/** A call of KeyCopyFile, as it is sent to the thread. */
export type CopyTask =
  | { is: 'check' | 'abort' }
  | { is: 'identify'; copy: string; create: boolean }
  | { is: 'wipe'; copy: string }
  | { is: 'apply'; copy: string; from: number; to: number; changes: readonly RowChange[] }
  | { is: 'begin'; copy: string; newest: number }
  | { is: 'page'; table: CopiedTable; after?: readonly CopiedValue[]; rows: readonly CopiedValue[][] }
  | { is: 'finish'; revision: number; changes: readonly RowChange[] };

export interface CopyRequest {
  request: number;
  task: CopyTask;
}

export type CopyReply =
  /** Once, before all others: it takes tasks. */
  | { ready: true }
  | { request: number; answer: CopyAnswer }
  | { request: number; trouble: { is: CopyTrouble['is']; message: string } };

export interface CopyThreadData {
  place: string;
  identity: string;
}

/** Milliseconds: a write waits for its copies, so that one that hangs is given up soon; no write waits while a copy is brought up to date. */
export const PATIENCE = { write: 4_000, page: 30_000, finish: 120_000 };

/** Where the calls of one copy run, so that a file system that hangs holds up nothing else. */
export type CopyThread = ReturnType<typeof createCopyThread>;

/** Under type stripping this file is `.ts`, after the build `.js`. */
const startWorker = (data: CopyThreadData): Worker =>
  new Worker(
    new URL(
      import.meta.url.endsWith('.ts') ? './key-copies-worker.ts' : './key-copies-worker.js',
      import.meta.url,
    ),
    { workerData: data },
  );

const nothing: CopyAnswer = { revision: 0, copy: '' };

/** What the thread does with a task. */
export function runCopyTask(file: KeyCopyFile, task: CopyTask): CopyAnswer {
  switch (task.is) {
    case 'identify':
      return file.identify(task);
    case 'check':
      return file.check();
    case 'apply':
      return { revision: file.apply(task), copy: task.copy };
    case 'begin':
      return { revision: file.begin(task), copy: task.copy };
    case 'page':
      file.page(task.table, task.after, task.rows);
      return nothing;
    case 'finish':
      file.finish(task.revision, task.changes);
      return { revision: task.revision, copy: '' };
    case 'abort':
      file.abort();
      return nothing;
    case 'wipe':
      file.wipe(task.copy);
      return nothing;
    default:
      return task satisfies never;
  }
}

interface Waiting {
  resolve(answer: CopyAnswer): void;
  reject(trouble: CopyTrouble): void;
}

/** A worker that is started by the first task and, should it die, again by the next. */
export function createCopyThread(data: CopyThreadData, open: (data: CopyThreadData) => Worker = startWorker) {
  let worker: Worker | undefined;
  let ready: Promise<void> | undefined;
  let last = 0;
  /** Its end is waited for, also by a process that has nothing else to do: an answer that still comes does not let go of it. */
  let closing = false;
  const waiting = new Map<number, Waiting>();
  /** Requests whose time is over and that may still be at work. */
  const late = new Set<number>();
  const silent = () =>
    new CopyTrouble('silent', `${data.place} does not answer: is its disk or its server there?`);
  const failed = (error?: Error) =>
    new CopyTrouble(
      'failed',
      `The thread that writes to ${data.place} ended${error ? `: ${error.message}` : ''}.`,
    );

  function start(): Worker {
    const started = open(data);
    const { promise, resolve } = Promise.withResolvers<void>();
    ready = promise;
    started.on('message', (reply: CopyReply) => {
      if ('ready' in reply) return resolve();
      const asked = waiting.get(reply.request);
      waiting.delete(reply.request);
      if (late.delete(reply.request))
        started.postMessage({ request: 0, task: { is: 'abort' } } satisfies CopyRequest);
      if (waiting.size === 0 && !closing) started.unref();
      if ('trouble' in reply) asked?.reject(new CopyTrouble(reply.trouble.is, reply.trouble.message));
      else asked?.resolve(reply.answer);
    });
    const ended = (error?: Error) => {
      if (worker === started) worker = undefined;
      late.clear();
      for (const asked of waiting.values()) asked.reject(failed(error));
      waiting.clear();
    };
    started.on('error', ended);
    started.on('exit', () => ended());
    return started;
  }

  return {
    /**
     * Throws CopyTrouble, `silent` when there was no answer within `milliseconds` and then at once, until the answer has come. Until
     * the thread has started its time does not run: that is no sign of how the place is.
     */
    async run(task: CopyTask, milliseconds: number): Promise<CopyAnswer> {
      if (closing) throw failed();
      if (late.size > 0) throw silent();
      worker ??= start();
      last += 1;
      const request = last;
      const { promise, resolve, reject } = Promise.withResolvers<CopyAnswer>();
      waiting.set(request, { resolve, reject });
      let timer: NodeJS.Timeout | undefined;
      const giveUp = () => {
        late.add(request);
        waiting.delete(request);
        if (!closing) worker?.unref();
        reject(silent());
      };
      void ready?.then(() => {
        if (waiting.has(request)) timer = setTimeout(giveUp, milliseconds);
      });
      worker.ref();
      worker.postMessage({ request, task } satisfies CopyRequest);
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
      }
    },
    /** What was asked fails, and nothing more is taken. */
    async close(): Promise<void> {
      closing = true;
      const stopping = worker;
      if (late.size === 0) await stopping?.terminate();
      // One that hangs in the file system cannot be ended; it holds no one up.
      else void stopping?.terminate();
    },
  };
}
