import { startCollecting } from './page-collector.ts';

export type { Connection } from './ask.ts';
export type { AnswerOptions, ChallengeOptions } from './challenge.ts';
export { answerChallenge, createChallenge } from './challenge.ts';
export type { SessionOptions } from './heartbeat.ts';
export { startSession } from './heartbeat.ts';
export type { HumaErrorCode, Outage } from './huma-error.ts';
export { HumaError } from './huma-error.ts';
export type { JudgeOptions as VerifyOptions, VerifyWithSignalsOptions } from './judge.ts';
export { verifyWithSignals } from './judge.ts';
export type * from './messages.ts';
export type { Signals } from './signals.ts';
export { verify } from './verify.ts';

// What the person did before a call of `verify` counts: nothing leaves the page by it.
startCollecting();
