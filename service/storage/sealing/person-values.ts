import type { KeyObject } from 'node:crypto';
import { setImmediate as pause } from 'node:timers/promises';
import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';
import { decrypt, encrypt, type Format, formatOf, type Random } from './aes-gcm.ts';
import type { PersonKeys } from './person-keys.ts';
import { createValueOpener, type Unsealed, type ValueOpenerDeps } from './value-opener.ts';

/** Values that are sealed anew in one go: some milliseconds of the event loop. */
const AT_ONCE = 8;

/** Position of a sealed value. It opens only there. */
export interface SealedPlace {
  organization: OrganizationId;
  subject: SubjectId;
  /** `subject.email`; with the row's id where a person has several rows: `template.vector/tpl_…`. No `|`. */
  field: string;
  /** Version of the layout of the plain bytes, chosen by the writing code. */
  version: number;
  /** World of the row, if it belongs to one: a value moved to the other world does not open. */
  world?: World | undefined;
}

/** Values under the keys of people. */
export interface PersonValues {
  /** Throws SUBJECT_NOT_FOUND without a key. 29 bytes longer than `plain`. */
  seal(place: SealedPlace, plain: Uint8Array): Promise<Uint8Array>;
  /** Throws SUBJECT_NOT_FOUND once the key is destroyed, and an error (not a Problem) for damaged bytes. */
  open(place: SealedPlace, sealed: Uint8Array): Promise<Uint8Array>;
  /** As `open`, for many at once (a few thousand at a time): one answer each, in order, none thrown. */
  openMany(values: readonly { place: SealedPlace; sealed: Uint8Array }[]): Promise<Unsealed[]>;
  /**
   * What a pass over many people seals anew: `change` gives the plain bytes and their new place, or undefined for what stays. The answers
   * are in order, undefined too where nothing opens; other work has a turn in between.
   */
  sealAnew(
    values: readonly { place: SealedPlace; sealed: Uint8Array }[],
    change: (plain: Uint8Array, index: number) => { place: SealedPlace; plain: Uint8Array } | undefined,
  ): Promise<(Uint8Array | undefined)[]>;
  /** As `openMany`, in threads of its own until it is closed: for what reads everything. */
  openInThreads(): {
    openMany(values: readonly { place: SealedPlace; sealed: Uint8Array }[]): Promise<Unsealed[]>;
    close(): Promise<void>;
  };
}

export function createPersonValues(
  persons: PersonKeys,
  random: Random,
  opening: Pick<ValueOpenerDeps, 'keys' | 'wrappingKey'>,
): PersonValues {
  function sealUnder(key: KeyObject, place: SealedPlace, plain: Uint8Array): Uint8Array {
    const format = place.world === undefined ? 1 : 2;
    return encrypt(key, plain, valueBound(place, format), random, format);
  }

  return {
    seal: async (place, plain) => sealUnder(await persons.of(place.subject), place, plain),
    async open(place, sealed) {
      const plain = decrypt(await persons.of(place.subject), sealed, valueBound(place, formatOf(sealed)));
      if (plain) return plain;
      throw new Error(`The sealed ${place.field} of ${place.subject} was changed or belongs elsewhere.`);
    },
    async openMany(values) {
      const found = await persons.ofMany(values.map(({ place }) => place.subject));
      return values.map(({ place, sealed }): Unsealed => {
        const key = found.get(place.subject);
        if (key === undefined) return { is: 'erased' };
        const plain = decrypt(key, sealed, valueBound(place, formatOf(sealed)));
        return plain
          ? { is: 'open', plain, ...(isOlder(place, sealed) && { older: true }) }
          : { is: 'damaged' };
      });
    },
    async sealAnew(values, change) {
      const found = await persons.ofMany(
        values.map(({ place }) => place.subject),
        'passing',
      );
      const anew: (Uint8Array | undefined)[] = [];
      for (const [index, { place, sealed }] of values.entries()) {
        if (index % AT_ONCE === AT_ONCE - 1) await pause();
        const key = found.get(place.subject);
        const plain = key && decrypt(key, sealed, valueBound(place, formatOf(sealed)));
        const next = plain && change(plain, index);
        anew.push(next && sealUnder(key!, next.place, next.plain));
      }
      return anew;
    },
    openInThreads() {
      const opener = createValueOpener(opening);
      return {
        openMany: (values) =>
          opener.openMany(
            values.map(({ place, sealed }) => ({
              subject: place.subject,
              bound: valueBound(place, formatOf(sealed)),
              sealed,
            })),
          ),
        close: () => opener.close(),
      };
    },
  };
}

function valueBound({ organization, world, subject, field, version }: SealedPlace, format: Format): string {
  if (field.includes('|')) throw new Error(`A sealed field is named without "|", not "${field}".`);
  const former = `${organization}|${subject}|${field}|${version}`;
  return format === 1 ? former : `2|${organization}|${world ?? ''}|${subject}|${field}|${version}`;
}

/** Sealed before worlds were named. */
const isOlder = ({ world }: SealedPlace, sealed: Uint8Array): boolean =>
  world !== undefined && formatOf(sealed) === 1;
