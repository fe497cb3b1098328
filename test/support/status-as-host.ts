import { once } from 'node:events';
import { get } from 'node:http';

/** The status of a GET that names `host` as its `Host`, which fetch does not allow. */
export async function statusAsHost(url: string, host: string): Promise<number | undefined> {
  const [response] = await once(get(url, { headers: { host } }), 'response');
  response.resume();
  return response.statusCode;
}
