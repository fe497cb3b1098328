// The script `/sdk/gatehouse.js` as a module: loading it begins to collect and sets the global `Huma`.
import { installHuma } from './collector/script/install-huma.ts';

export type { SessionData } from './collector/collector.ts';
export type { Agent, Heartbeat, Verdict } from './collector/script/behavior-requests.ts';
export { HumaError } from './collector/script/behavior-requests.ts';
export type { Huma as HumaScript, SessionOptions } from './collector/script/huma.ts';

export const Huma = installHuma();
