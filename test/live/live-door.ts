import { request } from 'undici';

export interface MadeSession {
  sessionId: string;
  token: string;
}

/** What a page and a relying party post. Throws what is not answered with success. */
export function createPost(url: string) {
  async function post<T>(path: string, body?: object, headers: Record<string, string> = {}): Promise<T> {
    const { statusCode, body: reply } = await request(url + path, {
      method: 'POST',
      headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    if (statusCode >= 300) throw new Error(`${path} answers ${statusCode}: ${text}`);
    return JSON.parse(text) as T;
  }
  return {
    post,
    session: (key: string, order: object = {}) =>
      post<MadeSession>('/api/v1/sessions', order, { 'x-api-key': key }),
    /** The person agrees to the text that holds. */
    async begin(token: string, more: object = {}): Promise<MadeSession> {
      const link = { kind: 'session', token };
      const { consent } = await post<{ consent: { version: string } }>('/api/live/describe', { link });
      return post('/api/live/begin', {
        link,
        consent: true,
        textVersion: consent.version,
        device: {},
        path: { flash: true, motion: true },
        ...more,
      });
    },
  };
}
