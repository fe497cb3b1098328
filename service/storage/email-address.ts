/**
 * The form an address is compared in: Unicode NFKC, spaces around it removed, lower case. Nothing else is guessed: dots
 * and `+tags` stay, because whether they matter is the mail server's secret.
 */
export function normalizeEmail(address: string): string {
  // Normalizing changes nothing of ASCII, and takes longer than all else here.
  if (/^[ -~]*$/.test(address)) return address.trim().toLowerCase();
  return address.normalize('NFKC').trim().toLowerCase().normalize('NFKC');
}
