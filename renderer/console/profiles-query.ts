import { read } from './api/admin.ts';

/** Every profile of one page: the built-in ones and up to 200 of its own. */
export const profilesQuery = read('/api/admin/profiles', { limit: 200 });
