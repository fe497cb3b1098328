import type { OrganizationId } from '../../../lib/id.ts';

/** Hashes that are kept of one attempt. */
const KEPT = 32;

/** Keyed hashes of what an attempt showed, of its bytes and of its pixels: the rows reveal no frame. */
export const frameHashes = (
  sealer: { emailHash(organization: OrganizationId, text: string): string },
  organization: OrganizationId,
  { bytes, pixels }: { bytes: Iterable<string>; pixels: Iterable<string> },
): string[] => {
  const keyed = (kind: string, all: Iterable<string>) =>
    [...new Set(all)]
      .filter((one) => one !== '')
      .map((one) => sealer.emailHash(organization, `${kind}/${one}`));
  return [...keyed('frame-bytes', bytes), ...keyed('frame-pixels', pixels)];
};

/**
 * The ones to keep: the smallest. Their order depends on the key alone, so a replay cannot leave out the frames that are known; each
 * repeated part of a recording of some seconds holds some of them.
 */
export const keptHashes = (hashes: readonly string[]): string[] => hashes.toSorted().slice(0, KEPT);
