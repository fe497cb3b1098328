import { queryOptions } from '@tanstack/react-query';
import { read } from './api/admin.ts';

/** The organization that the reader acts in. */
export const organizationQuery = queryOptions({ ...read('/api/admin/organization'), staleTime: 60_000 });
