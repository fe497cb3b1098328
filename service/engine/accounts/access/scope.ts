/** What a key may do. `identity` is `identity:verify` and `identity:enroll` together. */
export const scopes = [
  'identity',
  'identity:verify',
  'identity:enroll',
  'presence',
  'sessions',
  'behavior',
  'hosted',
  'registrations',
  'webhooks',
  'admin',
] as const;
export type Scope = (typeof scopes)[number];

/** A scope that includes others, and those. */
const parts: { readonly [S in Scope]?: readonly Scope[] } = {
  identity: ['identity:verify', 'identity:enroll'],
};

const partsOf = (scope: Scope): readonly Scope[] => parts[scope] ?? [scope];

/** Whether a key with the scopes `held` may do what `wanted` asks for. */
export function holdsScope(held: readonly Scope[], wanted: Scope): boolean {
  if (held.includes(wanted)) return true;
  const all = new Set(held.flatMap(partsOf));
  return partsOf(wanted).every((part) => all.has(part));
}

/** The same rights in as few scopes as possible, in the order of `scopes`. */
export function simplestScopes(held: readonly Scope[]): Scope[] {
  const whole = scopes.filter((scope) => holdsScope(held, scope));
  return whole.filter((scope) => !whole.some((other) => other !== scope && partsOf(other).includes(scope)));
}

/** The roles of administrators. Each route in `doors/admin` lists the roles that may call it. */
export const roles = ['owner', 'administrator', 'operator', 'reviewer', 'auditor'] as const;
export type Role = (typeof roles)[number];
