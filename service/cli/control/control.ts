import { hostname, userInfo } from 'node:os';
import { Readable } from 'node:stream';
import { type AdminClient, createAdminClient, toUploadForm } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { Problem, type ProblemCode, type ProblemExtra, problemCodes } from '../../lib/problem.ts';

/** The control API as the commands see it: one request, one answer, a Problem when it refuses. */
export interface Control {
  /** Over the socket of a running service, or inside this process. */
  readonly via: 'service' | 'own process';
  /** The administrative routes, typed by their OpenAPI document. */
  readonly admin: AdminClient;
  get<T>(path: string, query?: Query): Promise<T>;
  send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T>;
  /** A call with bytes beside its fields. */
  upload<T>(path: string, request: unknown, bytes: Uint8Array): Promise<T>;
  /** A long answer as it comes. Ends with an error when the service stops in the middle. */
  download(path: string, query?: Query): Promise<AsyncIterable<Uint8Array>>;
  close(): Promise<void>;
}

export type Query = Record<string, string | number | undefined>;

/** How a request reaches the control API. */
export interface Transport {
  via: Control['via'];
  fetch(request: Request): Promise<Response>;
  close(): Promise<void>;
}

export function createControl(transport: Transport): Control {
  const operator = operatorName();
  async function send(request: Request): Promise<Response> {
    request.headers.set('x-gatehouse-operator', operator);
    const response = await transport.fetch(request);
    if (response.ok) return response;
    throw toProblem(response.status, await response.text(), request);
  }
  const open = (method: string, path: string, init: RequestInit = {}) =>
    send(new Request(`http://gatehouse${path}`, { ...init, method }));
  async function call<T>(method: string, path: string, init?: RequestInit): Promise<T> {
    const body = await (await open(method, path, init)).text();
    return (body === '' ? undefined : JSON.parse(body)) as T;
  }
  return {
    via: transport.via,
    admin: createAdminClient(send),
    get: (path, query = {}) => call('GET', withQuery(path, query)),
    send: (method, path, body) =>
      call(
        method,
        path,
        body === undefined
          ? {}
          : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
      ),
    upload: (path, request, bytes) =>
      call('POST', path, {
        body: toUploadForm({ request, file: new Blob([bytes as Uint8Array<ArrayBuffer>]) }),
      }),
    async download(path, query = {}) {
      const { body } = await open('GET', withQuery(path, query));
      return body ?? Readable.from([]);
    },
    close: () => transport.close(),
  };
}

function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

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

/** The account's name for the audit log; in a container it may have none. */
export function operatorName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? '?'} on ${hostname()}`;
  }
}
