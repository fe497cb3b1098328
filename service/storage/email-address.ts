import { domainToASCII, domainToUnicode } from 'node:url';

/**
 * The form an address is compared in: Unicode NFKC, spaces around it removed, lower case, an international domain as mail servers
 * write it (`bücher.example` is `xn--bcher-kva.example`; UTS 46). Nothing else is guessed: dots and `+tags` stay, because whether
 * they matter is the mail server's secret.
 */
export function normalizeEmail(address: string): string {
  // Normalizing changes nothing of ASCII, and takes longer than all else here.
  if (/^[ -~]*$/.test(address) && !/xn--/i.test(address)) return address.trim().toLowerCase();
  const folded = address.normalize('NFKC').trim().toLowerCase().normalize('NFKC');
  const [local, domain] = partsOf(folded);
  if (domain === undefined || !isInternational(domain)) return folded;
  return `${local}@${domainToASCII(domain) || domain}`;
}

/** As versions before 0.2 compared an address whose international domain was written in its own letters; undefined for all others. */
export function formerSpelling(address: string): string | undefined {
  const normal = normalizeEmail(address);
  const [local, domain] = partsOf(normal);
  if (domain === undefined || !domain.includes('xn--')) return undefined;
  const former = `${local}@${domainToUnicode(domain)}`;
  return former === normal || normalizeEmail(former) !== normal ? undefined : former;
}

/** Labels and dots alone: what a URL would take for a port, a path or an address in brackets is no domain. */
const LABELS = /^[\p{L}\p{M}\p{N}\p{So}.。\p{Join_Control}_-]+$/u;
const isInternational = (domain: string) => /[^ -~]|(?:^|\.)xn--/.test(domain) && LABELS.test(domain);

function partsOf(address: string): [local: string, domain: string | undefined] {
  const at = address.lastIndexOf('@');
  return at < 0 ? [address, undefined] : [address.slice(0, at), address.slice(at + 1)];
}
