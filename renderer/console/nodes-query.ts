import { read } from './api/admin.ts';

/** The services that share the database; one without an id has it for itself. */
export const nodesQuery = read('/api/admin/nodes');
