import { ask, type Connection, otherAnswer } from './ask.ts';
import { HumaError, type Outage, outageOf } from './huma-error.ts';
import type { AgentVerdict, Refusal, VerifyResult } from './messages.ts';
import { readSignals, type Signals } from './signals.ts';

export interface JudgeOptions extends Connection {
  /** Your internal identifier of the user. */
  userId: string;
  /** False: an outage refuses (`refused: 'outage'`). Absent: it lets the caller through, and `outage` says so. */
  failOpen?: boolean | undefined;
  /** What the page is about, in your own word: `siteverify` gives it back to your server. */
  action?: string | undefined;
  /** Your own data, at most 16 kB of JSON: the answer and the webhook give it back. */
  metadata?: Record<string, unknown> | undefined;
}

export interface VerifyWithSignalsOptions extends JudgeOptions {
  /** What the page forwarded: `Huma.debug().features`. */
  signals: unknown;
  /** In place of a warning in the log. */
  onOutage?: ((outage: Outage, result: VerifyResult) => void) | undefined;
}

/** On a server: judges the signals that a page forwarded. Without any it refuses, and asks nothing. */
export async function verifyWithSignals(options: VerifyWithSignalsOptions): Promise<VerifyResult> {
  const { signals, onOutage = warn, ...rest } = options;
  const read = readSignals(signals);
  if ('refused' in read) return refusal(read.refused);
  const result = await judge(rest, read.signals).catch((error: unknown) => {
    if (isOfSignals(error)) return refusal('invalid_signals');
    throw error;
  });
  if (result.outage) onOutage(result.outage, result);
  return result;
}

const warn = ({ message }: Outage, { human }: VerifyResult) =>
  console.warn(`huma: a request was ${human ? 'let through' : 'refused'} without a judgement. ${message}`);

const VERIFY = '/api/v1/verify';
/** As the service takes it. */
const LONGEST_USER_ID = 256;

export async function judge(options: JudgeOptions, sessionData: Signals | undefined): Promise<VerifyResult> {
  const { userId, failOpen = true, action, metadata } = options;
  if (typeof userId !== 'string' || userId === '' || userId.length > LONGEST_USER_ID)
    throw new HumaError(
      'INVALID_ARGUMENT',
      `userId is your identifier of the user: a text of 1 to ${LONGEST_USER_ID} characters.`,
    );
  try {
    const body = {
      userId,
      ...(sessionData !== undefined && { sessionData }),
      ...(action !== undefined && { action }),
      ...(metadata && { metadata }),
    };
    return toResult(await ask(VERIFY, body, options));
  } catch (error) {
    const outage = outageOf(error);
    if (!outage) throw error;
    return failOpen ? letThrough(outage) : { ...refusal('outage'), outage };
  }
}

export const refusal = (refused: Refusal): VerifyResult => ({
  human: false,
  confidence: 0,
  score: 0,
  token: '',
  pii_stored: false,
  ...(refused === 'no_signals' && { notes: ['insufficient_data'] }),
  refused,
});

/** 0.5 says what is known: nothing. */
const letThrough = (outage: Outage): VerifyResult => ({
  human: true,
  confidence: 0.5,
  score: 50,
  token: '',
  pii_stored: false,
  outage,
});

/** The service refused the forwarded features: they are not of our collector. The body was written here, so one that is no JSON for the service has such texts. */
const isOfSignals = (error: unknown): boolean =>
  error instanceof HumaError &&
  (error.status === 413 ||
    error.code === 'PAYLOAD_TOO_LARGE' ||
    error.code === 'MALFORMED_JSON' ||
    error.fields.some((field) => /^(sessionData|signals)\b/.test(field)));

function toResult(reply: Record<string, unknown>): VerifyResult {
  const { human, confidence, score, token, agent, notes, metadata } = reply;
  if (typeof human !== 'boolean' || typeof token !== 'string' || !isShare(confidence))
    throw otherAnswer(VERIFY);
  return {
    human,
    confidence,
    token,
    pii_stored: false,
    score: typeof score === 'number' ? score : Math.round(100 * confidence),
    ...(typeof agent === 'object' && agent !== null && { agent: agent as AgentVerdict }),
    ...(Array.isArray(notes) && { notes: notes as string[] }),
    ...(typeof metadata === 'object' &&
      metadata !== null && { metadata: metadata as Record<string, unknown> }),
  };
}

const isShare = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1;
