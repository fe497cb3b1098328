import { isIP } from 'node:net';
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server';
import { Problem } from '../../../../lib/problem.ts';
import { lasts, type Site } from '../administrator.ts';
import type { Account } from '../administrator-store.ts';
import type { Parts } from '../parts.ts';
import { type PasskeyRow, putChallenge, selectPasskeys, takeChallenge } from '../passkey-store.ts';
import { algorithms, userHandle, webauthn } from './verify-passkey.ts';

export const CHALLENGE_LIFE = 5 * 60_000;

/** Challenges for authenticators; each is valid for one answer within five minutes. */
export interface Challenges {
  /** `holder`: who may answer. Throws PASSKEY_REFUSED where no passkey of the account works on this site. */
  toProve(holder: string, account: Account, site: Site): Promise<PublicKeyCredentialRequestOptionsJSON>;
  toAdd(holder: string, account: Account, site: Site): Promise<PublicKeyCredentialCreationOptionsJSON>;
  /** Undefined when none was asked for, or it was answered, or is over. */
  take(holder: string): Promise<string | undefined>;
}

export function createChallenges(parts: Parts): Challenges {
  const { db, inTransaction, integrity, clock, random } = parts;

  async function make(holder: string): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(32);
    random(bytes);
    const challenge = Buffer.from(bytes).toString('base64url');
    await inTransaction((tx) => putChallenge(tx, integrity, { holder, challenge, createdAt: clock.now() }));
    return bytes;
  }

  return {
    async toProve(holder, account, site) {
      requireName(site);
      const all = await selectPasskeys(db, integrity, account.id);
      const here = all.filter((passkey) => passkey.site === site.rpId);
      if (here.length === 0)
        throw new Problem(
          'PASSKEY_REFUSED',
          `No passkey of the account works under the name ${site.rpId}: open the console under the name that they were made for, or use a recovery code.`,
        );
      const { generateAuthenticationOptions } = await webauthn();
      return generateAuthenticationOptions({
        rpID: site.rpId,
        challenge: await make(holder),
        allowCredentials: here.map(named),
        userVerification: 'required',
        timeout: CHALLENGE_LIFE,
      });
    },

    async toAdd(holder, account, site) {
      requireName(site);
      const all = await selectPasskeys(db, integrity, account.id);
      const { generateRegistrationOptions } = await webauthn();
      return generateRegistrationOptions({
        rpID: site.rpId,
        rpName: site.rpName,
        userID: userHandle(account.id),
        userName: account.email,
        userDisplayName: account.name,
        challenge: await make(holder),
        attestationType: 'none',
        excludeCredentials: all.map(named),
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
        supportedAlgorithmIDs: algorithms,
        timeout: CHALLENGE_LIFE,
      });
    },

    async take(holder) {
      const row = await inTransaction((tx) => takeChallenge(tx, integrity, holder));
      if (!row || !lasts(row.createdAt, row.createdAt + CHALLENGE_LIFE, clock.now())) return undefined;
      return row.challenge;
    },
  };
}

const named = ({ id, transports }: PasskeyRow) => ({ id, transports });

function requireName({ rpId }: Site): void {
  if (rpId !== '' && isIP(rpId.replace(/^\[|\]$/g, '')) === 0) return;
  throw new Problem(
    'PASSKEY_REFUSED',
    'Passkeys work under a host name only, not under an IP address: open the console under the name of the appliance.',
  );
}

export const noChallenge = () =>
  new Problem(
    'PASSKEY_REFUSED',
    'There is no open request for a passkey, or it is older than five minutes: start again.',
  );
