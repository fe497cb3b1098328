/** What is wrong with one field. */
export interface FieldRefusal {
  /** As the request names the field; empty: the request as a whole. */
  path: string;
  /** English. */
  message: string;
  /** The rule that it breaks, where one of all fields is. */
  rule?: string;
  limit?: number;
  values?: string[];
}

/** What the box answered instead of doing what was asked. */
export class Refusal extends Error {
  override name = 'Refusal';
  /** 0: no answer came. */
  readonly status: number;
  readonly code: string;
  readonly requestId: string | undefined;
  /** Everything the answer said, for screens that show more than the sentence: `details`, `retryAfterSeconds`, … */
  readonly body: Readonly<Record<string, unknown>>;
  /** Milliseconds after which it may be asked again, where the box says so. */
  readonly retryAfter: number | undefined;
  constructor(
    status: number,
    body: Readonly<Record<string, unknown>>,
    { retryAfter, ...options }: ErrorOptions & { retryAfter?: number | undefined } = {},
  ) {
    super(typeof body.error === 'string' ? body.error : `The answer was ${status}.`, options);
    this.status = status;
    this.code = typeof body.code === 'string' ? body.code : 'UNKNOWN';
    this.requestId = typeof body.requestId === 'string' ? body.requestId : undefined;
    this.body = body;
    this.retryAfter = retryAfter;
  }
  /** To the person in front of a kiosk; undefined where nothing was said. */
  get sentence(): string | undefined {
    const { reason, error } = this.body;
    return [reason, error].find((one) => typeof one === 'string') as string | undefined;
  }
  get details(): readonly FieldRefusal[] {
    const { details } = this.body;
    return (Array.isArray(details) ? details : []).filter(
      (one): one is FieldRefusal => typeof one?.path === 'string' && typeof one.message === 'string',
    );
  }
}

/** The refusal that an answer carries; its body may be no JSON where a proxy answered. */
export async function toRefusal(answer: Response): Promise<Refusal> {
  const body = (await answer.json().catch(() => undefined)) as unknown;
  const seconds = Number(answer.headers.get('retry-after'));
  return new Refusal(answer.status, typeof body === 'object' && body !== null ? { ...body } : {}, {
    retryAfter: seconds > 0 ? seconds * 1000 : undefined,
  });
}

/** No answer came. */
export const noAnswer = (cause: unknown) => new Refusal(0, { code: 'NO_ANSWER' }, { cause });
