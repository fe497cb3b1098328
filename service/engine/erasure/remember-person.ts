import { defined } from '../../lib/defined.ts';
import type { SubjectId } from '../../lib/id.ts';
import type { PersonalData, SealedValue } from '../personal-data/index.ts';
import type { Realm, Subject } from '../subjects/index.ts';
import type { Remembered } from './needles.ts';

/** The person as they were, held in memory only, until the search is done. */
export interface Witness {
  realm: Realm;
  subject: SubjectId;
  remembered: Remembered;
  sealed: SealedValue[];
  /** Vectors of the galleries' embedders. */
  probes: { embedder: string; vector: Float32Array }[];
}

/** Opens what is sealed. */
export interface Opener {
  openMany(
    values: readonly SealedValue[],
  ): Promise<({ is: 'open'; plain: Uint8Array } | { is: 'erased' } | { is: 'damaged' })[]>;
}

export interface RememberDeps {
  sealer: Opener;
  subjects: {
    /** Vectors as the models gave them, of all embedders, and the one that is searched by. */
    enrollments(
      realm: Realm,
      subject: SubjectId,
    ): Promise<{ templates: { embedder: string; vector: Float32Array }[] }[]>;
  };
  personalData: readonly PersonalData[];
  /** The embedders of the galleries. */
  galleries(): readonly string[];
}

const OPENED_AT_ONCE = 2_000;

export async function openAll(sealer: Opener, values: readonly SealedValue[]) {
  const opened = [];
  for (let i = 0; i < values.length; i += OPENED_AT_ONCE)
    opened.push(...(await sealer.openMany(values.slice(i, i + OPENED_AT_ONCE))));
  return opened;
}

/** The values that the proof searches for; call it before anything is erased. */
export async function rememberPerson(
  { sealer, subjects, personalData, galleries }: RememberDeps,
  realm: Realm,
  { id: subject, email, name }: Subject,
): Promise<Witness> {
  const sealed: SealedValue[] = [];
  for (const one of personalData) sealed.push(...((await one.sealedValues?.({ ...realm, subject })) ?? []));
  const patterns: Remembered['patterns'][number][] = [];
  for (const [i, value] of (await openAll(sealer, sealed)).entries()) {
    const { searched } = sealed[i]!;
    if (value.is !== 'open' || !searched) continue;
    for (const bytes of searched.forms(value.plain)) patterns.push({ kind: searched.kind, bytes });
  }
  const compared = (await subjects.enrollments(realm, subject)).flatMap((one) => one.templates);
  const searched = galleries();
  return {
    realm,
    subject,
    sealed,
    probes: compared.filter(({ embedder }) => searched.includes(embedder)),
    remembered: {
      patterns,
      ...defined({ email, name }),
    },
  };
}
