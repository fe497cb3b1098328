/** Of one more than the page holds: `next`, the id to go on from, stands only where there is more. */
export function toPage<Item extends { id: string }>(
  oneMore: readonly Item[],
  limit: number,
): { items: Item[]; next?: string } {
  const items = oneMore.slice(0, limit);
  const last = items.at(-1);
  return { items, ...(last && oneMore.length > limit && { next: last.id }) };
}
