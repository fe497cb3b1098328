import { parentPort, workerData } from 'node:worker_threads';
import type { Nearest, Scan } from './best-rows.ts';
import type { KernelModule, SharedMemory } from './gallery-kernel.ts';
import { type Area, createScanner, type Scanner } from './gallery-scan.ts';

export interface SearchWorkerData {
  kernel: KernelModule;
  /** The number of this thread: it decides where in a gallery's memory the thread may write. */
  thread: number;
}

export type SearchMessage =
  | { is: 'open'; gallery: number; area: Area }
  | { is: 'search'; gallery: number; scans: Scan[] }
  | { is: 'touch'; memory: SharedMemory; from: number; to: number }
  | { is: 'drop'; gallery: number };

/** In the order of the scans; a thread answers before it is asked again. */
export type SearchReply = Nearest[];

/** Bytes; a greater page is used several times. */
const SYSTEM_PAGE = 4096;

const { kernel, thread } = workerData as SearchWorkerData;
const scanners = new Map<number, Scanner>();

parentPort?.on('message', (message: SearchMessage) => {
  switch (message.is) {
    case 'open':
      scanners.set(message.gallery, createScanner(kernel, message.area, thread));
      return;
    case 'search': {
      const { gallery, scans } = message;
      const scanner = scanners.get(gallery);
      if (scanner === undefined) throw new Error(`Gallery ${gallery} was searched before it was opened.`);
      parentPort?.postMessage(scanner.nearest(scans) satisfies SearchReply);
      return;
    }
    case 'touch': {
      const words = new Int32Array(message.memory.buffer);
      // A change of nothing, at once with whatever another thread writes there.
      for (let at = message.from; at < message.to; at += SYSTEM_PAGE) Atomics.or(words, at / 4, 0);
      return;
    }
    case 'drop':
      scanners.delete(message.gallery);
      return;
    default:
      message satisfies never;
  }
});
