import { parentPort, Worker } from 'node:worker_threads';

/** A thread that answers one page after another. */
export interface PageThread<Page, Answer> {
  /** Several may be under way. `moved` is not there any more afterwards. Rejects once the thread has ended. */
  ask(page: Page, moved?: readonly ArrayBufferLike[]): Promise<Answer>;
  /** Ends it, and with it what it knew. */
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
    close: () => thread.terminate(),
  };
}

/** In the thread: `moved` is given away with the answer. */
export function answerPages<Page, Answer>(
  answer: (page: Page) => Answer,
  moved: (answer: Answer) => readonly ArrayBufferLike[] = () => [],
): void {
  const port = parentPort;
  if (!port) throw new Error('Pages are answered in a worker thread only.');
  port.on('message', ({ number, is: page }: Numbered<Page>) => {
    const is = answer(page);
    port.postMessage({ number, is } satisfies Numbered<Answer>, moved(is) as ArrayBuffer[]);
  });
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
