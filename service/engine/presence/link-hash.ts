import { createHash } from 'node:crypto';

/** As links are stored: a copy of the database opens none. */
export const hashOfLink = (link: string): string => createHash('sha256').update(link).digest('hex');
