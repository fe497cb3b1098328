export type { DomainEvent, Events } from './events.ts';
export { createEvents } from './events.ts';
