import { Worker } from 'node:worker_threads';
import type { Clock } from '../lib/clock.ts';
import type { Share } from '../lib/fair/fair-queue.ts';
import { createFairSlots } from '../lib/fair/fair-slots.ts';
import { answerOf } from '../lib/machine/page-thread.ts';
import type { PrintedDocument } from './document.ts';

export type { Chart, Item, PrintedDocument, Section, Table } from './document.ts';

/** Under type stripping this file is `.ts`, after the build `.js`. */
const worker = new URL(
  import.meta.url.endsWith('.ts') ? './pdf-worker.ts' : './pdf-worker.js',
  import.meta.url,
);

/** A4, in a thread of its own: fonts alone take a second of the processor. */
export function renderPdf(document: PrintedDocument): Promise<Uint8Array> {
  return answerOf(new Worker(worker, { workerData: document }), 'prints a document');
}

/** Documents that wait for the thread. */
const WAITING = 16;

/** Prints one document at a time, which is made when its turn comes. Throws OVERLOADED where too many wait. */
export function createPdfPrinter({ clock, render = renderPdf }: { clock: Clock; render?: typeof renderPdf }) {
  const inTurn = createFairSlots({
    atOnce: 1,
    waiting: WAITING,
    clock,
    busy: 'Too many documents are printed at once: try again in a moment.',
  });
  return (share: Share, make: () => Promise<PrintedDocument>): Promise<Uint8Array> =>
    inTurn(share, async () => render(await make()));
}
