export {
  type CheckedDestination,
  type Destinations,
  type Grant,
  type Grants,
  ruleOf,
} from './destination.ts';
export { createDestinations, type OwnPlaces } from './destination-rules.ts';
export { createGrants, describeGrant } from './grants.ts';
