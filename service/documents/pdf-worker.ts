import { workerData } from 'node:worker_threads';
import { answerOnce } from '../lib/machine/page-thread.ts';
import type { PrintedDocument } from './document.ts';
import { printPdf } from './print-pdf.ts';

void answerOnce(() => printPdf(workerData as PrintedDocument));
