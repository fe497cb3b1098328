import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8 from going through all of its heap only to give memory back: it does so some 100 s after the last time, in every thread at once,
 * whatever the load, and requests then wait for 100 to 400 ms (2026-11-23). In exchange an idle service keeps what was garbage in its old
 * generation, some 100 MB, until more has come.
 */
export function collectWhenNeededOnly(): void {
  setFlagsFromString('--no-memory-reducer');
}
