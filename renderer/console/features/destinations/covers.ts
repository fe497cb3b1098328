const NAME = /^(\*\.)?([^:]+?)(?::(\d+))?$/;

/** The host of `hooks.example.org:8443`, and its port where it names one. */
export function partsOf(to: string): { name: string; below: boolean; port: string | undefined } | undefined {
  const match = NAME.exec(to);
  if (!match) return undefined;
  const [, star, name = '', port] = match;
  return { name, below: star !== undefined, port };
}

/** Whether a grant for a name surely covers this address. Of networks it is not known here: names have to be resolved for it. */
export function coversUrl({ to, kind }: { to: string; kind: string }, url: string): boolean {
  if (kind !== 'name' || !URL.canParse(url)) return false;
  const parts = partsOf(to);
  if (!parts) return false;
  const { hostname, port } = new URL(url);
  if ((parts.port ?? '') !== port) return false;
  return parts.below ? hostname.endsWith(`.${parts.name}`) : hostname === parts.name;
}
