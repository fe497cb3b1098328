import type { Schemas } from '../../data.ts';

export type KeyState = 'altered' | 'revoked' | 'expired' | 'ending' | 'active';

/** What a key is now. `ending`: it works, and has an end. */
export function stateOf(
  key: Pick<Schemas['Key'], 'altered' | 'revokedAt' | 'expiresAt'>,
  now: number,
): KeyState {
  if (key.altered) return 'altered';
  if (key.revokedAt !== undefined) return 'revoked';
  if (key.expiresAt === undefined) return 'active';
  return Date.parse(key.expiresAt) <= now ? 'expired' : 'ending';
}

/** Non-empty lines, trimmed. */
export const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
