export { createRegistrationData } from './personal-data.ts';
export type { DataRequest, FailureCode, Registration, RegistrationState } from './registration.ts';
export type { RegistrationsDeps } from './registration-parts.ts';
export type { NewRegistration, Registrations } from './registrations.ts';
export { createRegistrations } from './registrations.ts';
