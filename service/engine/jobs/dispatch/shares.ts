import type { OrganizationId } from '../../../lib/id.ts';

/** What waits for a place of its organization. `priority` from 1. */
export interface Parked<Entry> {
  priority: number;
  entry: Entry;
}

/**
 * Shares so many places among organizations: one holds no more of them than are still free, at least one. Alone it has half of them; of three whose
 * receivers all hang each has a quarter, and a quarter is left for a newcomer (the dynamic threshold of Choudhury and Hahne, 1998, with
 * alpha 1). What belongs to no organization is not held up.
 */
export interface Shares<Entry> {
  free(): boolean;
  mayTake(organization: OrganizationId | undefined): boolean;
  took(organization: OrganizationId | undefined): void;
  /** Until `gaveBack` returns it. Only of one that may not take: it holds a place, and gives that back. */
  park(organization: OrganizationId, parked: Parked<Entry>): void;
  /** What may be looked at again: as many of each organization as have room now. */
  gaveBack(organization: OrganizationId | undefined): Parked<Entry>[];
}

export function createShares<Entry>(places: number): Shares<Entry> {
  const holding = new Map<OrganizationId, { held: number; parked: Parked<Entry>[] }>();
  let taken = 0;

  return {
    free: () => taken < places,
    mayTake(organization) {
      const held = (organization !== undefined && holding.get(organization)?.held) || 0;
      return organization === undefined || held < Math.max(1, places - taken);
    },
    took(organization) {
      taken++;
      if (organization === undefined) return;
      const one = holding.get(organization);
      if (one) one.held++;
      else holding.set(organization, { held: 1, parked: [] });
    },
    park(organization, parked) {
      holding.get(organization)!.parked.push(parked);
    },
    gaveBack(organization) {
      taken--;
      const own = organization === undefined ? undefined : holding.get(organization);
      if (own) own.held--;
      const again: Parked<Entry>[] = [];
      for (const [id, one] of holding) {
        // One more place is free for all; the organization that gave it back also holds one less.
        if (one.held === 0) {
          again.push(...one.parked);
          holding.delete(id);
        } else again.push(...one.parked.splice(0, one === own ? 2 : 1));
      }
      return again;
    },
  };
}
