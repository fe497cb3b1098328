import { describe, expect, test } from 'vitest';
import { builtInProfiles } from './built-in-profiles.ts';
import { allowedOf, type Profile, profileNamed, requireAllowed } from './profile.ts';

const builtIn = (slug: string) => builtInProfiles.find((profile) => profile.slug === slug)!;
const own = (slug: string): Profile => ({ ...builtIn('default'), id: `prof_${slug}`, slug, builtIn: false });
/** An organization with its own `default` and `door`. */
const inUse = [...builtInProfiles.filter(({ slug }) => slug !== 'default'), own('default'), own('door')];
const key = { is: 'key', key: 'key_1' } as const;
const asked = { inUse, organization: undefined, key: [] };
const mayUse = (profile: Profile, limits: { organization?: string[]; key?: string[] }) => {
  try {
    requireAllowed(profile, key, { ...asked, ...limits });
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'PROFILE_NOT_ALLOWED' });
    return false;
  }
};

describe('an organization that does not say', () => {
  test('allows its own profiles and the built-in ones it has not replaced', () => {
    for (const profile of inUse) expect(mayUse(profile, {})).toBe(true);
    expect(mayUse(builtIn('default'), {})).toBe(false);
  });

  test('a call that names none gets `default`', () => {
    expect(profileNamed({ ...asked, named: undefined })).toBe('default');
    expect(profileNamed({ ...asked, named: 'builtin:specter' })).toBe('builtin:specter');
  });
});

describe('a list of the organization or of a key', () => {
  test('allows what is on both', () => {
    expect(mayUse(own('door'), { organization: ['door', 'default'] })).toBe(true);
    expect(mayUse(builtIn('specter'), { organization: ['door', 'default'] })).toBe(false);
    expect(mayUse(own('default'), { organization: ['door', 'default'], key: ['door'] })).toBe(false);
    expect(mayUse(own('door'), { organization: ['default'], key: ['door'] })).toBe(false);
    expect(allowedOf(inUse, ['door', 'gone']).map(({ slug }) => slug)).toEqual(['door']);
  });

  test('a call that names none gets the only one there is', () => {
    expect(profileNamed({ ...asked, named: undefined, key: ['door'] })).toBe('door');
    expect(profileNamed({ ...asked, named: undefined, key: ['door', 'specter'] })).toBe('default');
  });

  test('the refusal names what is allowed, or how to allow something', () => {
    expect(() => requireAllowed(builtIn('specter'), key, { ...asked, key: ['door', 'default'] })).toThrow(
      'The profile builtin:specter is not allowed to this caller: name one of default, door.',
    );
    expect(() => requireAllowed(builtIn('specter'), key, { ...asked, organization: ['gone'] })).toThrow(
      'gatehouse org set --profiles',
    );
  });

  test('an operator of the box may run any', () => {
    const operator = { is: 'operator', name: 'ada' } as const;
    expect(() => requireAllowed(builtIn('default'), operator, { ...asked, key: ['door'] })).not.toThrow();
  });
});
