import { parentPort, workerData } from 'node:worker_threads';
import type { PrintedDocument } from './document.ts';
import { printPdf } from './print-pdf.ts';

const port = parentPort;
if (!port) throw new Error('pdf-worker.ts runs in a worker thread only.');
port.postMessage(await printPdf(workerData as PrintedDocument));
