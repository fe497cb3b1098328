// The order matters: Edge and Opera call themselves Chrome too, and Chrome calls itself Safari.
const browsers = [
  ['Edge', /\bEdg(?:e|A|iOS)?\//],
  ['Opera', /\bOPR\//],
  ['Gatehouse', /\bElectron\//],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /Chrom(?:e|ium)\/|\bCriOS\//],
  ['Safari', /\bSafari\//],
] as const;
const systems = [
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Android', /\bAndroid\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\bMacintosh\b/],
  ['Linux', /\bLinux\b|\bX11\b/],
] as const;

/** "Firefox, Windows" out of what a browser called itself; another text as it is. */
export function nameDevice(text: string | undefined): string | undefined {
  if (text === undefined || !text.startsWith('Mozilla/')) return text;
  const names = [browsers, systems].map((list) => list.find(([, pattern]) => pattern.test(text))?.[0]);
  return names.filter((name) => name !== undefined).join(', ') || text;
}
