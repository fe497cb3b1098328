import { hostname, userInfo } from 'node:os';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { Problem, type ProblemCode, problemCodes } from '../lib/problem.ts';

/** The control API as the commands see it: one request, one answer, a Problem when it refuses. */
export interface Control {
  /** Over the socket of a running service, or inside this process. */
  readonly via: 'service' | 'own process';
  get<T>(path: string, query?: Query): Promise<T>;
  send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T>;
  /** A call with bytes beside its fields. */
  upload<T>(path: string, request: unknown, bytes: Uint8Array): Promise<T>;
  /** A long answer as it comes. Ends with an error when the service stops in the middle. */
  download(path: string, query?: Query): Promise<AsyncIterable<Uint8Array>>;
  close(): Promise<void>;
}

export type Query = Record<string, string | number | undefined>;

export interface Message {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: Uint8Array;
}

/** How one message reaches the control API. */
export interface Transport {
  via: Control['via'];
  send(message: Message): Promise<{ status: number; body: AsyncIterable<Uint8Array> }>;
  close(): Promise<void>;
}

const Refusal = z.object({
  error: z.string(),
  code: z.enum(problemCodes),
  details: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  reason: z.string().optional(),
  checkResults: z.array(z.unknown()).optional(),
});

export function createControl(transport: Transport): Control {
  const operator = { 'x-gatehouse-operator': operatorName() };
  async function open(message: Message): Promise<AsyncIterable<Uint8Array>> {
    const { status, body } = await transport.send({
      ...message,
      headers: { ...operator, ...message.headers },
    });
    if (status >= 200 && status < 300) return body;
    throw toProblem(status, await text(body), message);
  }
  async function call<T>(message: Message): Promise<T> {
    const body = await text(await open(message));
    return (body === '' ? undefined : JSON.parse(body)) as T;
  }
  return {
    via: transport.via,
    get: (path, query = {}) => call({ method: 'GET', path: withQuery(path, query), headers: {} }),
    send: (method, path, body) =>
      call({
        method,
        path,
        ...(body === undefined
          ? { headers: {} }
          : { headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(body)) }),
      }),
    async upload(path, request, bytes) {
      const form = new FormData();
      form.append('request', JSON.stringify(request));
      form.append('file', new Blob([bytes as Uint8Array<ArrayBuffer>]), 'file');
      const encoded = new Response(form);
      return call({
        method: 'POST',
        path,
        headers: { 'content-type': encoded.headers.get('content-type') ?? '' },
        body: new Uint8Array(await encoded.arrayBuffer()),
      });
    },
    download: (path, query = {}) => open({ method: 'GET', path: withQuery(path, query), headers: {} }),
    close: () => transport.close(),
  };
}

function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

function toProblem(status: number, body: string, { method, path }: Message): Error {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return new Error(`${method} ${path} answered ${status}: ${body.slice(0, 200)}`);
  }
  const refusal = Refusal.safeParse(parsed);
  if (!refusal.success) return new Error(`${method} ${path} answered ${status}: ${body.slice(0, 200)}`);
  const { error, code, details, reason, checkResults } = refusal.data;
  return new Problem(code as ProblemCode, error, {
    ...(details === undefined ? {} : { details }),
    ...(reason === undefined ? {} : { reason }),
    ...(checkResults === undefined ? {} : { checkResults }),
  });
}

/** The account's name for the audit log; in a container it may have none. */
export function operatorName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? '?'} on ${hostname()}`;
  }
}
