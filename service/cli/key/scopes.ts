import { type Scope, scopes } from '../../engine/access/scope.ts';
import { UsageError } from '../failure.ts';

/** `identity:verify, admin` -> the scopes. Throws UsageError that names those there are not. */
export function readScopes(text: string): Scope[] {
  const words = text.split(',').map((word) => word.trim());
  const known = scopes.filter((scope) => words.includes(scope));
  const unknown = words.filter((word) => !scopes.some((scope) => scope === word));
  if (unknown.length > 0) {
    throw new UsageError(`--scopes: "${unknown.join('", "')}" is not a scope. Scopes: ${scopes.join(', ')}.`);
  }
  return known;
}
