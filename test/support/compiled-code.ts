import { flushCompileCache } from 'node:module';
import { afterAll } from 'vitest';

/** Vitest ends its processes with a signal, at which Node would keep nothing of what it compiled. */
afterAll(() => flushCompileCache());
