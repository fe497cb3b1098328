import { createIntegrity } from '../../service/storage/keys/integrity.ts';

/** Under a secret that is the same in every test. */
export const testIntegrity = createIntegrity(new Uint8Array(32).fill(9));
