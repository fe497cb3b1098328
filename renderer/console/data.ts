/** What screens read: routes of the service, the session, roles. */

export { Actor, Named, PersonName } from './actor.tsx';
export { admin, allPages, api, list, read, replyOf, type Schemas, whole } from './api/admin.ts';
export { PersonSearch } from './person-search.tsx';
export { organizationQuery, profilesQuery } from './queries.ts';
export { saveFile } from './save-file.ts';
export { managers, operators, readers, reviewers, sessionDeciders } from './screen-data.ts';
export { sessionQuery, useSession, useWorld, type World } from './session/session-query.ts';
