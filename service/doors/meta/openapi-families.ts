type Json = Record<string, unknown>;

/** Each API for which there is a document of its own, and the tags of its operations. */
export const documentFamilies = {
  identity: ['identity'],
  presence: ['presence', 'mcp', 'tokens'],
  sessions: ['sessions', 'tokens'],
  behavior: ['behavior', 'tokens'],
  siteverify: ['siteverify'],
  hosted: ['hosted'],
  registrations: ['registrations'],
} as const satisfies Record<string, readonly string[]>;
export type DocumentFamily = keyof typeof documentFamilies;

interface Document extends Json {
  info: Json & { title: string };
  tags: { name: string }[];
  paths: Record<string, Record<string, { tags?: string[] }>>;
  webhooks?: Json;
  components: Json & { schemas: Record<string, unknown>; headers?: Json };
}

/** The part of the whole document that one family needs: its operations, its webhooks, and the schemas that they name. */
export function familyDocument(whole: Json, family: DocumentFamily): Json {
  const { info, tags, paths, webhooks = {}, components, ...rest } = whole as Document;
  const own: ReadonlySet<string> = new Set(documentFamilies[family]);
  const ownPaths = Object.fromEntries(
    Object.entries(paths).flatMap(([path, methods]) => {
      if (path.startsWith('/api/admin/')) return [];
      const kept = Object.entries(methods).filter(([, { tags = [] }]) => tags.some((tag) => own.has(tag)));
      return kept.length > 0 ? [[path, Object.fromEntries(kept)]] : [];
    }),
  );
  const ownWebhooks = Object.fromEntries(
    Object.entries(webhooks).filter(([name]) => name.startsWith(`${family}.`)),
  );
  const schemas = reachable([ownPaths, ownWebhooks], components.schemas);
  return {
    ...rest,
    info: { ...info, title: `${info.title}: ${family}` },
    tags: tags.filter(({ name }) => own.has(name)),
    paths: ownPaths,
    ...(Object.keys(ownWebhooks).length > 0 && { webhooks: ownWebhooks }),
    components: {
      ...components,
      schemas: Object.fromEntries(Object.entries(components.schemas).filter(([name]) => schemas.has(name))),
    },
  };
}

const REFERENCE = /"#\/components\/schemas\/([^"]+)"/g;

/** Names of the schemas that these parts name, and that those name in turn. */
function reachable(from: unknown, schemas: Record<string, unknown>): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = [from];
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop())
    for (const [, name = ''] of JSON.stringify(part).matchAll(REFERENCE))
      if (!found.has(name)) {
        found.add(name);
        waiting.push(schemas[name]);
      }
  return found;
}
