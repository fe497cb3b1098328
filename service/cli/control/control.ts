import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type AdminClient, createAdminClient, type Schemas } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { Problem, type ProblemCode, type ProblemExtra, problemCodes } from '../../lib/problem.ts';
import { startedByAccount } from '../directory-owner.ts';

/** The control API as the commands see it: one request, one answer, a Problem when it refuses. */
export interface Control {
  /** Over the socket of a running service, or inside this process. */
  readonly via: 'service' | 'own process';
  /** The administrative routes, typed by their OpenAPI document. */
  readonly admin: AdminClient;
  close(): Promise<void>;
}

/** How a request reaches the control API. */
export interface Transport {
  via: Control['via'];
  fetch(request: Request): Promise<Response>;
  close(): Promise<void>;
}

/** Milliseconds between two lines that a call is still at work. */
const STILL = 10_000;
/** Milliseconds between two looks at work whose connection was lost. */
const POLL_INTERVAL = 1_000;

/** `note`: gets a line every ten seconds while a call is not answered yet. */
export function createControl(transport: Transport, note?: (line: string) => void): Control {
  const operator = operatorName();
  async function answerOf(request: Request): Promise<Response> {
    const begun = performance.now();
    const id = request.headers.get('x-request-id')!;
    const timer = setInterval(async () => {
      const seconds = Math.round((performance.now() - begun) / 1000);
      const leave = transport.via === 'service' ? ' Ctrl-C leaves the service to finish.' : '';
      const now = (await workOf(transport, id).catch(() => undefined))?.now;
      note?.(`Still at work after ${seconds} s${now ? `: ${describeProgress(now)}` : ''}.${leave}`);
    }, STILL).unref();
    try {
      return await Promise.race([
        transport.fetch(request).catch((error) => resultOf(transport, id, error)),
        aborted(request.signal),
      ]);
    } finally {
      clearInterval(timer);
    }
  }
  async function send(request: Request): Promise<Response> {
    request.headers.set('x-gatehouse-operator', operator);
    request.headers.set('x-request-id', `cli-${randomUUID()}`);
    const response = await answerOf(request);
    if (response.ok) return response;
    throw toProblem(response.status, await response.text(), request);
  }
  return {
    via: transport.via,
    admin: createAdminClient(send),
    close: () => transport.close(),
  };
}

/** The long work that this request began; undefined where the service knows none. */
async function workOf(transport: Transport, id: string): Promise<Schemas['FollowedWork'] | undefined> {
  const response = await transport.fetch(new Request(`http://control/api/admin/works/${id}`));
  return response.ok ? ((await response.json()) as Schemas['FollowedWork']) : undefined;
}

/** After a lost connection: what the work that goes on in the service is answered with in the end. */
async function resultOf(transport: Transport, id: string, error: unknown): Promise<Response> {
  for (; ; await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL))) {
    const work = error instanceof ConnectionLost ? await workOf(transport, id) : undefined;
    if (!work) throw error;
    if (work.state === 'running') continue;
    if (work.code === undefined) return Response.json(work.reply);
    throw new Problem(work.code, work.reason ?? '');
  }
}

/** Rejects when the signal aborts. A call inside this process goes on, but is not waited for. */
const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

function toProblem(status: number, body: string, { method, url }: Request): Error {
  const path = new URL(url).pathname;
  const refusal = readRefusal(body);
  if (refusal === undefined) return new Error(`${method} ${path} answered ${status}: ${body.slice(0, 200)}`);
  const { error, code, ...extra } = refusal;
  return new Problem(code, error, extra);
}

/** As every door refuses; undefined where it was not ours that answered. */
function readRefusal(body: string): ({ error: string; code: ProblemCode } & ProblemExtra) | undefined {
  let parsed: Partial<Record<'error' | 'code' | 'details' | 'reason' | 'checkResults', unknown>> | null;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  const { error, code, details, reason, checkResults } = parsed ?? {};
  if (typeof error !== 'string' || !problemCodes.includes(code as ProblemCode)) return undefined;
  return defined({ error, code, details, reason, checkResults }) as ReturnType<typeof readRefusal>;
}

/** For the audit log: the account's name, and under sudo who called it. In a container the account may have no name. */
export function operatorName(account = accountName, sudoUser = process.env.SUDO_USER): string {
  const name = account();
  return sudoUser !== undefined && /^[\w.@-]{1,32}$/.test(sudoUser) && sudoUser !== name
    ? `${name.slice(0, 32)} (sudo ${sudoUser})`
    : name;
}

function accountName(): string {
  try {
    return startedByAccount();
  } catch {
    return `uid ${process.getuid?.() ?? '?'} on ${hostname()}`;
  }
}

type Progress = NonNullable<Schemas['Work']['now']>;

/** `sealing the file, 1,200,000 of 3,100,000 (38 %)`. */
export function describeProgress({ step, done, of }: Progress): string {
  if (done === undefined || of === undefined) return step;
  const numbers = `${done.toLocaleString('en')} of ${of.toLocaleString('en')}`;
  return `${step}, ${numbers}${of === 0 ? '' : ` (${Math.floor((100 * done) / of)} %)`}`;
}

/** The service runs, and goes on with what it had begun. */
export class ConnectionLost extends Problem {}
