import { timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server';
import { Problem } from '../../../../lib/problem.ts';
import { sourceOf } from '../../../../lib/source.ts';
import type { Tx } from '../../../../storage/transaction.ts';
import { lasts, type Site } from '../administrator.ts';
import type { Account } from '../administrator-store.ts';
import type { Parts } from '../parts.ts';
import {
  keepUsedChallenge,
  type PasskeyRow,
  putChallenge,
  selectPasskeys,
  takeChallenge,
} from '../passkey-store.ts';
import { algorithms, userHandle, webauthn } from './verify-passkey.ts';

export const CHALLENGE_LIFE = 5 * 60_000;
/** Bytes of a challenge that names no account: when it was made, and chance; then its MAC. */
const [TIME, CHANCE] = [8, 24];

/** Challenges for authenticators; each is valid for one answer within five minutes. */
export interface Challenges {
  /** `holder`: who may answer. Throws PASSKEY_REFUSED where no passkey of the account works on this site. */
  toProve(holder: string, account: Account, site: Site): Promise<PublicKeyCredentialRequestOptionsJSON>;
  toAdd(holder: string, account: Account, site: Site): Promise<PublicKeyCredentialCreationOptionsJSON>;
  /**
   * For an account that is not named yet: any passkey of the site that the authenticator keeps. Nothing is written: the challenge carries
   * its time and a MAC.
   */
  toSignIn(site: Site, source: string): Promise<PublicKeyCredentialRequestOptionsJSON>;
  /** Throws PASSKEY_REFUSED for a challenge that was not made for this site and source, or is over. */
  readSignIn(challenge: string, site: Site, source: string): void;
  /** In the transaction that signs in. Throws PASSKEY_REFUSED for one that was answered. */
  useSignIn(tx: Tx, challenge: string): Promise<void>;
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

  const macOf = (head: Uint8Array, { rpId, origin }: Site, source: string) =>
    Buffer.from(
      integrity.mac('passkey-sign-in', [
        Buffer.from(head).toString('base64url'),
        rpId,
        origin,
        sourceOf(source),
      ]),
    );

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

    async toSignIn(site, source) {
      requireName(site);
      const bytes = new Uint8Array(TIME + CHANCE);
      random(bytes);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(clock.now()));
      const made = Buffer.concat([bytes, macOf(bytes, site, source)]);
      const { generateAuthenticationOptions } = await webauthn();
      return generateAuthenticationOptions({
        rpID: site.rpId,
        challenge: new Uint8Array(made),
        userVerification: 'required',
        timeout: CHALLENGE_LIFE,
      });
    },

    readSignIn(challenge, site, source) {
      const bytes = Buffer.from(challenge, 'base64url');
      const [head, mac] = [bytes.subarray(0, TIME + CHANCE), bytes.subarray(TIME + CHANCE)];
      const own = macOf(head, site, source);
      if (mac.length !== own.length || !timingSafeEqual(mac, own)) throw noChallenge();
      const at = Number(head.readBigUInt64BE(0));
      if (!lasts(at, at + CHALLENGE_LIFE, clock.now())) throw noChallenge();
    },

    async useSignIn(tx, challenge) {
      const row = { holder: `used/${challenge}`, challenge, createdAt: clock.now() };
      if (!(await keepUsedChallenge(tx, integrity, row))) throw noChallenge();
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
