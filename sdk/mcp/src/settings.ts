export interface Settings {
  /** Of the appliance's endpoint. */
  url: URL;
  /** An API key with the scope `presence`. */
  serviceToken: string;
}

/** Each by either name. Throws an Error with a sentence for the person who configures the agent. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const read = (name: string): string => {
    const found = [`GATEHOUSE_${name}`, `PROOF_${name}`].map((one) => env[one]?.trim()).find(Boolean);
    if (found) return found;
    throw new Error(`Set GATEHOUSE_${name} (or PROOF_${name}).`);
  };
  const base = read('BASE_URL');
  const url = URL.canParse(base) ? new URL(base) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new Error('GATEHOUSE_BASE_URL is the address of the appliance, as https://gatehouse.example.com.');
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/mcp`;
  return { url, serviceToken: read('SERVICE_TOKEN') };
}
