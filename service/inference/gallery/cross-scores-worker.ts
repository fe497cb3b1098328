import { workerData } from 'node:worker_threads';
import { answerOnce } from '../../lib/machine/page-thread.ts';
import { type CrossScoresRequest, crossScores } from './cross-scores.ts';

void answerOnce(
  () => crossScores(workerData as CrossScoresRequest),
  ({ byPair, rising }) => [byPair.buffer, rising.buffer],
);
