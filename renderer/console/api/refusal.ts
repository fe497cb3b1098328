/** What the box answered instead of doing what was asked. */
export class Refusal extends Error {
  override name = 'Refusal';
  /** 0: no answer came. */
  readonly status: number;
  readonly code: string;
  readonly requestId: string | undefined;
  /** Everything the answer said, for screens that show more than the sentence: `details`, `retryAfterSeconds`, … */
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, body: Readonly<Record<string, unknown>>, options?: ErrorOptions) {
    super(typeof body.error === 'string' ? body.error : `The answer was ${status}.`, options);
    this.status = status;
    this.code = typeof body.code === 'string' ? body.code : 'UNKNOWN';
    this.requestId = typeof body.requestId === 'string' ? body.requestId : undefined;
    this.body = body;
  }

  /** Sentences about single fields, by the name of the field. */
  get fields(): ReadonlyMap<string, string> {
    const { details } = this.body;
    const pairs = (Array.isArray(details) ? details : []).flatMap((detail): [string, string][] => {
      const { path, message } = (detail ?? {}) as { path?: unknown; message?: unknown };
      return typeof path === 'string' && typeof message === 'string' ? [[path, message]] : [];
    });
    return new Map(pairs);
  }
}

/** The refusal that an answer carries; its body may be no JSON where a proxy answered. */
export async function toRefusal(answer: Response): Promise<Refusal> {
  const text = await answer.text();
  try {
    const body = JSON.parse(text) as unknown;
    return new Refusal(answer.status, typeof body === 'object' && body !== null ? { ...body } : {});
  } catch {
    return new Refusal(answer.status, {});
  }
}
