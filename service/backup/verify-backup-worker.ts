/** Tests one backup (verify-aside.ts). */
import { parentPort, workerData } from 'node:worker_threads';
import type { Log } from '../lib/log.ts';
import { endThread } from '../lib/machine/page-thread.ts';
import { lowerThisThread } from '../lib/machine/thread-priority.ts';
import { Problem } from '../lib/problem.ts';
import type { MasterKey } from '../storage/master/master-key.ts';
import { type AsideRequest, type FromMaster, type FromThread, verifyBackup } from './verify-aside.ts';

lowerThisThread();
const { order, master: id, now } = workerData as AsideRequest;
const begun = performance.now();
const port = parentPort!;
const say = (said: FromThread): void => port.postMessage(said);

const waiting = new Map<number, PromiseWithResolvers<Uint8Array | undefined>>();
let calls = 0;
function ask(way: 'wrap' | 'unwrap', key: Uint8Array, bound: string): Promise<Uint8Array | undefined> {
  const answer = Promise.withResolvers<Uint8Array | undefined>();
  waiting.set(++calls, answer);
  say({ is: 'master', call: calls, way, key, bound });
  return answer.promise;
}
port.on('message', ({ call, key, error }: FromMaster) => {
  const answer = waiting.get(call);
  waiting.delete(call);
  if (error) answer?.reject(error);
  else answer?.resolve(key);
});

const master: MasterKey = {
  id,
  wrap: async (key, bound) => (await ask('wrap', key, bound))!,
  unwrap: (key, bound) => ask('unwrap', key, bound),
};
const level =
  (one: keyof Log): Log[keyof Log] =>
  (fields, message) =>
    say({ is: 'log', level: one, fields, message });
const log: Log = { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') };

try {
  const found = await verifyBackup({
    ...order,
    master,
    masterKeyFiles: [],
    clock: { now: () => Math.round(now + performance.now() - begun) },
    log,
    progress: (what, done, of) => say({ is: 'progress', what, done, of }),
  });
  say({ is: 'verified', found });
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  const { code, message, extra } = error;
  say({ is: 'refused', code, message, extra });
} finally {
  endThread();
}
