import { type RawBuilder, type SqlBool, sql } from 'kysely';

/** Rows whose id ends so, six characters, as an index of `verification` and `live_session` has it. */
export const endsIn = (end: string): RawBuilder<SqlBool> => sql`substr(id, length(id) - 5) = ${end}`;
