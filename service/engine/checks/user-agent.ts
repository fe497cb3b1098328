/** What of a user agent stays the same for years on one device. */
export interface UserAgentFamily {
  browser: string;
  platform: string;
}

/** First match wins: many browsers name others for compatibility, so the more particular names come first. */
const browsers: readonly (readonly [string, RegExp])[] = [
  ['edge', /\bEdg(?:e|A|iOS)?\//],
  ['opera', /\b(?:OPR|Opera)\//],
  ['samsung', /\bSamsungBrowser\//],
  ['firefox', /\b(?:Firefox|FxiOS)\//],
  ['chrome', /\b(?:Chrome|CriOS|Chromium)\//],
  ['safari', /\bSafari\//],
];
const platforms: readonly (readonly [string, RegExp])[] = [
  ['ios', /\b(?:iPhone|iPad|iPod)\b/],
  ['android', /\bAndroid\b/],
  ['windows', /\bWindows\b/],
  ['mac', /\bMac(?:intosh| OS X)\b/],
  ['chromeos', /\bCrOS\b/],
  ['linux', /\bLinux\b/],
];

/** The families named in a `User-Agent`; “other” where none is known. Versions do not matter: browsers update themselves. */
export function userAgentFamily(userAgent: string): UserAgentFamily {
  return { browser: nameIn(browsers, userAgent), platform: nameIn(platforms, userAgent) };
}

function nameIn(known: readonly (readonly [string, RegExp])[], text: string): string {
  return known.find(([, pattern]) => pattern.test(text))?.[0] ?? 'other';
}
