import type { Migration } from '../migration.ts';
import { baseline } from './0001-baseline.ts';

/** In the order they are applied. A database knows a prefix of this list. */
export const migrations: readonly Migration[] = [baseline];
