import type { Schemas } from '../../../sdk/admin/client.ts';
import { heldForText } from '../../engine/matching/every-group.ts';
import { RELEASE_KEYS } from '../../release/release-keys.ts';
import { type FileSignature, signatureBeside } from '../../release/signed-file.ts';
import { describeProvider } from '../commands/models.ts';
import { asTyped, invocation } from '../invocation.ts';
import { count } from '../terminal/terminal.ts';
import type { Finding } from './checks.ts';

export type BoxStatus = Schemas['Status'];

export function checkGalleries({ people, safeGallery }: BoxStatus): Finding {
  const limits = safeGallery.map(
    ({ rate, holdsFor, people: safe }) =>
      `${safe.toLocaleString('en')} at 1 wrong name in ${Math.round(1 / rate)} ${heldForText[holdsFor]}`,
  );
  const largest = people.map(({ env, largest }) => `${largest.toLocaleString('en')} ${env}`);
  const found = `${largest.join(', ')} in the largest organization; measured up to ${limits.join(', ')}`;
  const exceeded = people.some(({ largest }) => safeGallery.some((limit) => largest > limit.people));
  return exceeded
    ? {
        what: 'people',
        state: 'warn',
        found,
        remedy:
          'Beyond, 1:N thresholds are extrapolated and refuse more genuine people: give the e-mail (1:1), or use several organizations.',
      }
    : { what: 'people', state: 'ok', found };
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

export function checkMatchOnly({ matchOnlyOrganizations: amount }: BoxStatus): Finding {
  if (amount === 0) return { what: 'match-only', state: 'ok', found: 'no organization' };
  return {
    what: 'match-only',
    state: 'warn',
    found: `${count(amount, 'organization', 'organizations')}: a printed photograph of an enrolled person would be verified there`,
    remedy: `${invocation} org set --no-match-only --org …   requires presentation attack detection again`,
  };
}

/** Profiles of organizations that verify where the liveness check fails. */
export function checkLenientProfiles({ lenientOrganizations: amount = 0 }: BoxStatus): Finding[] {
  if (amount === 0) return [];
  return [
    {
      what: 'liveness',
      state: 'warn',
      found: `${count(amount, 'organization has', 'organizations have')} a profile that verifies where the liveness check fails`,
      remedy: `${invocation} profile show NAME --org …   says which; built-in profiles refuse at 0.5`,
    },
  ];
}

export function checkProvider({ inference }: BoxStatus): Finding {
  const what = 'execution provider';
  const found = describeProvider(inference);
  if (inference.fallback === undefined) return { what, state: 'ok', found };
  return {
    what,
    state: 'warn',
    found,
    remedy:
      'Nothing is missing but speed. Look at the driver (docs/MODELS.md, “On a GPU”) and start the service again, or set "providers" to ["cpu"].',
  };
}

/** Copies of the key store: two at least are advised, on other disks than the data. */
export function checkKeyCopies(
  places: readonly { place: string; state: string; reason?: string }[],
): Finding {
  const what = 'copies of the key store';
  const behind = places.filter(({ state }) => state !== 'current');
  if (behind.length > 0) {
    return {
      what,
      state: 'warn',
      found: `${behind.map(({ place, state }) => `${place} is ${state}`).join(', ')}`,
      remedy: asTyped(behind.map(({ reason }) => reason ?? `${invocation} keystore sync`).join(' ')),
    };
  }
  const found = places.length === 0 ? 'none' : places.map(({ place }) => place).join(', ');
  if (places.length >= 2) return { what, state: 'ok', found };
  return {
    what,
    state: 'warn',
    found,
    remedy: `Without the key store no backup opens. Keep two copies, on other disks: ${invocation} keystore add DIR`,
  };
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
        remedy: `Compare the public key of releases over another way, and put it into ${RELEASE_KEYS} as NAME.pub.`,
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
