import { createHash } from 'node:crypto';

/** Lower-case hex, as the manifest spells it. */
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
