import type { OrganizationId, SubjectId, World } from '../../../lib/id.ts';
import { type Sealer, sealJson } from '../../../storage/sealing/sealed.ts';

export type ExchangeSealer = Pick<Sealer, 'seal' | 'sealOwn' | 'openMany' | 'openOwn'>;

/** Owner of the data: the person of the event, otherwise the organization. */
export interface Owner {
  organization: OrganizationId;
  world: World;
  subject: SubjectId | undefined;
}

const VERSION = 1;

/** Columns of deliveries that may hold personal data. `field` names the column and its row. */
export async function sealOwned(
  sealer: Pick<Sealer, 'seal' | 'sealOwn'>,
  { organization, world, subject }: Owner,
  field: string,
  value: object,
): Promise<Uint8Array> {
  if (subject !== undefined) return sealJson(sealer, { organization, world, subject, field }, value);
  return sealer.sealOwn(
    { organization, field, version: VERSION },
    new TextEncoder().encode(JSON.stringify(value)),
  );
}

/** Undefined once the person was erased, and for what was changed on disk. */
export async function openOwned<T>(
  sealer: Pick<Sealer, 'openMany' | 'openOwn'>,
  { organization, world, subject }: Owner,
  field: string,
  sealed: Uint8Array,
): Promise<T | undefined> {
  const plain = await plainOf();
  return plain && (JSON.parse(new TextDecoder().decode(plain)) as T);

  async function plainOf(): Promise<Uint8Array | undefined> {
    if (subject !== undefined) {
      const place = { organization, world, subject, field, version: VERSION };
      const [opened] = await sealer.openMany([{ place, sealed }]);
      return opened?.is === 'open' ? opened.plain : undefined;
    }
    try {
      return sealer.openOwn({ organization, field, version: VERSION }, sealed);
    } catch {
      return undefined;
    }
  }
}

export const exchangeField = (attempt: string) => `webhook_attempt.exchange/${attempt}`;
export const urlField = (delivery: string) => `webhook_delivery.url/${delivery}`;
