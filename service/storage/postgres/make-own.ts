/** Two starts take turns. Any number that is ours alone in the database. */
const MAKING_LOCK = 7_184_005;

/**
 * What lies beside the tables of the migrations, made where it is not there yet: as one statement, so that of nodes which start at the same time
 * the second finds what the first made. `if not exists` alone fails there.
 */
export const makeOwn = (...statements: string[]): string => `do $making$ begin
  perform pg_advisory_xact_lock(${MAKING_LOCK});
  ${statements.join(';\n  ')};
end $making$`;
