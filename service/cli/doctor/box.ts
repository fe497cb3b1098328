import type { Schemas } from '../../../sdk/admin/client.ts';
import { heldForText } from '../../engine/matching/every-group.ts';
import { RELEASE_KEYS } from '../../release/release-keys.ts';
import { type FileSignature, signatureBeside } from '../../release/signed-file.ts';
import { describeProvider } from '../commands/models.ts';
import { asTyped } from '../invocation.ts';
import type { Detail, Finding } from './checks.ts';

export type BoxStatus = Schemas['Status'];

/** People enrolled, and up to how many the thresholds were measured. */
export function describeGalleries({ people, safeGallery }: BoxStatus): Detail {
  const limits = safeGallery.map(
    ({ rate, holdsFor, people: safe }) =>
      `${safe.toLocaleString('en')} at 1 wrong name in ${Math.round(1 / rate)} ${heldForText[holdsFor]}`,
  );
  const largest = people.map(({ env, largest }) => `${largest.toLocaleString('en')} ${env}`);
  const found = `${largest.join(', ')} in the largest organization; measured up to ${limits.join(', ')}`;
  return { what: 'people', found };
}

export function checkLicences(
  models: readonly Pick<Schemas['Model'], 'name' | 'enabled' | 'acceptedBy' | 'acceptedAt'>[],
): Finding {
  const accepted = models.filter(({ enabled, acceptedAt }) => enabled && acceptedAt !== undefined);
  const names = accepted.map(({ name, acceptedBy, acceptedAt }) => {
    const by = acceptedBy === undefined ? '' : ` by ${acceptedBy}`;
    return `${name}${by} on ${new Date(acceptedAt!).toISOString().slice(0, 10)}`;
  });
  return {
    what: 'licence doubts',
    state: 'ok',
    found: names.length === 0 ? 'none accepted' : `accepted: ${names.join('; ')}`,
  };
}

export const describeCurrentProvider = ({ inference }: BoxStatus): Detail => ({
  what: 'execution provider',
  found: describeProvider(inference),
});

/** `advice`: of a key store without a copy. Beside people in PostgreSQL it may lie in the data directory, where no backup of the database finds it. */
export function describeKeyCopies(
  places: readonly { place: string; state: string; reason?: string }[],
  advice?: string,
): Detail {
  const all = places.map(({ place, state, reason }) =>
    state === 'current' ? place : `${place} is ${state}${reason === undefined ? '' : `: ${asTyped(reason)}`}`,
  );
  const none = advice === undefined ? 'none' : `none. ${asTyped(advice)}`;
  return { what: 'copies of the key store', found: all.join(', ') || none };
}

/** The signature of the manifest that names every model by its hash. A checkout has none. */
export function checkManifestSignature(found: FileSignature, file: string): Finding {
  const what = 'model manifest';
  switch (found.is) {
    case 'signed':
      return { what, state: 'ok', found: `signed by key ${found.keyId} (${found.comment})` };
    case 'unsigned':
      return {
        what,
        state: 'ok',
        found: 'not signed: a checkout, or a package that was built without a key',
      };
    case 'unchecked':
      return {
        what,
        state: 'warn',
        found: `signed by key ${found.keyId}, and no public key is here to check it`,
        remedy: `Compare the public key of releases with one from another source, and put it into ${RELEASE_KEYS} as NAME.pub.`,
      };
    case 'refused':
      return {
        what,
        state: 'fail',
        found: `${file} does not match ${signatureBeside(file)}: ${found.why}`,
        remedy: 'Install Gatehouse again from a package whose signature is right: gatehouse update FILE',
      };
  }
}
