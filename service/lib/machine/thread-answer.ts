import type { Worker } from 'node:worker_threads';

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
