import { type Access, holdsScope, type KeyCaller, type Scope } from '../../service/engine/accounts/index.ts';
import type { KeyId, OrganizationId } from '../../service/lib/id.ts';
import { Problem } from '../../service/lib/problem.ts';

export const recordedKeys = {
  live: 'prf_live_0123456789abcdefghijklmnopqrstuv',
  test: 'gh_test_0123456789abcdefghijklmnopqrstuv',
  admin: 'gh_live_admin0123456789abcdefghijklmnopqr',
  otherScope: 'gh_live_presence0123456789abcdefghijklm',
  huma: 'huma_live_0123456789abcdefghijklmnopqrstuv',
  behavior: 'huma_live_your_key_here_0123456789abcdef',
  behaviorPage: 'huma_live_page0123456789abcdefghijklmno',
  sessions: 'hp_live_0123456789abcdefghijklmnopqrstuv',
  browser: 'hp_live_browser0123456789abcdefghijklmno',
  hosted: 'gh_live_hosted0123456789abcdefghijklmnopq',
  hostedTest: 'gh_test_hosted0123456789abcdefghijklmnopq',
  registrations: 'gh_live_registrations0123456789abcdefghij',
  registrationsTest: 'gh_test_registrations0123456789abcdefghij',
};

const originsOf: Record<string, string[]> = {
  key_live: ['https://app.example.com'],
  key_behavior: ['https://app.example.com'],
  key_browser: ['https://shop.example'],
  key_behavior_page: ['https://shop.example'],
};

/** Knows a few keys of one organization, and refuses like the real one. */
export function recordedAccess(): Access {
  const caller = (key: string, world: 'live' | 'test', scope: Scope): KeyCaller => ({
    is: 'key',
    key: key as KeyId,
    lineage: key,
    organization: 'org_recorded' as OrganizationId,
    world,
    scopes: [scope],
    origins: originsOf[key] ?? [],
    ...(['key_browser', 'key_behavior_page'].includes(key) && { browser: true as const }),
  });
  const callers: Record<string, KeyCaller> = {
    [recordedKeys.live]: caller('key_live', 'live', 'identity'),
    [recordedKeys.test]: caller('key_test', 'test', 'identity'),
    [recordedKeys.admin]: caller('key_admin', 'live', 'admin'),
    [recordedKeys.otherScope]: caller('key_other', 'live', 'presence'),
    [recordedKeys.huma]: caller('key_huma', 'live', 'webhooks'),
    [recordedKeys.behavior]: caller('key_behavior', 'live', 'behavior'),
    [recordedKeys.behaviorPage]: caller('key_behavior_page', 'live', 'behavior'),
    [recordedKeys.sessions]: caller('key_sessions', 'live', 'sessions'),
    [recordedKeys.browser]: caller('key_browser', 'live', 'sessions'),
    [recordedKeys.hosted]: caller('key_hosted', 'live', 'hosted'),
    [recordedKeys.hostedTest]: caller('key_hosted_test', 'test', 'hosted'),
    [recordedKeys.registrations]: caller('key_registrations', 'live', 'registrations'),
    [recordedKeys.registrationsTest]: caller('key_registrations_test', 'test', 'registrations'),
  };
  const unused = async () => {
    throw new Error('doors do not manage keys');
  };
  return {
    createKey: unused,
    forgetRead: () => {},
    listKeys: unused,
    namesOf: unused,
    pageKeys: unused,
    revokeKey: unused,
    rotateKey: unused,
    restrictKey: unused,
    originsOf: unused,
    knowsOrigin: async (origin) => origin === 'https://app.example.com',
    async authenticate({ credential, scope, orScopes = [], refusal, origin }) {
      if (credential === undefined) throw new Problem('MISSING_AUTH', 'Send an API key.');
      if (!/^[a-z]+_(live|test)_\w{20,}$/.test(credential)) {
        throw new Problem('INVALID_API_KEY_FORMAT', 'A key looks like gh_live_….');
      }
      const found = callers[credential];
      if (!found) throw new Problem('INVALID_API_KEY', 'This key is not valid.');
      if (scope === undefined) throw new Problem('INSUFFICIENT_SCOPE', refusal ?? 'No API key may do this.');
      if (![scope, ...orScopes].some((one) => holdsScope(found.scopes, one)))
        throw new Problem('INSUFFICIENT_SCOPE', `This key has no scope "${scope}".`);
      if (origin !== undefined && found.origins?.length && !found.origins.includes(origin)) {
        throw new Problem('ORIGIN_NOT_ALLOWED', 'This key may not be used from this origin.');
      }
      return found;
    },
  };
}
