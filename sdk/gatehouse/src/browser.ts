// The script `/sdk/gatehouse.js` as a module: loading it begins to collect and sets the global `Huma`.
import { createCollector } from './collector/collector.ts';
import { createHuma } from './collector/script/huma.ts';
import { installHuma } from './collector/script/install-huma.ts';

export type { SessionData } from './collector/collector.ts';
export type { Agent, Heartbeat, Verdict } from './collector/script/behavior-requests.ts';
export { HumaError } from './collector/script/behavior-requests.ts';
export type { SessionOptions } from './collector/script/heartbeats.ts';
export type { Huma as HumaScript } from './collector/script/huma.ts';

/** On a server it collects nothing. */
export const Huma = typeof window === 'undefined' ? createHuma(createCollector(), '') : installHuma();
