import { z } from 'zod';

/** What the receipt says of data that was not searched, by its code. `where`: a path, or the name of what holds it. */
const sentences = {
  ADDRESS_TOO_SHORT: () => 'the e-mail: shorter than six bytes, which chance would find too',
  COPY_UNREACHABLE: (where) => `${where}: cannot be reached`,
  HASH_IN_SNAPSHOTS: (where) => `the keyed hash of the address: it stays in ${where} until that is removed`,
  ID_IN_SCHEMA: (where) =>
    `the id and the keyed hash of the address: they stay in the PostgreSQL schema ${where} until that is removed`,
  MODEL_FILES: (where) => `${where}: model files, the same on every appliance`,
  NAME_TOO_SHORT: () => 'the name: shorter than six bytes, which chance would find too',
  OTHER_NODES: () => 'the data directories of the other nodes: each clears its own',
  POSTGRESQL_FILES: () => 'the files of the PostgreSQL server: they are not on this machine’s paths',
  UNREADABLE: (where) => where,
} as const satisfies Record<string, (where: string) => string>;

type Code = keyof typeof sentences;

export const NotSearched = z.strictObject({
  code: z.enum(Object.keys(sentences) as [Code, ...Code[]]).describe('What, and why'),
  where: z.string().optional().describe('Path, or name of what holds it'),
});
export type NotSearched = z.output<typeof NotSearched>;

export const sentenceOf = ({ code, where = '' }: NotSearched): string => sentences[code](where);
