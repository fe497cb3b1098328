import { Problem } from '../../lib/problem.ts';

/** The service runs, and goes on with what it had begun. */
export class ConnectionLost extends Problem {}
