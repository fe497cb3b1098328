import { randomFillSync } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AdministratorSession,
  type Administrators,
  type AdministratorsDeps,
  type AdministratorTokens,
  createAdministrators,
  createAdministratorTokens,
  createKiosks,
  createSetup,
  type FaceJudge,
  hasFreshFactor,
  type Kiosks,
  type KiosksDeps,
  type Setup,
  type TokenFile,
} from '../../engine/accounts/index.ts';
import type { Subjects } from '../../engine/people/index.ts';
import type { AdministratorSessions } from '../../http/sign-in/administrator-sessions.ts';
import { defined } from '../../lib/defined.ts';
import { writeDurably } from '../../lib/durable-file.ts';
import type { Vault } from '../../storage/keys/vault.ts';
import type { Audited, Callers } from '../audit.ts';
import type { Base, Ground } from '../base.ts';

export interface Staff {
  administrators: Administrators;
  tokens: AdministratorTokens;
  kiosks: Kiosks;
  /** Finds the administrator of a session cookie or an access token. */
  sessions: AdministratorSessions;
}

interface StaffDeps extends Pick<Audited, 'audit'>, Pick<Callers, 'organizations'> {
  ground: Omit<Ground, 'sealer'> & { sealer: AdministratorsDeps['sealer'] };
  judge: AdministratorsDeps['judge'];
  vault: Pick<Vault, 'integrity' | 'signing'>;
  hashing?: NonNullable<AdministratorsDeps['hashing']>;
  pinCost?: NonNullable<KiosksDeps['pinCost']>;
}

/** Accounts, sign-in and sessions of administrators. A restore ends every session. */
export async function openStaff(
  deps: Base & Audited & Callers & { people(): { checks: { administratorFaces: FaceJudge } } },
): Promise<Staff> {
  const staff = createStaff({ ...deps, judge: () => deps.people().checks.administratorFaces });
  if (deps.restored) await staff.administrators.endAll();
  return staff;
}

export function createStaff({ ground, vault, pinCost, ...deps }: StaffDeps): Staff {
  const { clock } = ground;
  const administrators = createAdministrators({ ...ground, ...deps, integrity: vault.integrity });
  const tokens = createAdministratorTokens({
    clock,
    keys: {
      current: () => vault.signing.keyPair('administrators'),
      // Not the former keys: one is rotated because it may have leaked.
      verifier(kid) {
        const pair = vault.signing.keyPair('administrators');
        return pair.kid === kid ? pair.publicKey : undefined;
      },
    },
  });
  return {
    administrators,
    kiosks: createKiosks({
      ...ground,
      ...deps,
      administrators,
      integrity: vault.integrity,
      ...defined({ pinCost }),
    }),
    tokens,
    sessions: {
      async byCookie(secret) {
        const opened = await administrators.sessionOf(secret);
        return opened && callerOf(opened.session);
      },
      async byToken(token) {
        const owner = await tokens.read(token);
        const session = owner && (await administrators.sessionById(owner.session));
        return session?.administrator.id === owner?.administrator ? session && callerOf(session) : undefined;
      },
      checkCsrf: administrators.checkCsrf,
      hasFreshFactor: (caller) => hasFreshFactor(caller, clock.now()),
    },
  };
}

function callerOf({ id, administrator, factorAt, limitedTo }: AdministratorSession) {
  const { organization, role, applianceOwner, passkeys } = administrator;
  return {
    ...({ is: 'administrator', administrator: administrator.id, session: id } as const),
    organization,
    role,
    applianceOwner,
    ...(passkeys === 0 && { withoutFactor: true as const }),
    ...defined({ factorAt, limitedTo }),
  };
}

export interface FirstOwner {
  setup: Setup;
  /** File of the setup token while it is valid. */
  setupTokenFile: string;
}

/** How the first owner is made. */
export function createFirstOwner({
  config,
  ground,
  vault,
  people,
  ...deps
}: Base & Audited & Callers & Staff & { people(): { subjects: Pick<Subjects, 'count'> } }): FirstOwner {
  const setupTokenFile = join(config.data, 'setup-token');
  const { integrity } = vault;
  return {
    setupTokenFile,
    setup: createSetup({
      ...ground,
      ...deps,
      integrity,
      hasPeople: async (organization) =>
        (await people().subjects.count({ organization, world: 'live' })) > 0 ||
        (await people().subjects.count({ organization, world: 'test' })) > 0,
      random: randomFillSync,
      file: tokenFile(setupTokenFile),
    }),
  };
}

/** 0600, as every file that `writeDurably` makes. */
const tokenFile = (path: string): TokenFile => ({
  read() {
    try {
      return readFileSync(path, 'utf8').trim();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  },
  write: (token) => writeDurably(path, `${token}\n`),
  remove: () => rmSync(path, { force: true }),
});
