import { totalmem } from 'node:os';
import { constrainedMemory } from 'node:process';

/** Bytes of memory that this process may use: the machine's, or the limit of its container or unit where that is less. */
export const usableMemory = (): number => Math.min(totalmem(), constrainedMemory() || totalmem());
