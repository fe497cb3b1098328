import type { Migration } from '../migration.ts';
import { ground } from './0001-ground.ts';
import { record } from './0002-record.ts';
import { eventsOut } from './0003-events-out.ts';

/** In the order they are applied. A database knows a prefix of this list. */
export const migrations: readonly Migration[] = [ground, record, eventsOut];
