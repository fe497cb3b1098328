import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, Worker } from 'node:worker_threads';

/** A thread that answers one page after another. */
export interface PageThread<Page, Answer> {
  /** Several may be under way. `moved` is not there any more afterwards. Rejects once the thread has ended. */
  ask(page: Page, moved?: readonly ArrayBufferLike[]): Promise<Answer>;
  /** Ends it after what it was asked, and with it what it knew. */
  close(): Promise<unknown>;
}

interface Numbered<T> {
  number: number;
  is: T;
}

/** `script` calls `answerPages`. `what`: what the thread does. */
export function startPageThread<Page, Answer>(script: URL, what: string): PageThread<Page, Answer> {
  const waiting = new Map<number, PromiseWithResolvers<Answer>>();
  const thread = new Worker(script);
  let asked = 0;
  let ended: Error | undefined;
  thread.on('message', ({ number, is }: Numbered<Answer>) => {
    waiting.get(number)?.resolve(is);
    waiting.delete(number);
  });
  const fail = (error: Error) => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  thread.on('error', fail);
  thread.on('exit', () => fail(new Error(`The thread that ${what} ended.`)));
  return {
    async ask(page, moved = []) {
      if (ended) throw ended;
      const number = asked++;
      const answer = Promise.withResolvers<Answer>();
      waiting.set(number, answer);
      thread.postMessage({ number, is: page } satisfies Numbered<Page>, moved as ArrayBuffer[]);
      return answer.promise;
    },
    async close() {
      if (ended) return;
      thread.postMessage(END);
      await new Promise((resolve) => thread.once('exit', resolve));
    },
  };
}

/** Asks a thread of pages to end. */
const END = 'end';

/** In the thread: `moved` is given away with the answer. */
export function answerPages<Page, Answer>(
  answer: (page: Page) => Answer,
  moved: (answer: Answer) => readonly ArrayBufferLike[] = () => [],
): void {
  const port = portOfThread();
  port.on('message', (message: Numbered<Page> | typeof END) => {
    if (message === END) return endThread();
    const { number, is: page } = message;
    const is = answer(page);
    port.postMessage({ number, is } satisfies Numbered<Answer>, moved(is) as ArrayBuffer[]);
  });
}

/** In a thread that ends with its answer (`answerOf`): posts what `work` gives. `moved` is given away with it. */
export async function answerOnce<Answer>(
  work: () => Answer | Promise<Answer>,
  moved: (answer: Answer) => readonly ArrayBufferLike[] = () => [],
): Promise<void> {
  const answer = await work();
  portOfThread().postMessage(answer, moved(answer) as ArrayBuffer[]);
  endThread();
}

/**
 * In a thread, once nothing reaches what it worked with. V8 13.6 keeps the heap of a thread that has ended, and the main thread unmaps it eight
 * seconds later without a turn of its event loop: 290 MiB in 175 ms. So a thread gives its heap back before it ends.
 */
export function endThread(): void {
  portOfThread().close();
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as NonNullable<typeof gc>;
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

function portOfThread() {
  if (!parentPort) throw new Error('This runs in a worker thread only.');
  return parentPort;
}

/** What a thread that ends with its answer posts. Resolves once the thread has ended, so that its memory is the system's again. `what`: what it does. */
export function answerOf<T>(thread: Worker, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    let answer: { is: T } | undefined;
    thread.once('message', (posted: T) => {
      answer = { is: posted };
    });
    thread.once('error', reject);
    thread.once('exit', (code) =>
      answer ? resolve(answer.is) : reject(new Error(`The thread that ${what} ended with ${code}.`)),
    );
  });
}
