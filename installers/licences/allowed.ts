/** SPDX names under which anything may be shipped: they ask for their text, and no more. */
export const ALLOWED: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'FTL',
  'HPND',
  'IJG',
  'ISC',
  'libpng-2.0',
  'libtiff',
  'MIT',
  'MIT-0',
  'OFL-1.1',
  'blessing',
  'Unicode-3.0',
  'Unlicense',
  'Zlib',
]);

/** Shipped under another licence, by name: which, and why it may be. */
export const EXCEPTIONS: Readonly<Record<string, { licence: string; reason: string }>> = {
  'libheif-js': {
    licence: 'LGPL-3.0',
    reason:
      'A file of its own, unchanged, used through its published interface; another build can take its place (NOTICE).',
  },
  '@img/sharp-libvips-linux-x64': {
    licence: 'LGPL-3.0-or-later',
    reason: 'A shared library, linked dynamically; another build can take its place (NOTICE).',
  },
  '@img/sharp-libvips-linux-arm64': {
    licence: 'LGPL-3.0-or-later',
    reason: 'A shared library, linked dynamically; another build can take its place (NOTICE).',
  },
  ...Object.fromEntries(
    ['exif', 'fribidi', 'glib', 'heif', 'pango', 'proxy-libintl', 'rsvg', 'vips'].map((name) => [
      name === 'vips' ? 'libvips' : `libvips/${name}`,
      { licence: 'LGPL-3.0-or-later', reason: 'Part of the shared library libvips, which can be replaced.' },
    ]),
  ),
  'libvips/cairo': {
    licence: 'MPL-1.1',
    reason: 'Unchanged, in a shared library; its sources are published (https://cairographics.org).',
  },
};

/** Packages whose package.json names no licence: what their own text says. */
export const READ_BY_HAND: Readonly<Record<string, string>> = {
  // LICENSE is the text of MIT.
  'png-js': 'MIT',
};
