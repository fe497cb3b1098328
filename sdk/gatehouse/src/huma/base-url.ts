import { readAddress } from '../address.ts';
import { HumaError } from './huma-error.ts';

// Bundlers replace the two names below by their values; where there is no process, reading them throws.
declare const process: { env: Record<string, string | undefined> };

/** What the page's script `/sdk/gatehouse.js` sets: the origin that it was loaded from. */
interface PageScript {
  Gatehouse?: { baseUrl?: unknown };
  location?: { origin?: string };
}

/**
 * The address of the appliance: the option, `HUMA_BASE_URL`, the origin of the script on the page, else the origin of the page itself.
 * Script tags are not searched: markup that an attacker injects must not choose where the key goes.
 */
export function readBaseUrl(option: string | undefined): string {
  if (option !== undefined) return parse(option, 'baseUrl');
  const variable = readEnvironment(() => process.env.HUMA_BASE_URL);
  if (variable) return parse(variable, 'HUMA_BASE_URL');
  const page = globalThis as PageScript;
  const script = page.Gatehouse?.baseUrl;
  if (typeof script === 'string') return parse(script, 'the address of the script');
  const origin = page.location?.origin;
  if (origin && /^https?:/.test(origin)) return origin;
  throw new HumaError(
    'INVALID_ARGUMENT',
    'Give baseUrl, or set HUMA_BASE_URL: the address of the appliance.',
  );
}

export function readApiKey(option: string | undefined): string {
  const key = option ?? readEnvironment(() => process.env.HUMA_API_KEY);
  if (typeof key === 'string' && /^[\x21-\x7e]+$/.test(key)) return key;
  throw new HumaError('INVALID_ARGUMENT', 'Give apiKey, or set HUMA_API_KEY on the server: huma_live_… .');
}

function readEnvironment(read: () => string | undefined): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function parse(given: string, name: string): string {
  const address = readAddress(given);
  if (address !== undefined) return address;
  throw new HumaError(
    'INVALID_ARGUMENT',
    `${name} is not the address of an appliance, as https://gatehouse.example.com.`,
  );
}
