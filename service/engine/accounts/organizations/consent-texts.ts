import { createHash } from 'node:crypto';
import type { Clock } from '../../../lib/clock.ts';
import { defined } from '../../../lib/defined.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { Actor, AuditAction } from '../../audit/index.ts';
import {
  OwnConsentText,
  type PublishedFacts,
  type TextOwner,
  type VersionedText,
} from '../../consent/index.ts';
import { type Organization, refuseErased, refuseTooMany, retentionPolicy } from './organization.ts';
import { insertConsentText, selectConsentText, selectConsentTexts } from './organization-store.ts';

export type ConsentTexts = ReturnType<typeof createConsentTexts>;

/** `own`: in place of what it has published. */
export const textOwner = (organization: Organization, own?: VersionedText): Organization & TextOwner => ({
  ...organization,
  terms: retentionPolicy(organization),
  ...(own && { own }),
});

interface Row {
  get(id: OrganizationId, from?: Db | Tx): Promise<Organization>;
  alter(
    id: OrganizationId,
    actor: Actor,
    decide: (
      before: Organization,
      tx: Tx,
    ) => Promise<{ after: Organization; action: AuditAction; details: Record<string, unknown> } | undefined>,
  ): Promise<Organization>;
}

const hashOf = (content: string) => createHash('sha256').update(content).digest('hex');

/** Of each version, the first one first, as the sound row of the organization has them. */
const hashesOf = (published: Organization['consentText']): string[] =>
  published ? [...(published.earlier ?? []), published.sha256] : [];

/** Each published version stays: what a person agreed to can be shown as long as the organization is there. */
export function createConsentTexts({ db, clock }: { db: Db; clock: Clock }, { get, alter }: Row) {
  /** A version as it was published; undefined where there is none, and where another program changed its row. */
  async function read(id: OrganizationId, { consentText }: Organization, version: number) {
    const content = await selectConsentText(db, id, version);
    return content !== undefined && hashOf(content) === hashesOf(consentText)[version - 1]
      ? OwnConsentText.parse(JSON.parse(content))
      : undefined;
  }

  async function asTextOwner(id: OrganizationId) {
    const organization = await get(id);
    const { consentText: sound } = organization;
    if (!sound) return textOwner(organization);
    const found = await read(id, organization, sound.version);
    // Without it people are shown no words but those of the product and of the sound row.
    return textOwner(organization, found ? { ...found, version: sound.version } : sound);
  }

  return {
    /** A new version; the same text again changes nothing. Throws CONFLICT when the organization was erased, and where there are too many. */
    publishConsentText: (id: OrganizationId, text: OwnConsentText, actor: Actor): Promise<Organization> =>
      alter(id, actor, async (before, tx) => {
        refuseErased(before);
        const content = JSON.stringify(text);
        const former = before.consentText;
        const sha256 = hashOf(content);
        if (former?.sha256 === sha256) return undefined;
        const has = 'has published its text';
        const count = former?.version ?? 0;
        refuseTooMany(actor, { count, last: former?.publishedAt, now: clock.now(), has });
        const version = (former?.version ?? 0) + 1;
        await insertConsentText(tx, { organization: id, version, content });
        const { text: _, live: __, ...facts } = text;
        const earlier = hashesOf(former);
        const consentText = { ...facts, version, sha256, earlier, publishedAt: clock.now() };
        const details = { version, sha256, from: former?.version ?? null };
        return { after: { ...before, consentText }, action: 'consent.publish', details };
      }),

    /** A version as it was published, or the newest. Throws NOT_FOUND. */
    async publishedText(id: OrganizationId, version?: number): Promise<VersionedText> {
      const organization = await get(id);
      const wanted = version ?? organization.consentText?.version;
      const found = wanted === undefined ? undefined : await read(id, organization, wanted);
      if (!found || wanted === undefined)
        throw new Problem('NOT_FOUND', 'The organization has published no such version of its consent text.');
      return { ...found, version: wanted };
    },

    /** Of these versions who is responsible, without those that another program changed. */
    async publishedFacts(
      id: OrganizationId,
      versions: number[],
      from: Db | Tx = db,
    ): Promise<PublishedFacts[]> {
      if (versions.length === 0) return [];
      const hashes = hashesOf((await get(id, from)).consentText);
      return (await selectConsentTexts(from, id, versions)).flatMap(({ version, content }) => {
        const sha256 = hashOf(content);
        if (sha256 !== hashes[version - 1]) return [];
        const { controller, contact } = OwnConsentText.safeParse(JSON.parse(content)).data ?? {};
        return [{ version, sha256, ...defined({ controller, contact }) }];
      });
    },
    /** With all that a text for people is made of. */
    asTextOwner,
  };
}
