import { z } from 'zod';
import { replyOf } from '../../sdk/admin/client.ts';
import { createControl, OTHER_VERSION } from '../service/control.ts';
import type { DesktopAlert } from './alert-notifications.ts';

/** What is shown of each: a service of another version may answer otherwise than the client's types say. */
const Shown = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    metric: z.string(),
    env: z.enum(['live', 'test']),
    value: z.number(),
    threshold: z.number(),
  }),
);

/** Asks the service of the data directory for the open alerts that are for the desktop. Throws a sentence that says what is wrong and what to do. */
export function createAlertSource(data: string) {
  const client = createControl(data);
  return async (): Promise<readonly DesktopAlert[]> => {
    const { items } = await replyOf(
      client.GET('/api/admin/alerts/desktop', { params: { query: { limit: 100 } } }),
    );
    if (!Shown.safeParse(items).success) throw new Error(OTHER_VERSION);
    return items;
  };
}
