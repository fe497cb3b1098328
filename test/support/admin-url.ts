import { z } from 'zod';
import type { PublishedRoute } from '../../service/http/published-route.ts';

/** What the ids of these lists are called in `ids`. */
const names: Record<string, string> = {
  keys: 'key',
  sites: 'site',
  alerts: 'alert',
  'alert-rules': 'rule',
  webhooks: 'webhook',
  grants: 'grant',
  deliveries: 'delivery',
  jobs: 'job',
  models: 'model',
  subjects: 'subject',
  verifications: 'verification',
  erasures: 'erasure',
  administrators: 'administrator',
  review: 'review',
  flows: 'flow',
  scopes: 'scope',
  sessions: 'session',
};

/**
 * The address of an administrative route on the control socket: ids filled in, in the organization `ids.organization` and the
 * test world. `more` is the rest of the query.
 */
export function adminUrl({ url, schema }: PublishedRoute, ids: Record<string, string>, more = ''): string {
  const path = url
    .replace(/([\w-]+)\/:id/, (_, list: string) => `${list}/${ids[names[list] ?? list]}`)
    .replaceAll(/:(\w+)/g, (_, name: string) => String(ids[name]));
  const fields = schema.querystring instanceof z.ZodObject ? Object.keys(schema.querystring.shape) : [];
  const query = [
    ...(fields.includes('organization') ? [`organization=${ids.organization}`] : []),
    ...(fields.includes('env') ? ['env=test'] : []),
    ...(more === '' ? [] : [more]),
  ];
  return query.length === 0 ? path : `${path}?${query.join('&')}`;
}
