import type { FastifyInstance } from 'fastify';

/** A request as recordings spell it. */
export interface RecordedRequest {
  method: string;
  path: string;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent byte for byte instead of `body`. */
  text?: string;
  /** Sent as multipart/form-data, in this order; a file is base64. */
  form?: { name: string; text?: string; file?: string }[];
}

export interface RecordedResponse {
  status: number;
  headers?: Record<string, string>;
  body: unknown;
}

/** Sends it to a server that need not listen; the answer holds only the headers named in `wanted`. */
export async function send(
  app: FastifyInstance,
  request: RecordedRequest,
  wanted: string[] = [],
): Promise<RecordedResponse> {
  const { payload, type } = payloadOf(request);
  const response = await app.inject({
    method: request.method as 'POST',
    url: request.path,
    headers: { ...(type === undefined ? {} : { 'content-type': type }), ...request.headers },
    ...(payload === undefined ? {} : { payload }),
  });
  const headers = Object.fromEntries(wanted.map((name) => [name, String(response.headers[name])]));
  return {
    status: response.statusCode,
    ...(wanted.length > 0 ? { headers } : {}),
    body: response.body === '' ? null : response.json(),
  };
}

function payloadOf({ body, text, form }: RecordedRequest): { payload?: string | Buffer; type?: string } {
  if (form) {
    const boundary = 'gatehouse-boundary-7d1c';
    return { payload: encodeForm(form, boundary), type: `multipart/form-data; boundary=${boundary}` };
  }
  if (text !== undefined) return { payload: text, type: 'application/json' };
  return body === undefined ? {} : { payload: JSON.stringify(body), type: 'application/json' };
}

function encodeForm(form: NonNullable<RecordedRequest['form']>, boundary: string): Buffer {
  const parts = form.map(({ name, text, file }) => {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"`;
    return file === undefined
      ? Buffer.from(`${head}\r\n\r\n${text}\r\n`)
      : Buffer.concat([
          Buffer.from(`${head}; filename="${name}.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`),
          Buffer.from(file, 'base64'),
          Buffer.from('\r\n'),
        ]);
  });
  return Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
}
