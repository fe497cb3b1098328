import type { SessionData } from '../collector.ts';

export interface Agent {
  is_agent: boolean;
  agent_confidence: number;
  signals: string[];
}

export interface Verdict {
  human: boolean;
  confidence: number;
  score: number;
  token: string;
  pii_stored: false;
  agent?: Agent;
  notes?: string[];
  /** There was no judgement, and the person was let through. `status`: absent where no answer came. */
  outage?: { code: 'NETWORK' | 'UNAVAILABLE'; message: string; status?: number };
}

export interface Heartbeat {
  score: number;
  confidence: number;
  baseline: number;
  delta: number;
  anomaly: boolean;
  action: 'allow' | 'flag' | 'block';
  notes: string[];
}

/** A refusal of the appliance, or no answer (`status` 0, `code` `UNREACHABLE`). */
export class HumaError extends Error {
  // Declared alone: for older browsers the build writes fields with 300 bytes of helpers.
  declare readonly name: 'HumaError';
  declare readonly code: string;
  declare readonly status: number;
  /** Seconds after which a repeat may pass. */
  declare readonly retryAfter: number | undefined;
  constructor(message: string, code: string, status: number, retryAfter?: number) {
    super(message);
    Object.assign(this, { name: 'HumaError', code, status, retryAfter });
  }
}

export const isOutage = ({ status }: HumaError): boolean => status === 0 || status >= 500;

/** What an outage is answered with; throws what is none. A limit, a wrong key or refused signals open nothing. */
export function letThrough(error: unknown): Verdict {
  if (!(error instanceof HumaError && isOutage(error))) throw error;
  const { message, status } = error;
  return {
    ...{ human: true, confidence: 0.5, score: 50, token: '', pii_stored: false },
    outage: status === 0 ? { code: 'NETWORK', message } : { code: 'UNAVAILABLE', message, status },
  };
}

const TIMEOUT = 10_000;

/** Posts to the behavior family. The address of the page and its cookies are not sent. */
export async function post<Answer>(
  url: string,
  apiKey: string,
  body: { userId: string; sessionToken?: string; sessionData: SessionData },
): Promise<Answer> {
  const ended = new AbortController();
  const timer = setTimeout(() => ended.abort(), TIMEOUT);
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      signal: ended.signal,
    });
    if (answer.ok) return await answer.json();
    const said = await answer.json().catch(() => ({}));
    const { error = `The answer was ${answer.status}.`, code = 'REFUSED' } = said;
    const after = Number(answer.headers.get('retry-after') ?? Number.NaN);
    throw new HumaError(error, code, answer.status, Number.isFinite(after) ? after : undefined);
  } catch (error) {
    if (error instanceof HumaError) throw error;
    throw new HumaError(`${url} did not answer: ${String(error)}`, 'UNREACHABLE', 0);
  } finally {
    clearTimeout(timer);
  }
}
