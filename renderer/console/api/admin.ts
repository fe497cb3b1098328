import { createAdminClient, type Schemas } from '../../../sdk/admin/client.ts';
import { send } from './send.ts';

export { allPages } from '../../../sdk/admin/all-pages.ts';
export { replyOf } from '../../../sdk/admin/client.ts';
export type { Schemas };

/** Every administrative route, typed: `replyOf(admin.GET('/api/admin/sites', { params: { query: {} } }))`. */
export const admin = createAdminClient(send, location.origin);
