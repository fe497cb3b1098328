export type { CheckedDestination, Destinations, Grant, Grants } from './destination.ts';
export { ruleOf } from './destination-refusal.ts';
export type { OwnPlaces } from './destination-rules.ts';
export { createDestinations } from './destinations.ts';
export { describeGrant } from './grant-text.ts';
export { createGrants } from './grants.ts';
