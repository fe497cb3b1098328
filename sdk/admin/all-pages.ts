interface Page<Item> {
  items: Item[];
  next?: string;
}

/** Most items that one page holds. */
const PAGE = 200;

/** Every item of a list, or the first `most`, page by page. */
export async function allPages<Item>(
  ask: (page: { limit: number; cursor?: string }) => Promise<Page<Item>>,
  most = Number.POSITIVE_INFINITY,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const limit = Math.min(PAGE, most - items.length);
    const page = await ask({ limit, ...(cursor !== undefined && { cursor }) });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined && items.length < most);
  return items;
}
