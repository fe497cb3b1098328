export { deleteHeartbeatsOf } from './heartbeat-store.ts';
export type { Heartbeat, HeartbeatOrder, Heartbeats, HeartbeatsDeps } from './heartbeats.ts';
export { createHeartbeats } from './heartbeats.ts';
