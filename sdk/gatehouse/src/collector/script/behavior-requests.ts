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

/**
 * A refusal of the appliance (its `code`), an answer that is none of the appliance (`NOT_GATEHOUSE`), an outage (`UNAVAILABLE`, a status from
 * 500), or no answer (`UNREACHABLE`, `status` 0).
 */
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

/** What an outage is answered with: 0.5 says what is known, nothing. */
export const UNJUDGED: Verdict = { human: true, confidence: 0.5, score: 50, token: '', pii_stored: false };

/** Lets the person through in an outage; throws what is none. A limit, a wrong key or refused signals open nothing. */
export function letThrough(error: HumaError): Verdict {
  if (!isOutage(error)) throw error;
  const { message, status } = error;
  return {
    ...UNJUDGED,
    outage: status === 0 ? { code: 'NETWORK', message } : { code: 'UNAVAILABLE', message, status },
  };
}

/** An example of a heartbeat. */
export const CALM: Heartbeat = {
  score: 0,
  confidence: 0,
  baseline: 0,
  delta: 0,
  anomaly: false,
  action: 'allow',
  notes: [],
};

const TIMEOUT = 10_000;

/**
 * Posts to the behavior family, and gives an answer that has all of `example`, with values of the same types. The address of the page and its
 * cookies are not sent.
 */
export async function post<Answer extends object>(
  url: string,
  apiKey: string,
  body: { userId: string; sessionToken?: string; sessionData: SessionData },
  example: Answer,
): Promise<Answer> {
  const ended = new AbortController();
  // Made before the attempt: a key or an address that no request can have is no outage.
  const request = new Request(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    signal: ended.signal,
  });
  const timer = setTimeout(() => ended.abort(), TIMEOUT);
  let response: Response;
  let text: string;
  try {
    response = await fetch(request);
    text = await response.text();
  } catch (error) {
    throw new HumaError(`${url} did not answer: ${error}`, 'UNREACHABLE', 0);
  } finally {
    clearTimeout(timer);
  }
  const reply = objectIn(text);
  const isAnswer = Object.entries(example).every(([name, value]) => typeof reply[name] === typeof value);
  if (response.ok && isAnswer) return reply as Answer;
  throw refusalOf(response, reply);
}

type Reply = Record<string, unknown>;

/** Empty where the text is none of the appliance. */
function objectIn(text: string): Reply {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

function refusalOf({ status, url, headers }: Response, { error, code }: Reply): HumaError {
  const known = typeof error === 'string' && typeof code === 'string';
  return new HumaError(
    known ? error : `${url} (${status}) does not answer as Gatehouse does: check baseUrl.`,
    known ? code : status >= 500 ? 'UNAVAILABLE' : 'NOT_GATEHOUSE',
    status,
    Number(headers.get('retry-after')) || undefined,
  );
}
