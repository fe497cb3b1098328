/** What the first bytes of a file say it is. */
type PictureFormat =
  | { is: 'jpeg' | 'png' | 'webp' }
  /** A still picture in the container of HEIC, HEIF and AVIF; which, its header says. */
  | { is: 'heif' }
  /** An unsupported format: its name and a remedy. */
  | { is: 'other'; name: string; advice: string };

export const ACCEPTED = 'JPEG, PNG, WebP, HEIC, HEIF or AVIF';

const EXPORT = `Export it as JPEG, or send a ${ACCEPTED}.`;
const STILL = 'Send one still picture, such as a photo in JPEG.';

/** Looks at bytes only: names and declared media types are often wrong. */
export function formatOf(bytes: Uint8Array): PictureFormat {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEAD)).toString('latin1');
  const at = (text: string, index = 0) => head.startsWith(text, index);
  if (at('\xff\xd8\xff')) return { is: 'jpeg' };
  if (at('\x89PNG\r\n\x1a\n')) return { is: 'png' };
  if (at('RIFF') && at('WEBP', 8)) return { is: 'webp' };
  if (at('ftyp', 4)) return ofBrand(head);
  const found = signatures.find(({ starts }) => starts.some((text) => at(text)));
  if (found) return { is: 'other', name: found.name, advice: found.advice };
  if (at('RIFF') && at('AVI ', 8)) return video('an AVI video');
  return ofText(head) ?? { is: 'other', name: 'not in a known format', advice: `Send a ${ACCEPTED}.` };
}

/** Bytes that are inspected. */
const HEAD = 512;

const signatures: { name: string; starts: string[]; advice: string }[] = [
  { name: 'a GIF', starts: ['GIF8'], advice: EXPORT },
  { name: 'a BMP', starts: ['BM'], advice: EXPORT },
  {
    name: 'a TIFF or the raw file of a camera',
    starts: ['II*\0', 'MM\0*', 'II+\0', 'MM\0+', 'IIRO', 'IIU\0', 'FUJIFILMCCD-RAW'],
    advice: EXPORT,
  },
  { name: 'a JPEG XL', starts: ['\xff\x0a', '\0\0\0\x0cJXL '], advice: EXPORT },
  { name: 'a JPEG 2000', starts: ['\0\0\0\x0cjP  ', '\xff\x4f\xff\x51'], advice: EXPORT },
  { name: 'a Photoshop file', starts: ['8BPS'], advice: EXPORT },
  { name: 'an icon', starts: ['\0\0\x01\0'], advice: EXPORT },
  { name: 'a PDF', starts: ['%PDF-'], advice: EXPORT },
  {
    name: 'an archive',
    starts: ['PK\x03\x04', '\x1f\x8b', '7z\xbc\xaf', 'Rar!'],
    advice: 'Send the picture in it.',
  },
  { name: 'a Matroska or WebM video', starts: ['\x1a\x45\xdf\xa3'], advice: STILL },
  { name: 'an MPEG video', starts: ['\0\0\x01\xba', '\0\0\x01\xb3'], advice: STILL },
];

const stillBrands = ['heic', 'heix', 'heim', 'heis', 'mif1', 'mif2', 'avif', 'miaf'];
const sequenceBrands = ['hevc', 'hevx', 'hevm', 'hevs', 'msf1', 'avis'];

/** Format of an ISO base media file: the major brand, then the compatible ones. */
function ofBrand(head: string): PictureFormat {
  const length = Math.min(head.length, Buffer.from(head.slice(0, 4), 'latin1').readUInt32BE());
  const major = head.slice(8, 12);
  const brands = [major];
  for (let at = 16; at + 4 <= length; at += 4) brands.push(head.slice(at, at + 4));
  if (sequenceBrands.includes(major)) {
    return { is: 'other', name: 'a sequence of pictures', advice: STILL };
  }
  if (major === 'crx ') return { is: 'other', name: 'the raw file of a camera', advice: EXPORT };
  if (brands.some((brand) => stillBrands.includes(brand))) return { is: 'heif' };
  return video(major === 'qt  ' ? 'a QuickTime video' : 'an MP4 video');
}

const video = (name: string): PictureFormat => ({ is: 'other', name, advice: STILL });

/** An animated PNG (APNG) says so before its first picture. */
export function isAnimatedPng(bytes: Uint8Array): boolean {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 12 <= view.length; at += 12 + view.readUInt32BE(at)) {
    const kind = view.toString('latin1', at + 4, at + 8);
    if (kind === 'acTL') return view.readUInt32BE(at + 8) > 1;
    if (kind === 'IDAT') return false;
  }
  return false;
}

function ofText(head: string): PictureFormat | undefined {
  const text = head
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart()
    .toLowerCase();
  if (text.startsWith('<svg') || (text.startsWith('<?xml') && text.includes('<svg'))) {
    return { is: 'other', name: 'an SVG', advice: EXPORT };
  }
  if (text.startsWith('<!doctype html') || text.startsWith('<html')) {
    return { is: 'other', name: 'a web page', advice: 'Send the bytes of the picture itself.' };
  }
  if (text.startsWith('data:image/') || /^(\/9j\/|ivborw0kggo)/.test(text)) {
    return { is: 'other', name: 'a text in base64', advice: 'Send the decoded bytes as a file.' };
  }
  return undefined;
}

/**
 * How many scans a JPEG has at most: each makes the decoder walk over the whole picture. What stands before the first scan in
 * segments (a thumbnail in EXIF) does not count; whatever follows does, so that nothing can be hidden from the count.
 */
export function countScans(jpeg: Buffer): number {
  let count = 0;
  for (let at = jpeg.indexOf(START_OF_SCAN, firstScan(jpeg)); at !== -1; count++) {
    at = jpeg.indexOf(START_OF_SCAN, at + 2);
  }
  return count;
}

const START_OF_SCAN = Uint8Array.of(0xff, 0xda);

/** Where the first scan begins; 0 where the segments before it are not what they should be. */
function firstScan(jpeg: Buffer): number {
  for (let at = 2; at + 4 <= jpeg.length; ) {
    if (jpeg[at] !== 0xff) return 0;
    const marker = jpeg[at + 1]!;
    if (marker === 0xda) return at;
    const fill = marker === 0xff;
    const lengthless = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
    if (marker === 0 || marker === 0xd8 || marker === 0xd9) return 0;
    if (fill) at += 1;
    else at += lengthless ? 2 : 2 + jpeg.readUInt16BE(at + 2);
  }
  return 0;
}
