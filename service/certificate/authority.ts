import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { BoxNames } from './box-names.ts';
import { type Holder, issueLeaf, makeAuthority, type Pair, type Permitted, permits } from './issue.ts';

const DAY = 86_400_000;
/** The authority is valid for ten years; certificates expire with it. */
const REPLACE_BEFORE = 30 * DAY;

/** A secret of the appliance, kept with the other keys. */
export interface KeptSecret {
  load(): Promise<{ secret: Uint8Array; details: string } | undefined>;
  /** In the place of the one before; on disk when it resolves. */
  save(kept: { secret: Uint8Array; details: string }): Promise<void>;
}

const Details = z.object({
  /** PEM. */
  certificate: z.string(),
  permitted: z.object({ names: z.array(z.string()), networks: z.array(z.string()) }),
});

export interface AuthorityFacts {
  /** PEM. */
  certificate: string;
  permitted: Permitted;
}

/** The certificate authority of the box. Its key lies in the key store, and is in memory only while it issues. */
export interface Authority {
  /** Makes one where there is none, where it ends, where it may not issue for the chosen name, and where `replace` asks for it. */
  prepare(
    wanted: BoxNames,
    when: { now: number; replace: boolean },
  ): Promise<AuthorityFacts & { made: 'first' | 'another' | false }>;
  issue(holder: Holder, now: number): Promise<Pair>;
}

export function createAuthority(kept: KeptSecret): Authority {
  async function read() {
    const found = await kept.load();
    return found && { ...Details.parse(JSON.parse(found.details)), key: found.secret };
  }
  return {
    async prepare(wanted, { now, replace }) {
      const found = await read();
      found?.key.fill(0);
      if (found && !replace && serves(found, wanted, now)) return { ...factsOf(found), made: false };
      const permitted = { names: wanted.names, networks: wanted.networks };
      const { certificate, key } = await makeAuthority(permitted, now);
      await kept.save({ secret: key, details: JSON.stringify({ certificate, permitted }) });
      key.fill(0);
      return { certificate, permitted, made: found ? 'another' : 'first' };
    },
    async issue(holder, now) {
      const found = await read();
      if (!found) throw new Error('The box has no certificate authority.');
      try {
        return await issueLeaf(found, holder, now);
      } finally {
        found.key.fill(0);
      }
    },
  };
}

const factsOf = ({ certificate, permitted }: AuthorityFacts): AuthorityFacts => ({ certificate, permitted });

const serves = ({ certificate, permitted }: AuthorityFacts, { chosen }: BoxNames, now: number): boolean =>
  Date.parse(new X509Certificate(certificate).validTo) - now > REPLACE_BEFORE &&
  (chosen === undefined || permits(permitted, chosen));
