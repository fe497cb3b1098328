import type { KeyObject } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { openPage, type SealedPage } from './open-values.ts';

const port = parentPort;
if (!port) throw new Error('open-values-worker.ts runs in a worker thread only.');
const wrapping = new Map<string, KeyObject>();

port.on('message', (page: SealedPage) => {
  for (const { name, key } of page.wrapping) wrapping.set(name, key);
  const opened = openPage(page, wrapping);
  port.postMessage(opened, [
    opened.plain.buffer,
    opened.states.buffer,
    opened.starts.buffer,
  ] as ArrayBuffer[]);
});
