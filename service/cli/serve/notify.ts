import { Worker } from 'node:worker_threads';

export type Environment = Record<string, string | undefined>;

/** A message that is sent again and again. */
export interface Repeated {
  message: string;
  milliseconds: number;
  env: Environment;
}

/** What the thread is started with; to send once, it is posted the messages. */
export type Notifier = Pick<Repeated, 'env'> & Partial<Repeated>;

/**
 * Sends what sd_notify(3) says, by a thread: to start the command, the system copies the table of this process's pages, which holds the thread
 * that does so for 70 to 140 ms where a million people are in memory.
 */
export function sendByThread(env: Environment): (messages: readonly string[]) => void {
  let thread: Worker | undefined;
  return (messages) => {
    thread ??= startThread({ env });
    thread.postMessage(messages);
  };
}

/** Sends it from a thread of its own until it is disposed of: a copy of SQLite holds the thread that makes it. */
export function repeatInThread(repeated: Repeated): Disposable {
  const thread = startThread(repeated);
  return { [Symbol.dispose]: () => void thread.terminate() };
}

function startThread(notifier: Notifier): Worker {
  const script = import.meta.url.endsWith('.ts') ? './notify-worker.ts' : './notify-worker.js';
  const env = { ...notifier.env };
  const thread = new Worker(new URL(script, import.meta.url), { workerData: { ...notifier, env } });
  thread.on('error', () => {});
  thread.unref();
  return thread;
}
