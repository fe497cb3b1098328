import { parentPort, workerData } from 'node:worker_threads';
import { CopyTrouble } from './copy-status.ts';
import { createKeyCopyFile } from './key-copy-file.ts';
import { type CopyReply, type CopyRequest, type CopyThreadData, runCopyTask } from './key-copy-thread.ts';

const port = parentPort;
if (!port) throw new Error('key-copies-worker.ts runs in a worker thread only.');
// Before anything is asked of the place, which may hang.
port.postMessage({ ready: true } satisfies CopyReply);
const file = createKeyCopyFile(workerData as CopyThreadData);

port.on('message', ({ request, task }: CopyRequest) => {
  let reply: CopyReply;
  try {
    reply = { request, answer: runCopyTask(file, task) };
  } catch (error) {
    const { is, message } = error instanceof CopyTrouble ? error : new CopyTrouble('failed', String(error));
    reply = { request, trouble: { is, message } };
  }
  port.postMessage(reply);
});
