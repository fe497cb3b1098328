import { Refusal } from '../../ui/refusal.ts';

/** A change was sent, and it is not known whether it was made. */
export class AnswerLost extends Refusal {
  /** Method and path of the request. */
  readonly request: string;
  constructor({ status, body, retryAfter, cause }: Refusal, request: string) {
    super(status, body, { retryAfter, cause });
    this.request = request;
  }
}

/** Requests that only read, or that are sent again without harm: previews, links, steps of a sign-in. */
const changesNothing =
  /^(GET|HEAD) |\/(preview|dry-run|try|links|captures|login|step-up|authenticate|passkey|[\w-]*options)$|^POST \/api\/auth\/2fa\/face$/;
/** The box gives these codes also where the change was made. */
const mayBeDone: ReadonlySet<string> = new Set(['NO_ANSWER', 'STORAGE_UNAVAILABLE', 'TIMEOUT']);

/** The refusal itself where nothing was changed; a proxy's answer does not say so. */
export function refusalOf(refusal: Refusal, { method, url }: Request): Refusal {
  const { status, code, body } = refusal;
  const isOpen =
    mayBeDone.has(code) || status === 502 || status === 504 || (status >= 500 && body.code === undefined);
  const request = `${method} ${new URL(url).pathname}`;
  return isOpen && !changesNothing.test(request) ? new AnswerLost(refusal, request) : refusal;
}
