import { Worker } from 'node:worker_threads';
import { createNativeGate, type NativeGate, retire, waitUntilOut } from './native-gate.ts';
import type { WorkerAnswer, WorkerStart } from './worker-messages.ts';

export interface NativeThread {
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  /** Resolves when the thread has ended: at once, or when it comes out of native code. */
  end(): Promise<void>;
}

export interface NativeThreads {
  start(on: { answer(answer: WorkerAnswer): void; exit(reason: string): void }): NativeThread;
  /** Posts to every thread; later ones start with it. */
  configure(configuration: unknown): void;
  /** Threads that are to end and are still inside native code. */
  lingering(): number;
  close(): Promise<void>;
}

/**
 * Threads of one script. None is ended inside native code, which would abort the process; where the process exits without
 * `close`, it waits for such threads for up to two seconds.
 */
export function createNativeThreads(script: URL, first: unknown): NativeThreads {
  const running = new Set<{ gate: NativeGate; thread: NativeThread }>();
  const ending = new Set<NativeThread>();
  let configuration = first;

  function leaveProcess(): void {
    const inside = [...running].filter(({ gate }) => !retire(gate));
    for (const { gate } of inside) waitUntilOut(gate, 2000);
  }
  process.on('exit', leaveProcess);

  return {
    start(on) {
      const gate = createNativeGate();
      const worker = new Worker(script, { workerData: { configuration, gate } satisfies WorkerStart });
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      const thread: NativeThread = {
        post: (message, transfer) => worker.postMessage(message, transfer),
        end() {
          ending.add(thread);
          if (retire(gate)) void worker.terminate();
          return ended;
        },
      };
      const own = { gate, thread };
      running.add(own);
      let reason = 'it ended without a word';
      worker.on('message', on.answer);
      worker.on('error', (error) => {
        reason = error instanceof Error ? error.message : String(error);
      });
      worker.on('exit', () => {
        running.delete(own);
        ending.delete(thread);
        resolve();
        on.exit(reason);
      });
      return thread;
    },
    configure(next) {
      configuration = next;
      for (const { thread } of running) thread.post({ configuration });
    },
    lingering: () => ending.size,
    async close() {
      await Promise.all([...running].map(({ thread }) => thread.end()));
      process.off('exit', leaveProcess);
    },
  };
}
