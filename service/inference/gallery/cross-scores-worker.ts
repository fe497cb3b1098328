import { parentPort, workerData } from 'node:worker_threads';
import { type CrossScoresRequest, crossScores } from './cross-scores.ts';

const scores = crossScores(workerData as CrossScoresRequest);
parentPort?.postMessage(scores, [scores.byPair.buffer, scores.rising.buffer] as ArrayBuffer[]);
