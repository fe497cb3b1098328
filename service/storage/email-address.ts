import { domainToASCII, domainToUnicode } from 'node:url';
import { foldCase } from '../lib/fold-case.ts';

/**
 * The form an address is compared in: Unicode NFKC, spaces around it removed, `foldCase`, an international domain as mail servers
 * write it (`bücher.example` is `xn--bcher-kva.example`; UTS 46). Nothing else is guessed: dots, `+tags`, and letters such as `ß`
 * and `ı` stay, because whether they matter is the mail server's secret.
 */
export function normalizeEmail(address: string): string {
  if (isPlain(address)) return address.trim().toLowerCase();
  const folded = foldCase(address.normalize('NFKC').trim()).normalize('NFKC');
  const [local, domain] = partsOf(folded);
  if (domain === undefined || !isInternational(domain)) return folded;
  return `${local}@${domainToASCII(domain) || domain}`;
}

/** As versions before 0.2 may have compared an address: its international domain in its own letters, a sigma as it is written at the end of a word. */
export function formerSpellings(address: string): string[] {
  if (isPlain(address)) return [];
  const normal = normalizeEmail(address);
  const [local, domain] = partsOf(normal);
  const own = domain?.includes('xn--') ? `${local}@${domainToUnicode(domain)}` : normal;
  const written = [own, normal, address].flatMap((one) => [one, one.replaceAll('σ', 'Σ')]);
  const compared = written.map((one) => one.normalize('NFKC').trim().toLowerCase().normalize('NFKC'));
  return [...new Set(compared)].filter((one) => one !== normal && normalizeEmail(one) === normal);
}

/** Normalizing changes nothing of ASCII, and takes longer than all else here. */
const isPlain = (address: string) => /^[ -~]*$/.test(address) && !/xn--/i.test(address);

/** Labels and dots alone: what a URL would take for a port, a path or an address in brackets is no domain. */
const LABELS = /^[\p{L}\p{M}\p{N}\p{So}.。\p{Join_Control}_-]+$/u;
const isInternational = (domain: string) => /[^ -~]|(?:^|\.)xn--/.test(domain) && LABELS.test(domain);

function partsOf(address: string): [local: string, domain: string | undefined] {
  const at = address.lastIndexOf('@');
  return at < 0 ? [address, undefined] : [address.slice(0, at), address.slice(at + 1)];
}
