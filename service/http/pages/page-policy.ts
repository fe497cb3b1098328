/**
 * What a page of ours may load: everything from this box, nothing from elsewhere; no inline script, no evaluated one. Style elements
 * that the page makes while it runs carry the nonce of this one response. Frames of the camera become pictures by `blob:`.
 */
export const pagePolicy = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "media-src 'self' blob:",
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');

/**
 * The page of a person who is being verified loads less: no font, no worker, no style of its own making, and its script may not write
 * HTML. `origins`: the pages that may show it in a frame.
 */
export const capturePagePolicy = (origins: readonly string[]): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
    `frame-ancestors ${origins.length === 0 ? "'none'" : origins.join(' ')}`,
  ].join('; ');

const off = ['microphone', 'geolocation', 'display-capture', 'payment', 'usb', 'serial'].map(
  (feature) => `${feature}=()`,
);

/** Pages may use the camera and passkeys; other browser features are disabled. */
export const permissionsPolicy = [
  'camera=(self)',
  'publickey-credentials-create=(self)',
  'publickey-credentials-get=(self)',
  'clipboard-write=(self)',
  ...off,
].join(', ');

/** Only the camera, and copying the link for the phone. */
export const capturePagePermissions = ['camera=(self)', 'clipboard-write=(self)', ...off].join(', ');
